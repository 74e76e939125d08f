# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profile ``ipvs``: the kernel of the holder forwards to real servers (IPVS, direct routing), without HAProxy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.virtual_service import (
    VIRTUAL_SERVER_ARGUMENTS,
    in_keepalived_words,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import Spec
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.override import overridden
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.ports import Port, port_number
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import (
    ByHand,
    Interface,
    Noticed,
    Profile,
    Section,
    Vip,
)

#: The default check of a real server. Traefik answers at /ping.
CHECK = {"type": "http", "path": "/ping", "status": "200"}

#: The check of a real server is repeated once before the server is taken out: within four seconds.
ASK = {"connect_timeout": 1, "retry": 1, "delay_before_retry": 1}
SERVICE = {"protocol": "tcp", "scheduler": "wlc", "forwarding_method": "dr", "delay_loop": 2}

#: Schedulers that drop connections hashed to a server of weight 0. With other schedulers a server whose check fails
#: gets weight 0, so that it keeps its existing connections (docs/adr/0026).
HASHING = ("dh", "mh", "sh")


class Settings(NamedTuple):
    """``check``: the complete check of the real servers. Further options of every virtual server, set by hand, as in
    keepalived_virtual_server."""

    check: Mapping[str, Any]
    virtual_server: Mapping[str, Any]


class Ipvs(Profile):
    """Packets reach a real server unchanged, and it answers the client directly. So it has the VIP on its loopback
    interface and listens on the VIP's port."""

    name = "ipvs"
    about = (
        "forwards through the kernel of the holder (direct routing), which keeps the client's address and needs no"
        " HAProxy. Both groups may be the same; every server gets the VIP on its loopback interface. Pods must"
        " listen on the node itself (C(hostNetwork)), since C(hostPort) translates packets before IPVS sees them."
        " The servers use the VIP's ports."
    )
    directed = True
    options: ClassVar[Mapping[str, Spec]] = {
        "check": {
            "type": "dict",
            "description": [
                "How V(ipvs) checks every two seconds that a server serves all of O({vips}[].ports).",
                "By default C(/ping) over HTTP, as Traefik answers it, at the first port, with status 200. Keys"
                " are C(type) (V(http), V(https) or V(tcp)), C(path), C(status), C(port), and C(host) for a virtual"
                " host.",
            ],
            "options": {
                "type": {
                    "type": "str",
                    "choices": ["http", "https", "tcp"],
                    "description": "The protocol of the check.",
                },
                "path": {"type": "str", "description": "The path to request."},
                "status": {
                    "type": "raw",
                    "description": "The status of a good answer, or several, such as V(200-299).",
                },
                "port": {"type": "int", "description": "The port to check."},
                "host": {"type": "str", "description": "The virtual host to request."},
            },
        },
        "virtual_server": {
            "type": "dict",
            "description": [
                "Options of M(k8s_edge.ha.keepalived_virtual_server) that override derived options for V(ipvs),"
                " such as C(scheduler), C(persistence_timeout) or C(quorum), as for O({vips}[].backend)."
            ],
        },
    }

    def by_hand(self) -> Mapping[str, ByHand]:
        return {
            # Direct routing determines these: address and port are the VIP's, since packets are not changed.
            "virtual_server": ByHand(
                VIRTUAL_SERVER_ARGUMENTS,
                fixed=("address", "port", "fwmark", "group", "family", "forwarding_method", "real_servers"),
            )
        }

    def problems(
        self, path: str, entry: Mapping[str, Any], servers: Sequence[str], ports: Sequence[Port]
    ) -> Iterator[Problem]:
        if not servers:
            remedy = "Name the group of hosts that serve it: they get its address on loopback."
            yield Problem(f"{path}.leads_to", entry.get("leads_to"), "names no real servers", remedy)
        for port in ports:
            if port.port != port.server_port:
                reason = "differs from the VIP's port, and direct routing does not change packets"
                remedy = "Let the servers listen on the VIP's port, or use profile tcp."
                yield Problem(f"{path}.ports[{port.port}]", port.server_port, reason, remedy)
        if "port" in (entry.get("check") or {}) and port_number(entry["check"]["port"]) is None:
            yield Problem(
                f"{path}.check.port", entry["check"]["port"], "is not a port", "Give a number from 1 to 65535."
            )

    def settings(self, entry: Mapping[str, Any], ports: Sequence[Port]) -> Settings:
        asked = {"port": ports[0].port} if ports else {}
        return Settings({**asked, **CHECK, **(entry.get("check") or {})}, entry.get("virtual_server") or {})

    def conflicts(self, vips: Sequence[Vip]) -> Iterator[Problem]:
        """Problems of VIPs that could have different MASTERs on one host. A host has one sync daemon, so it must be the
        director of all its VIPs or of none."""
        for index, vip in enumerate(vips):
            for other in vips[:index]:
                if not set(vip.hosts) & set(other.hosts):
                    continue
                remedy = f"Give both the same, or direct one of them on other hosts: {other.path} has "
                if vip.hosts != other.hosts:
                    reason = f"are not those of {other.path}, and a host directs either all of its VIPs or none"
                    yield Problem(f"{vip.path}.hosts", list(vip.hosts), reason, remedy + ", ".join(other.hosts))
                elif (vip.holder, vip.priorities) != (other.holder, other.priorities):
                    reason = f"is not as for {other.path}, and a host directs either all of its VIPs or none"
                    declared = other.priorities or other.holder or "neither holder nor priorities"
                    yield Problem(f"{vip.path}.holder", vip.priorities or vip.holder, reason, remedy + str(declared))
                break

    def virtual_servers(self, vip: Vip, address: Interface, servers: Sequence[str]) -> Iterator[Section]:
        by_hand = overridden(SERVICE, vip.settings.virtual_server)
        if by_hand["scheduler"] not in HASHING:
            by_hand.setdefault("inhibit_on_failure", True)
        for port, _server_port in vip.ports:
            given = {**by_hand, "address": str(address.ip), "port": port}
            checked = _check(vip.settings.check, port)
            given["real_servers"] = [{"address": each, "port": port, "weight": 1, **checked} for each in servers]
            yield {**in_keepalived_words(given), "exact": True}

    def asked_port(self, vip: Vip) -> int:
        return int(vip.settings.check["port"])

    def noticed_after(self, vip: Vip) -> Noticed:
        every = float(overridden(SERVICE, vip.settings.virtual_server)["delay_loop"])
        # After a failure keepalived requires two successful checks unless fast_recovery is set.
        return Noticed(every + ASK["delay_before_retry"] + 2 * ASK["connect_timeout"], 2 * every)


def _check(check: Mapping[str, Any], port: int) -> dict[str, Any]:
    """The check of one real server. The server is judged for all ports by the check of one port."""
    ask: dict[str, Any] = dict(ASK)
    if int(check["port"]) != port:
        ask["connect_port"] = int(check["port"])
    if check["type"] == "tcp":
        return {"tcp_check": [ask]}
    url = {"path": check["path"], "status_code": str(check["status"])}
    if check.get("host"):
        url["virtualhost"] = check["host"]
    if check["type"] == "https":
        ask["enable_sni"] = bool(check.get("host"))
    return {"http_get" if check["type"] == "http" else "ssl_get": [{"url": [url], **ask}]}


PROFILE = Ipvs()
