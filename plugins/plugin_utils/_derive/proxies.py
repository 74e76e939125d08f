# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy derived from the inventory: for each VIP a front end that binds it and a backend with those who serve it.

The front end of a kube-apiserver passes TCP through, asks every apiserver for ``/readyz`` over TLS, cuts the sessions
of one that is down, gives one that comes back its share bit by bit, and lets a quiet ``kubectl logs -f`` live a day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import bracketed
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import stated_address
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vip_ports import Front
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import Vip
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.override import overridden

HEALTH = "k8s_edge_health"
HEALTH_URI = "/healthz"
LONGEST = "24h"

#: TCP keepalive: a peer that is gone is noticed after two minutes, and no firewall forgets a quiet watch. The kernel's
#: own times begin after two hours.
KEEPALIVE = {"idle": "60s", "intvl": "15s", "cnt": 4}

#: The first HAProxy with all that the derived sections say; one before it gets less.
COMPLETE = (2, 4)


class Checks(NamedTuple):
    """How HAProxy is asked whether it is well, and how it asks the apiservers. ``ca_file`` is a path on the host;
    empty means that their certificates are not verified. ``health_port`` is on loopback. ``version`` is the installed
    HAProxy's; empty where it is not known, which counts as a new one."""

    ca_file: str
    health_port: int
    version: str = ""

    @property
    def complete(self) -> bool:
        """Whether the installed HAProxy knows everything."""
        numbers = [int(each) for each in re.findall(r"\d+", self.version)[:2]]
        return not numbers or tuple(numbers) >= COMPLETE


def health_uri(vip: Vip) -> str:
    """Where HAProxy says whether a server of the VIP answers."""
    return f"{HEALTH_URI}/{vip.name}"


def desired_proxies(
    host: str, vips: Sequence[Vip], hostvars: Mapping[str, Mapping[str, Any]], checks: Checks
) -> dict[str, list[dict[str, Any]]]:
    """The frontends and backends of one host, as ``haproxy_config`` takes them; InputError for a server without
    an address. What a VIP sets by hand under ``frontend`` and ``backend`` goes over what is derived for each of its
    ports."""
    mine = [vip for vip in vips if host in vip.hosts and vip.servers]
    problems: list[Problem] = []
    frontends, backends = [_health(mine, checks)], []
    for vip in mine:
        servers = _addresses(vip, hostvars, problems)
        for front in vip.fronts:
            frontends.append(overridden(_frontend(vip, front, checks), vip.frontend))
            backends.append(overridden(_backend(vip, front, servers, checks), vip.backend))
    refuse(problems)
    return {"frontends": frontends, "backends": backends}


def unverified(host: str, vips: Sequence[Vip], ca_file: Any) -> Iterator[Problem]:
    """A problem where a host asks apiservers and no CA is given to verify them by."""
    asked = [vip.name for vip in vips if host in vip.hosts and vip.servers and vip.profile == "kube_apiserver"]
    if asked and not ca_file:
        remedy = (
            "Set k8s_edge_kube_ca_file to the path, on the controller, of the CA that signed their certificates "
            "(/etc/kubernetes/pki/ca.crt of a control plane host), or haproxy_kube_verify: false to check them without "
            "knowing who answers. A VIP that leads to no apiservers has profile tcp"
        )
        reason = f"is missing: no CA is given to verify the apiservers of {' and '.join(asked)} by"
        yield Problem("haproxy_kube_ca_file", None, reason, remedy)


def endpoints(vips: Sequence[Vip]) -> list[dict[str, Any]]:
    """Where clients of the VIPs connect; ``url`` says whether an apiserver behind it is ready."""
    return [
        {
            "name": vip.name,
            "profile": vip.profile,
            "address": str(address.ip),
            "port": front.port,
            "url": f"https://{vip.endpoint or bracketed(str(address.ip))}:{front.port}/readyz",
        }
        for vip in vips
        for address in vip.addresses
        for front in vip.fronts
    ]


def _keepalive(side: str, checks: Checks) -> dict[str, Any]:
    """The times of TCP keepalive towards clients (``cli``) or servers (``srv``)."""
    return {f"{side}tcpka_{name}": value for name, value in KEEPALIVE.items()} if checks.complete else {}


def _frontend(vip: Vip, front: Front, checks: Checks) -> dict[str, Any]:
    return {
        "name": front.frontend,
        "exact": True,
        "mode": "tcp",
        "bind": [{"address": str(address.ip), "port": front.port} for address in vip.addresses],
        "maxconn": vip.maxconn,
        "options": ["tcplog", "clitcpka"],
        **_keepalive("cli", checks),
        "timeouts": {"client": LONGEST, "client_fin": "30s"},
        "default_backend": front.backend,
    }


def _backend(vip: Vip, front: Front, servers: Mapping[str, str], checks: Checks) -> dict[str, Any]:
    backend: dict[str, Any] = {
        "name": front.backend,
        "exact": True,
        "mode": "tcp",
        "balance": "leastconn",
        "options": ["srvtcpka", "redispatch"],
        **_keepalive("srv", checks),
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
    if vip.profile == "kube_apiserver":
        backend["options"] = ["httpchk GET /readyz", *backend["options"]]
        backend["http_check"] = ["expect status 200"]
        backend["default_server"].update(
            {"verify": "required", "ca_file": checks.ca_file} if checks.ca_file else {"verify": "none"}, check_ssl=True
        )
    return backend


def _addresses(vip: Vip, hostvars: Mapping[str, Mapping[str, Any]], problems: list[Problem]) -> dict[str, str]:
    """The address of each server, by its name."""
    found = {}
    for name in vip.servers:
        address = stated_address(name, hostvars[name])
        if address is None:
            problems.append(
                Problem(
                    f"{vip.path}.leads_to: host {name}",
                    hostvars[name].get("k8s_edge_address") or hostvars[name].get("ansible_host") or name,
                    "is a name, and HAProxy would not start while it cannot be resolved",
                    "Set the host's ansible_host or k8s_edge_address to its address.",
                )
            )
            continue
        found[name] = address
    return found


def _health(vips: Sequence[Vip], checks: Checks) -> dict[str, Any]:
    """Where keepalived's checks ask, and people look at the statistics: on loopback only.

    ``/healthz`` is 200 while HAProxy answers at all; ``/healthz/NAME`` is 503 while no server is up for
    one of that VIP's ports.
    """
    health: dict[str, Any] = {
        "name": HEALTH,
        "exact": True,
        "mode": "http",
        "bind": [{"address": "127.0.0.1", "port": checks.health_port}],
        "maxconn": 100,
        "monitor_uri": HEALTH_URI,
        "timeouts": {"client": "5s", "http_request": "5s", "http_keep_alive": "5s"},
        "directives": ["stats enable", "stats uri /stats", "stats refresh 5s"],
    }
    if checks.complete:
        health["options"] = ["idle-close-on-response"]
        health["directives"] = [rule for vip in vips for rule in _health_rules(vip)] + health["directives"]
    return health


def _health_rules(vip: Vip) -> list[str]:
    asked = f"{{ path {health_uri(vip)} }}"
    down = [f"http-request return status 503 if {asked} {{ nbsrv({each.backend}) lt 1 }}" for each in vip.fronts]
    return [*down, f"http-request return status 200 if {asked}"]
