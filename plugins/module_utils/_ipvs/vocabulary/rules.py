# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table as ipvsadm's rules: the format that ``ipvsadm -Sn`` prints and ``ipvsadm -R`` reads. Pure.

In addition to what ``-Sn`` (1.31) prints, there are thresholds, which it omits, and timeouts and daemons, for which it
has no format; ``-R`` accepts any of its options.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import bracketed, parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import (
    HOST_MASK,
    ONE_PACKET,
    Daemon,
    Key,
    Server,
    Service,
    Timeouts,
    flag_names,
)

_PROTOCOLS = {"tcp": "-t", "udp": "-u", "sctp": "--sctp-service"}
_METHODS = {"nat": "-m", "tun": "-i"}
_CHECKSUMS = {"none": "", "csum": " --tun-csum", "remcsum": " --tun-remcsum"}


def rules(services: Iterable[Service]) -> list[str]:
    """A line for each service and each of its servers."""
    lines = []
    for service in services:
        name = _name(service.key)
        lines.append(f"-A {name}{_service(service)}")
        lines += [f"-a {name} -r {server}{_server(server)}" for server in service.servers.values()]
    return lines


def timeouts_line(timeouts: Timeouts) -> str:
    """The line that sets the timeouts."""
    return "--set {0} {1} {2}".format(*timeouts)


def daemon_line(daemon: Daemon) -> str:
    """The line that starts a daemon."""
    words = [f"--start-daemon {daemon.role} --mcast-interface {daemon.interface} --syncid {daemon.syncid}"]
    words += [f"--sync-maxlen {daemon.maxlen}"] if daemon.maxlen else []
    words += [f"--mcast-group {daemon.group}"] if daemon.group else []
    words += [f"--mcast-port {daemon.port}"] if daemon.port else []
    words += [f"--mcast-ttl {daemon.ttl}"] if daemon.ttl else []
    return " ".join(words)


def _name(key: Key) -> str:
    if key.fwmark:
        return f"-f {key.fwmark}" + (" -6" if key.family == 6 else "")
    return f"{_PROTOCOLS[key.protocol]} {bracketed(key.address)}:{key.port}"


def _service(service: Service) -> str:
    words = f" -s {service.scheduler}"
    if service.timeout:
        words += f" -p {service.timeout}"
        if service.mask != HOST_MASK[service.key.family]:
            words += f" -M {service.mask}"
    if service.engine:
        words += f" --pe {service.engine}"
    if service.flags & ONE_PACKET:
        words += " -o"
    flags = flag_names(service.flags & ~ONE_PACKET, service.scheduler)
    return words + (" -b " + ",".join(flags) if flags else "")


def _server(server: Server) -> str:
    words = " {0} -w {1}".format(_METHODS.get(server.method, "-g"), server.weight)
    if server.upper:
        words += f" -x {server.upper}"
    if server.lower:
        words += f" -y {server.lower}"
    if server.method == "tun":
        words += f" --tun-type {server.tunnel}"
        words += f" --tun-port {server.tunnel_port}" if server.tunnel_port else ""
        words += _CHECKSUMS.get(server.checksum, "")
    return words


_NAMES = {
    **dict.fromkeys(("-t", "--tcp-service"), "tcp"),
    **dict.fromkeys(("-u", "--udp-service"), "udp"),
    "--sctp-service": "sctp",
    **dict.fromkeys(("-f", "--fwmark-service"), "fwmark"),
}
_ADDITIONS = ("-A", "--add-service", "-a", "--add-server")


def rule_key(line: str) -> Key | None:
    """The service that a rule adds, or adds a server to. None where the line is no such rule, or uses host names (as
    ``ipvsadm -S`` does without ``-n``). Port names are resolved; options may be combined (``-at``)."""
    words = line.split()
    if words and len(words[0]) == 3 and words[0][:2] in _ADDITIONS:
        words[:1] = [words[0][:2], "-" + words[0][2]]
    if not words or words[0] not in _ADDITIONS:
        return None
    for option, name in zip(words, words[1:]):
        kind = _NAMES.get(option)
        if kind == "fwmark":
            family = 6 if "-6" in words or "--ipv6" in words else 4
            return Key(family, fwmark=int(name)) if name.isascii() and name.isdigit() else None
        if kind is not None:
            whole = parse_address(name.strip("[]"))
            host, _colon, port = name.rpartition(":")
            found = whole or parse_address(host.strip("[]"))
            number = 0 if whole else _port(port, kind)
            return Key(found.family, kind, found.host, number) if found is not None and number is not None else None
    return None


def _port(text: str, protocol: str) -> int | None:
    """A port by its number, or by its name on this host."""
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        return socket.getservbyname(text, protocol)
    except OSError:
        return None
