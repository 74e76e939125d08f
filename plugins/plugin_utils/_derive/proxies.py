# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Derive HAProxy's proxies from the inventory: what each VIP's profile needs, and HAProxy's health page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import bracketed
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import stated_address
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.health import Health
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip

HEALTH = "k8s_edge_health"
HEALTH_URI = "/healthz"


def health_uri(vip: Vip) -> str:
    """The path of the health page for one VIP: 200 while each of its ports has a server that is up."""
    return f"{HEALTH_URI}/{vip.name}"


def desired_proxies(
    host: str, vips: Sequence[Vip], hostvars: Mapping[str, Mapping[str, Any]], settings: Health
) -> dict[str, list[dict[str, Any]]]:
    """The frontends and backends of one host, as ``haproxy_config`` takes them. Options of a VIP under ``frontend`` and
    ``backend`` override what is derived for each of its ports. Raises InputError for a server without an address."""
    mine = [vip for vip in vips if host in vip.hosts and vip.proxied]
    problems: list[Problem] = []
    frontends, backends = [_health(mine, settings)], []
    for vip in mine:
        servers = _addresses(vip, hostvars, problems)
        for frontend, backend in vip.profile.proxies(vip, servers, settings):
            frontends.append(frontend)
            backends.append(backend)
    refuse(problems)
    return {"frontends": frontends, "backends": backends}


def unverified(host: str, vips: Sequence[Vip], ca_file: Any) -> Iterator[Problem]:
    """A problem if the host's HAProxy checks apiservers and no CA is given. ``ca_file`` is False if they are not to be
    verified."""
    asked = [vip.name for vip in vips if host in vip.hosts and vip.proxied and vip.profile.apiservers]
    if asked and not ca_file and ca_file is not False:
        remedy = (
            "Set k8s_edge_kube_ca_file to the path, on the controller, of the CA that signed their certificates "
            "(/etc/kubernetes/pki/ca.crt of a control plane host), or haproxy_kube_verify: false to check them without "
            "verifying their certificates. A VIP that does not lead to apiservers needs profile tcp"
        )
        reason = f"is missing: there is no CA to verify the apiservers of {' and '.join(asked)}"
        yield Problem("haproxy_kube_ca_file", None, reason, remedy)


def endpoints(vips: Sequence[Vip]) -> list[dict[str, Any]]:
    """The addresses and ports to which clients of the VIPs connect. ``url`` is an apiserver's readiness URL, empty for
    other profiles."""
    return [
        {
            "name": vip.name,
            "address": str(address.ip),
            "port": front.port,
            "url": f"https://{vip.endpoint or bracketed(str(address.ip))}:{front.port}/readyz"
            if vip.profile.apiservers
            else "",
        }
        for vip in vips
        for address in vip.addresses
        for front in vip.fronts
    ]


def _addresses(vip: Vip, hostvars: Mapping[str, Mapping[str, Any]], problems: list[Problem]) -> dict[str, str]:
    """Addresses of the servers by name."""
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


def _health(vips: Sequence[Vip], settings: Health) -> dict[str, Any]:
    """The frontend for keepalived's checks and for statistics, on loopback only.

    ``/healthz`` answers 200 as long as HAProxy runs. ``/healthz/NAME`` answers 503 while a port of that VIP has no
    server that is up."""
    health: dict[str, Any] = {
        "name": HEALTH,
        "exact": True,
        "mode": "http",
        "bind": [{"address": "127.0.0.1", "port": settings.health_port}],
        "maxconn": 100,
        "monitor_uri": HEALTH_URI,
        "timeouts": {"client": "5s", "http_request": "5s", "http_keep_alive": "5s"},
        "directives": ["stats enable", "stats uri /stats", "stats refresh 5s"],
    }
    if settings.complete:
        health["options"] = ["idle-close-on-response"]
        health["directives"] = [rule for vip in vips for rule in _health_rules(vip)] + health["directives"]
    return health


def _health_rules(vip: Vip) -> list[str]:
    asked = f"{{ path {health_uri(vip)} }}"
    down = [f"http-request return status 503 if {asked} {{ nbsrv({each.backend}) lt 1 }}" for each in vip.fronts]
    return [*down, f"http-request return status 200 if {asked}"]
