# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What HAProxy and keepalived of a host need from SELinux, derived from their desired sections. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.ports import port_numbers

HAPROXY = "/usr/sbin/haproxy"
KEEPALIVED = "/usr/sbin/keepalived"
_SERVER_PORTS = ("port", "check_port", "agent_port")
_FILES = ("crt", "ca_file", "crl_file")

Section = Mapping[str, Any]


def programs(sections: Iterable[Section], settings: Section, health_port: int, scripts: Sequence[Section]) -> list[Any]:
    """The programs as ``selinux_access`` takes them: HAProxy with the ports and files of its sections (as
    ``haproxy_config`` takes them) and of its global options; keepalived with what its checks connect to and execute."""
    sections = list(sections)
    servers = [line for section in sections for line in _servers(section)]
    haproxy = {
        "path": HAPROXY,
        "binds": _ports(line.get("port") for section in sections for line in section.get("bind") or ()),
        "connects": _ports(line.get(name) for line in servers for name in _SERVER_PORTS),
        "reads": sorted({path for section in sections for path in _files(section)}),
        "sockets": sorted({posixpath.dirname(path) for path in _sockets(settings)}),
    }
    keepalived = {
        "path": KEEPALIVED,
        "connects": [health_port],
        "runs": sorted({path for script in scripts for path in [str(script["script"]).split()[0]] if path[:1] == "/"}),
    }
    return [haproxy, keepalived]


def _servers(section: Section) -> Iterator[Section]:
    yield section.get("default_server") or {}
    yield from section.get("servers") or ()


def _ports(found: Iterable[Any]) -> list[int]:
    return sorted({number for port in found for number in port_numbers(port)})


def _files(section: Section) -> Iterator[str]:
    for line in [*(section.get("bind") or ()), *_servers(section)]:
        for name in _FILES:
            paths = line.get(name) or ()
            yield from (path for path in ([paths] if isinstance(paths, str) else paths) if path.startswith("/"))


def _sockets(settings: Section) -> Iterator[str]:
    for line in settings.get("stats_socket") or ():
        path = line.split()[0].removeprefix("unix@")
        if path.startswith("/"):
            yield path
