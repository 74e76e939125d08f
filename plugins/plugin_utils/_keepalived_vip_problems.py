# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the variables of role ``keepalived_vip``; most of it kube-keepalived-vip would ignore. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._keepalived_vip import proxied

METHODS = ("NAT", "DR", "PROXY")
KEYS = ("address", "service", "method")
_SERVICE = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?/[a-z]([a-z0-9-]*[a-z0-9])?")


def problems(settings: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong."""
    found = list(_services(settings["services"]))
    if not 1 <= settings["virtual_router_id"] <= 255:
        reason = "is no virtual router ID"
        option, value = "keepalived_vip_virtual_router_id", settings["virtual_router_id"]
        found.append(Problem(option, value, reason, "Give a number from 1 to 255 that nobody else on the link has."))
    if not settings["node_selector"]:
        remedy = "Give the edge nodes a label (role edge_nodes), and name it here."
        found.append(Problem("keepalived_vip_node_selector", {}, "selects every node of the cluster", remedy))
    if not found and proxied(settings["services"]) and not settings["haproxy_image"]:
        remedy = "Name one in keepalived_vip_haproxy_image that reloads when /etc/haproxy/haproxy.cfg changes."
        found.append(
            Problem("keepalived_vip_services", "PROXY", "needs HAProxy in the pod, and there is no image", remedy)
        )
    return found


def _services(services: Sequence[Any]) -> Iterable[Problem]:
    seen: dict[str, str] = {}
    for index, each in enumerate(services):
        option = f"keepalived_vip_services[{index}]"
        if not isinstance(each, Mapping):
            yield Problem(option, each, "is not a dictionary", "Write address, service and method.")
            continue
        for key in each:
            if key not in KEYS:
                yield Problem(option, key, "is not a key there", "Use: {}.".format(", ".join(KEYS)))
        yield from _address(f"{option}.address", each.get("address"), seen)
        service, method = each.get("service"), each.get("method", "NAT")
        if service and not _SERVICE.fullmatch(str(service)):
            yield Problem(f"{option}.service", service, "is not namespace/name", "Write for example default/nginx.")
        if method not in METHODS:
            yield Problem(f"{option}.method", method, "is unknown", "Use {}.".format(", ".join(METHODS)))
        elif method == "DR" and any(
            isinstance(other, Mapping) and other.get("method") == "PROXY" for other in services
        ):
            reason = "has no meaning beside PROXY, which takes IPVS out of all services"
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
