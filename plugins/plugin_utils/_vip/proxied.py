# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common base of VIPs that HAProxy forwards to their servers: TCP, passed through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.arguments import section_options
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import Spec
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.override import overridden
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.health import Health
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.ports import Front
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import ByHand, Profile, Section, Vip

LONGEST = "24h"

#: TCP keepalive times: a dead peer is detected after two minutes, and firewalls keep the state of an idle watch. The
#: kernel's own defaults start after two hours.
KEEPALIVE = {"idle": "60s", "intvl": "15s", "cnt": 4}


class Proxied(Profile):
    """Connections go to the server with the fewest. A server that comes back gets its share gradually (slowstart).
    Sessions of a server that is down are closed. An idle session is kept for a day."""

    proxied = True
    options: ClassVar[Mapping[str, Spec]] = {
        "endpoint": {
            "type": "str",
            "description": [
                "Name that clients use instead of the address, such as C(controlPlaneEndpoint) of kubeadm. The"
                " verification uses this name, so the hosts must be able to resolve it, and the certificate must"
                " contain it."
            ],
        },
        "backend_port": {
            "type": "int",
            "description": "Port on the servers, if it differs from O({vips}[].port).",
        },
        "nodes": {
            "type": "int",
            "default": 60,
            "description": "How many nodes of the cluster connect through this VIP.",
        },
        "maxconn": {
            "type": "int",
            "description": [
                "Most connections at the same time, for the frontend and for each server, since one server may"
                " have to serve all.",
                "By default 1000 plus 50 for each of O({vips}[].nodes).",
            ],
        },
        "frontend": {
            "type": "dict",
            "description": [
                "Options of M(k8s_edge.ha.haproxy_config) frontends that override derived options, as for"
                " O({vips}[].backend)."
            ],
        },
        "backend": {
            "type": "dict",
            "description": [
                "Options of M(k8s_edge.ha.haproxy_config) backends that override derived options.",
                "Of a dictionary only the given keys change: C(default_server: {send_proxy_v2: true}) keeps the"
                " derived checks. A list or a value replaces the derived one, and C(null) removes it.",
                "Sections derived for a VIP are complete, so that the same declaration always gives the same"
                " sections. Other lines in them are removed, and check mode shows which; comments stay. To keep a"
                " line, declare it here, or keep all of them with C(exact=false).",
            ],
        },
    }

    def by_hand(self) -> Mapping[str, ByHand]:
        return {
            "frontend": ByHand(section_options("frontend"), fixed=("name", "default_backend"), of_one_port=("bind",)),
            "backend": ByHand(section_options("backend"), fixed=("name",), of_one_port=("servers",)),
        }

    def proxies(self, vip: Vip, servers: Mapping[str, str], health: Health) -> Iterator[tuple[Section, Section]]:
        for front in vip.fronts:
            backend = self.checked(_backend(vip, front, servers, health), health)
            yield overridden(_frontend(vip, front, health), vip.frontend), overridden(backend, vip.backend)

    def checked(self, backend: Section, health: Health) -> Section:
        """The backend with the health check of its servers; by default the check is a TCP connection."""
        return backend


def _keepalive(side: str, health: Health) -> dict[str, Any]:
    """The TCP keepalive options towards clients (``cli``) or servers (``srv``)."""
    return {f"{side}tcpka_{name}": value for name, value in KEEPALIVE.items()} if health.complete else {}


def _frontend(vip: Vip, front: Front, health: Health) -> Section:
    return {
        "name": front.frontend,
        "exact": True,
        "mode": "tcp",
        "bind": [{"address": str(address.ip), "port": front.port} for address in vip.addresses],
        "maxconn": vip.maxconn,
        "options": ["tcplog", "clitcpka"],
        **_keepalive("cli", health),
        "timeouts": {"client": LONGEST, "client_fin": "30s"},
        "default_backend": front.backend,
    }


def _backend(vip: Vip, front: Front, servers: Mapping[str, str], health: Health) -> Section:
    return {
        "name": front.backend,
        "exact": True,
        "mode": "tcp",
        "balance": "leastconn",
        "options": ["srvtcpka", "redispatch"],
        **_keepalive("srv", health),
        "timeouts": {
            "connect": "5s",
            "check": "5s",
            "queue": "30s",
            "server": LONGEST,
            "server_fin": "30s",
            "tunnel": LONGEST,
        },
        "default_server": {
            "check": True,
            "inter": "2s",
            "fastinter": "1s",
            "rise": 3,
            "fall": 3,
            "slowstart": "30s",
            "maxconn": vip.maxconn,
            "on_marked_down": "shutdown-sessions",
        },
        "servers": [{"name": name, "address": address, "port": front.server_port} for name, address in servers.items()],
    }
