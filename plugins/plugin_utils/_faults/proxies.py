# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy of haproxy.cfg with its inherited defaults, reduced to what fault detection and adoption need. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.haproxy_file import EVERYWHERE

Section = Mapping[str, Any]

#: Ports and names by which a proxy for apiservers is recognized.
APISERVER_PORTS = (6443, 8443, 16443)
_CALLED = re.compile(r"k8s|kube|api-?server", re.IGNORECASE)
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Proxy(NamedTuple):
    """``kind`` is frontend, backend or listen. ``defaults``: the options of the ``defaults`` section that it
    inherits."""

    kind: str
    section: Section
    defaults: Section

    @property
    def name(self) -> str:
        return str(self.section.get("name") or "")

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def mode(self) -> str:
        return str(self.section.get("mode") or self.defaults.get("mode") or "tcp")

    @property
    def binds(self) -> list[tuple[str, str]]:
        """Address and port of each listener; ``*`` for every address."""
        found = [
            (str(each.get("address") or "*"), str(each.get("port") or "")) for each in self.section.get("bind") or ()
        ]
        return [("*" if address in EVERYWHERE else address, port) for address, port in found]

    @property
    def servers(self) -> list[Mapping[str, Any]]:
        """Its servers, each merged with ``default_server``."""
        common = {**(self.defaults.get("default_server") or {}), **(self.section.get("default_server") or {})}
        return [{**common, **each} for each in self.section.get("servers") or ()]

    @property
    def apiservers(self) -> bool:
        """Whether it leads to apiservers, judged by port and name."""
        ports = {each.get("port") for each in self.servers}
        named = _CALLED.search(self.name) is not None
        return self.mode == "tcp" and bool(ports) and (ports <= set(APISERVER_PORTS) or (named and 443 in ports))

    def timeout(self, name: str) -> float | None:
        """The timeout in seconds, inherited ones included; None if it is not set or unreadable."""
        value = {**(self.defaults.get("timeouts") or {}), **(self.section.get("timeouts") or {})}.get(name)
        return None if value is None else seconds(str(value))

    def options(self) -> list[str]:
        """Its options, inherited ones included."""
        return [*map(str, self.defaults.get("options") or ()), *map(str, self.section.get("options") or ())]

    def lines(self) -> Iterator[str]:
        """Its further lines, as written."""
        yield from map(str, self.section.get("directives") or ())


def proxies(values: Mapping[str, Any]) -> list[Proxy]:
    """The proxies in the values that ``describe`` returned for a file."""
    defaults = values.get("defaults") or []
    common: Section = defaults[-1] if len(defaults) == 1 else {}
    named = {each["name"]: each for each in defaults if each.get("name")}
    return [
        Proxy(kind, each, named.get(each.get("from"), common))
        for kind in ("frontend", "listen", "backend")
        for each in values.get(f"{kind}s") or ()
    ]


def seconds(text: str) -> float | None:
    """A time in HAProxy's syntax, in seconds. Without a unit it is in milliseconds."""
    match = re.fullmatch(r"(\d+)(us|ms|s|m|h|d)?", text.strip())
    return None if match is None else int(match[1]) * _UNITS[match[2] or "ms"]
