# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived would silently change in virtual servers (validate_check_config in check_data.c)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import Address, parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.checker import Names, checker_faults
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.instance import useless
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import (
    Block,
    Document,
    Statement,
    is_opaque,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.editor import below
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.lvs import VIRTUAL_SERVERS

#: Keywords of the blocks that a virtual server may refer to.
_NAMED = {name: name for name in ("virtual_server_group", "bfd_instance", "track_file")}
_NAMED["vrrp_track_file"] = "track_file"


def lvs_faults(
    document: Document, statements: list[Statement], known: frozenset[str], whole: bool
) -> Iterator[Problem]:
    """The faults of a file's virtual servers. ``known`` are texts of blocks already checked: the meaning of a block
    depends only on itself and the names it uses. ``whole``: nothing is included, so all these names are known."""
    names: dict[str, set[str]] = {}
    for statement in statements:
        if statement.keyword in _NAMED:
            names.setdefault(_NAMED[statement.keyword], set()).add(" ".join(statement.arguments))
    defined = names if whole else None
    alike: dict[str, list[Statement]] = {}
    for statement in statements:
        if statement.keyword != "virtual_server" or statement.block is None:
            continue
        alike.setdefault(" ".join(statement.arguments), []).append(statement)
        if document.text[statement.start : statement.end] not in known:
            yield from _faults_of(document, statement, statement.block, defined)
    for name, services in alike.items():
        if len(services) > 1:
            yield from _duplicates(document, name, services)


def _faults_of(document: Document, statement: Statement, block: Block, defined: Names | None) -> Iterator[Problem]:
    where = "virtual_server " + " ".join(statement.arguments)
    key = VIRTUAL_SERVERS.key.read(statement.arguments)
    lines = list(document.statements(block))
    if not isinstance(key, dict) or any(is_opaque(line) for line in lines):
        return
    words = {line.keyword: line.arguments for line in lines if line.block is None}
    for option, value, reason, remedy in _service_faults(key, words, lines):
        yield Problem(below(where, option), value, reason, remedy)
    group = key.get("group")
    if defined is not None and group is not None and group not in defined.get("virtual_server_group", ()):
        reason = "is not defined in the file, and keepalived would balance nothing"
        yield Problem(below(where, "group"), group, reason, "Define it in virtual_server_groups.")
    yield from _server_faults(where, document, key, words, lines, defined)


def mark_family(lines: Iterable[Statement]) -> str:
    """The family of a firewall mark as keepalived determines it: the one given, or that of the servers, or IPv4."""
    families = []
    for line in lines:
        if line.keyword == "ip_family":
            return " ".join(line.arguments)
        if line.keyword in ("real_server", "sorry_server"):
            server = parse_address(line.arguments[0] if line.arguments else "")
            families.append(server.family if server is not None else 4)
    return "inet6" if families[:1] == [6] else "inet"


def _duplicates(document: Document, name: str, services: Iterable[Statement]) -> Iterator[Problem]:
    """The same address, port and protocol twice, or the same mark and family. Other spellings of an address or port are
    left to the daemon."""
    seen: set[str] = set()
    mark = name.startswith("fwmark ")
    for service in services:
        lines = list(document.statements(service.block)) if service.block is not None else []
        protocol = next((" ".join(line.arguments).upper() for line in lines if line.keyword == "protocol"), "UDP")
        kind = mark_family(lines) if mark else protocol
        if kind in seen:
            reason = "is in the file twice with the {0} {1}, and keepalived does not report it"
            what = "family" if mark else "protocol"
            yield Problem("virtual_servers", name, reason.format(what, kind), "Name it once.")
        seen.add(kind)


def _service_faults(
    key: dict[str, Any], words: dict[str, list[str]], lines: list[Statement]
) -> Iterator[tuple[str, Any, str, str]]:
    if not key:
        yield "address", None, "is missing", "Give address and port, or fwmark, or group."
    protocol = (words.get("protocol") or [""])[0].upper()
    if "address" in key and not protocol:
        yield "protocol", None, "is missing, and keepalived would take UDP", "Give TCP, UDP or SCTP."
    if "fwmark" in key and protocol:
        yield "protocol", protocol, "is ignored by keepalived for a firewall mark", "Leave it out."
    if "fwmark" in key and "ha_suspend" in words:
        yield "ha_suspend", True, "is cleared by keepalived for a firewall mark", "Leave it out."
    if "ops" in words and protocol in ("TCP", "SCTP"):
        yield "ops", True, "is reset by keepalived: it needs UDP", "Leave it out, or use UDP."
    if not ({"lb_algo", "lvs_sched"} & set(words)):
        yield "lb_algo", None, "is missing, and keepalived would take wlc", "Say which scheduler."
    if not ({"lb_kind", "lvs_method"} & set(words)):
        yield "lb_kind", None, "is missing, and keepalived would take NAT", "Say NAT, DR or TUN."
    if key.get("port") == 0 and "persistence_timeout" not in words:
        yield (
            "port",
            0,
            "is for persistent services only, and keepalived would make it one",
            "Give persistence_timeout.",
        )
    yield from _persistence_faults(key, words)
    algorithm = " ".join(words.get("lb_algo") or words.get("lvs_sched") or ())
    for scheduler in ("sh", "mh"):
        for flag in (scheduler + "-port", scheduler + "-fallback"):
            if flag in words and algorithm != scheduler:
                yield (
                    flag,
                    True,
                    "is ignored by keepalived with the scheduler " + algorithm,
                    "Use lb_algo: " + scheduler + ".",
                )
    quorum, hysteresis = _number(words.get("quorum"), 1), _number(words.get("hysteresis"), 0)
    if hysteresis and quorum <= hysteresis:
        yield "hysteresis", hysteresis, "is not below the quorum, and keepalived would lower it", "Lower it."
    if not any(line.keyword == "real_server" for line in lines):
        yield "real_servers", None, "is empty, and keepalived would drop the virtual server", "Name at least one."


def _persistence_faults(key: dict[str, Any], words: dict[str, list[str]]) -> Iterator[tuple[str, Any, str, str]]:
    if words.get("persistence_engine") == ["sip"]:
        protocol = (words.get("protocol") or [""])[0].upper()
        if protocol in ("TCP", "SCTP"):
            reason = f"supports UDP only, and the kernel would drop packets of {protocol} that it cannot parse"
            yield "persistence_engine", "sip", reason, "Leave it out, or use UDP."
        if "persistence_timeout" not in words:
            reason = "is ignored by the kernel where the service is not persistent"
            yield "persistence_engine", "sip", reason, "Give persistence_timeout too."
    if "persistence_granularity" not in words:
        return
    mask = " ".join(words["persistence_granularity"])
    service = parse_address(key.get("address") or "")
    found = parse_address(mask)
    is_netmask = found is not None and found.family == 4 and found.prefix is None
    is_length = mask.isdigit() and 1 <= int(mask) <= 128
    if is_netmask and found is not None and not _is_contiguous(found.host):
        wrong = "has zeros before ones" if "1" in _bits(found.host) else "has no ones"
        reason = f"{wrong}, so it does not group the clients of a network"
        yield "persistence_granularity", mask, reason, "Give a netmask such as 255.255.255.0."
    elif not (is_netmask and (service is None or service.family == 4)) and not (
        is_length and (service is None or service.family == 6)
    ):
        reason = "is not written as keepalived reads it: 24 is the netmask 0.0.0.24 for IPv4"
        remedy = "Give a netmask such as 255.255.255.0 for IPv4, a prefix length such as 64 for IPv6."
        yield "persistence_granularity", mask, reason, remedy
    if "persistence_timeout" not in words:
        reason = "makes keepalived keep clients for 360 s, although no persistence_timeout is given"
        yield "persistence_granularity", mask, reason, "Give persistence_timeout too."


def _is_contiguous(netmask: str) -> bool:
    """Whether a netmask is ones followed by zeros, with at least one one."""
    bits = _bits(netmask)
    return bits.startswith("1") and "01" not in bits


def _bits(netmask: str) -> str:
    return "".join("{0:08b}".format(int(part)) for part in netmask.split("."))


def _server_faults(
    where: str,
    document: Document,
    key: dict[str, Any],
    words: dict[str, list[str]],
    lines: list[Statement],
    defined: Names | None,
) -> Iterator[Problem]:
    method = (words.get("lb_kind") or words.get("lvs_method") or [""])[0]
    service = parse_address(key.get("address") or "")
    sorry = parse_address((words.get("sorry_server") or [""])[0])
    if service is not None and sorry is not None and sorry.family != service.family and method != "TUN":
        reason = "is not of the virtual server's family, and keepalived would drop it"
        yield Problem(where + ": sorry_server", sorry.host, reason, "Give an IPv{0} address.".format(service.family))
    seen: set[str] = set()
    servers: list[Address] = []
    total, known = 0, True
    for line in lines:
        if line.keyword != "real_server" or line.block is None or not line.arguments:
            continue
        server = "{0}: real_server {1}".format(where, " ".join(line.arguments))
        port = line.arguments[1] if len(line.arguments) > 1 else ""
        own = {one.keyword: one.arguments for one in document.statements(line.block)}
        found = parse_address(line.arguments[0])
        total += _number(own.get("weight"), _number(words.get("weight"), 1))
        known = (known and "weight" not in own) or own["weight"][0].isdigit()
        if found is None:
            continue
        servers.append(found)
        identity = "{0} {1}".format(found.host, port or key.get("port"))
        if identity in seen:
            yield Problem(server, identity, "is listed twice, and keepalived would drop the second", "Name it once.")
        seen.add(identity)
        forwarding = (own.get("lvs_method") or [method])[0]
        for option, value, reason, remedy in _one_server_faults(key, service, found, port, forwarding, own):
            yield Problem(below(server, option), value, reason, remedy)
        yield from checker_faults(server, document, line.block, defined)
    quorum = _number(words.get("quorum"), 1)
    if servers and known and quorum > max(total, 1):
        reason = "is above {0}, the weight of all servers, and keepalived would lower it".format(total)
        yield Problem(where + ": quorum", quorum, reason, "Lower it, or give the servers more weight.")
    if service is not None:
        for reason in _useless_service(service, servers):
            yield Problem(where + ": address", service.host, reason, "Give an address that clients reach.")


def _one_server_faults(
    key: dict[str, Any], service: Address | None, found: Address, port: str, forwarding: str, own: dict[str, list[str]]
) -> Iterator[tuple[str, Any, str, str]]:
    keeps_port = forwarding in ("DR", "TUN") and port not in ("", "0")
    if keeps_port and "fwmark" in key:
        reason = "is cleared by keepalived: with a firewall mark {0} keeps ports".format(forwarding)
        yield "port", port, reason, "Leave it out."
    if keeps_port and "port" in key and port != str(key["port"]):
        reason = "is not the virtual server's port {0}, and keepalived would reset it: {1} keeps ports".format(
            key["port"], forwarding
        )
        yield "port", port, reason, "Give the same port, or use NAT."
    if service is not None and service.family != found.family and forwarding != "TUN":
        reason = "is not of the virtual server's family, and keepalived would drop it"
        yield "address", found.host, reason, "Give an IPv{0} address.".format(service.family)
    kind = useless(found.host, found.family)
    if kind and "loopback" not in kind:
        yield "address", found.host, "is {0}".format(kind), "Give the address of one server."
    upper, lower = _number(own.get("uthreshold"), 0), _number(own.get("lthreshold"), 0)
    if lower > upper:
        reason = "is above uthreshold {0}, and the kernel would refuse the server".format(upper)
        yield "lthreshold", lower, reason, "Give uthreshold too, and not below it."


def _useless_service(service: Address, servers: list[Address]) -> Iterator[str]:
    """Why no client can reach a service, if so. 127.0.0.1 serves its own host, so servers there are fine for tests and
    local proxies; the kernel sends no packet from it to another host."""
    kind = useless(service.host, service.family)
    far = [one.host for one in servers if "loopback" not in useless(one.host, one.family)]
    if "loopback" in kind and far:
        yield "is {0}, and packets from there do not reach {1}".format(kind, far[0])
    elif kind and "loopback" not in kind:
        yield "is {0}, and keepalived would silently accept it".format(kind)


def _number(arguments: list[str] | None, default: int) -> int:
    return int(arguments[0]) if arguments and arguments[0].isdigit() else default
