# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the variables of role ``kube_keepalived_vip``. Its program would ignore most of these problems. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kube_keepalived_vip.objects import proxied
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.bounds import (
    dns_label,
    interface,
    labels,
    number,
    port,
)

_SERVICE = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?/[a-z]([a-z0-9-]*[a-z0-9])?")


def problems(settings: Mapping[str, Any]) -> list[Problem]:
    """Every problem in variables whose types have been checked."""
    found = [
        *_services(settings["services"]),
        *number("kube_keepalived_vip_virtual_router_id", settings["virtual_router_id"], 1, 255, "a virtual router ID"),
        *port("kube_keepalived_vip_health_port", settings["health_port"]),
        *interface("kube_keepalived_vip_interface", settings["interface"]),
        *dns_label("kube_keepalived_vip_namespace", settings["namespace"]),
        *labels("kube_keepalived_vip_node_selector", settings["node_selector"]),
    ]
    if not settings["node_selector"]:
        remedy = "Give the edge nodes a label (role edge_nodes), and name it here."
        found.append(Problem("kube_keepalived_vip_node_selector", {}, "selects every node of the cluster", remedy))
    if not found and proxied(settings["services"]) and not settings["haproxy_image"]:
        remedy = "Name one in kube_keepalived_vip_haproxy_image that reloads when /etc/haproxy/haproxy.cfg changes."
        found.append(
            Problem("kube_keepalived_vip_services", "PROXY", "needs HAProxy in the pod, and there is no image", remedy)
        )
    return found


def _services(services: Sequence[Any]) -> Iterable[Problem]:
    seen: dict[str, str] = {}
    for index, each in enumerate(services):
        option = f"kube_keepalived_vip_services[{index}]"
        yield from _address(f"{option}.address", each.get("address"), seen)
        service, method = each.get("service"), each.get("method", "NAT")
        if service and not _SERVICE.fullmatch(str(service)):
            yield Problem(f"{option}.service", service, "is not namespace/name", "Write for example default/nginx.")
        if method == "DR" and any(other.get("method") == "PROXY" for other in services):
            reason = "has no meaning with PROXY, which disables IPVS for all services"
            yield Problem(f"{option}.method", method, reason, "Use one of the two for all.")
        if "method" in each and not service:
            yield Problem(f"{option}.method", method, "leads to no service", "Name the service, or leave both out.")


def _address(option: str, value: Any, seen: dict[str, str]) -> Iterable[Problem]:
    try:
        address = ip_address(str(value))
    except ValueError:
        yield Problem(option, value, "is not an address", "Write it without prefix, for example 10.4.0.50.")
        return
    if address.version == 6:
        reason = "cannot be a key of a ConfigMap, since it has colons"
        yield Problem(option, value, reason, "Use kube-vip or role keepalived for IPv6.")
    if str(address) in seen:
        yield Problem(option, value, f"is that of {seen[str(address)]} too", "A VIP leads to one service.")
    seen.setdefault(str(address), option)
