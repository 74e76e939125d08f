# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declaration of the cluster's side: which roles have objects there, and whether they conflict with other planes.
Pure.

The cluster's side is declared for the controller, in variables of the roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.members import (
    Groups,
    HostsReadOnce,
    Hostvars,
    vips_of,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import truth
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.planes import conflicts, planes_of
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.preflight import problems_raised

CONTROLLER = "localhost"

#: The roles with objects in the cluster, in the order in which they run, and the variables with their claims.
CLAIMS = {
    "edge_nodes": ("state", "group"),
    "kube_vip": ("state", "control_plane", "services"),
    "kube_vip_cloud_provider": ("state", "pools", "load_balancer_class"),
    "kube_keepalived_vip": ("state", "services", "virtual_router_id"),
    "traefik": (
        "state",
        "http_port",
        "https_port",
        "host_network",
        "service_type",
        "namespace",
        "leaving_seconds",
        "min_ready_seconds",
        "ping",
    ),
}


def cluster_side(groups: Groups, hostvars: Hostvars, reached: bool) -> dict[str, list[str]]:
    """``parts``, the roles with a declaration; ``roles``, these and the roles whose state is absent; ``conflicts``, a
    sentence for each claim to what another plane or a host has.

    ``reached``: this run changes the cluster. Otherwise Traefik is assumed to be managed elsewhere."""
    hostvars = HostsReadOnce(hostvars)
    variables = hostvars.get(CONTROLLER) or {}
    declared = parts(groups, variables)
    given = {role: _given(role, names, variables) for role, names in CLAIMS.items()}
    traefik = given["traefik"]
    given["traefik"] = (
        {"host_network": False, **traefik}
        if reached and "traefik" in declared
        else {"state": _state("traefik", variables)}
    )
    claims: dict[str, Any] = {**given, "edge": _nodes(groups, variables)}
    wrong: list[str] = []

    def judge() -> None:
        wrong.extend(map(str, conflicts(vips_of(groups, hostvars), hostvars, planes_of(claims))))

    return {
        "parts": declared,
        "roles": [role for role in CLAIMS if role in declared or _state(role, variables) == "absent"],
        "conflicts": [*problems_raised(judge), *wrong],
    }


def parts(groups: Groups, variables: Mapping[str, Any]) -> list[str]:
    """The roles that create objects in the cluster. With kube-vip's control plane in static pods, only its services
    count. ``k8s_edge_traefik: false`` means that the collection manages no ingress."""
    nodes = bool(_nodes(groups, variables))
    control_plane = variables.get("kube_vip_control_plane") or {}
    static = isinstance(control_plane, Mapping) and truth(control_plane.get("static_pod"))
    declared = {
        "edge_nodes": nodes,
        "kube_vip": variables.get("kube_vip_services") or (control_plane and not static),
        "kube_vip_cloud_provider": variables.get("kube_vip_cloud_provider_pools"),
        "kube_keepalived_vip": variables.get("kube_keepalived_vip_services"),
        "traefik": nodes and truth(variables.get("k8s_edge_traefik", True)),
    }
    return [role for role in CLAIMS if declared[role] and _state(role, variables) == "present"]


def _nodes(groups: Groups, variables: Mapping[str, Any]) -> Sequence[str]:
    return list(groups.get(str(variables.get("edge_nodes_group", "edge"))) or ())


def _state(role: str, variables: Mapping[str, Any]) -> str:
    return str(variables.get(f"{role}_state", "present"))


def _given(role: str, names: Sequence[str], variables: Mapping[str, Any]) -> dict[str, Any]:
    return {name: variables[f"{role}_{name}"] for name in names if f"{role}_{name}" in variables}
