# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan the moves of addresses from kube-keepalived-vip to kube-vip or to this collection's keepalived. Pure.

A move removes an address from the ConfigMap, waits until no node has it, and then assigns it to its new holder. This
file decides whether that is possible: the move must be completely known, and every possible holder must be visible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.edge_nodes import resolved

#: The annotation that tells kube-vip the address of a Service of type LoadBalancer.
ADDRESS = "kube-vip.io/loadbalancerIPs"

TARGETS = ("kube_vip", "keepalived")
KEYS = ("address", "to", "service", "load_balancer_class")

Object = Mapping[str, Any]


def moves(
    entries: Sequence[Any],
    old: Mapping[str, str],
    declared: Iterable[Object],
    vips: Iterable[Object],
    services: Iterable[Object],
    problems: list[Problem],
) -> list[dict[str, Any]]:
    """The planned move of each entry of ``kube_keepalived_vip_moves``. ``old``: the current data of the ConfigMap.

    ``pending``: the address is still in the ConfigMap; ``value``: its value there. For kube-vip, ``give`` and
    ``take_back`` are merge patches of the Service; ``given``: the first is already applied."""
    known = {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in services}
    still = {str(each.get("address")) for each in declared}
    ours = {str(address).partition("/")[0] for each in vips for address in each.get("addresses") or ()}
    made = []
    for index, entry in enumerate(entries):
        option = f"kube_keepalived_vip_moves[{index}]"
        found = list(_entry_problems(option, entry, still, ours))
        problems += found
        if found:
            continue
        address = str(entry["address"])
        move = {"address": address, "to": entry["to"], "pending": address in old, "value": old.get(address)}
        if entry["to"] == "kube_vip":
            move |= _to_service(option, entry, old.get(address) or "", known, problems)
        made.append(move)
    return made


def _entry_problems(option: str, entry: Any, still: set[str], ours: set[str]) -> Iterable[Problem]:
    if not isinstance(entry, Mapping):
        yield Problem(option, entry, "is not a dictionary", "Write address and to.")
        return
    for key in entry:
        if key not in KEYS:
            yield Problem(option, key, "is not a key there", "Use: {}.".format(", ".join(KEYS)))
    address, target = str(entry.get("address")), entry.get("to")
    if target not in TARGETS:
        yield Problem(f"{option}.to", target, "is unknown", "Use {}.".format(", ".join(TARGETS)))
    elif target == "keepalived" and address not in ours:
        yield Problem(f"{option}.address", address, "is not a VIP of keepalived", "Declare it in k8s_edge_vips.")
    elif target == "kube_vip" and address in ours:
        reason = "is in k8s_edge_vips too, and would have two owners"
        yield Problem(f"{option}.address", address, reason, "Remove it there, or write to: keepalived.")
    if address in still:
        reason = "is still in kube_keepalived_vip_services, whose next run would assign it again"
        yield Problem(f"{option}.address", address, reason, "Take it out there.")


def _to_service(
    option: str, entry: Object, value: str, known: Mapping[tuple[str, str], Object], problems: list[Problem]
) -> dict[str, Any]:
    """The Service that gets the address: the named one, or the one that the address leads to so far."""
    address = str(entry["address"])
    stated = str(entry.get("service") or value.partition(":")[0])
    namespace, _slash, name = stated.partition("/")
    service = known.get((namespace, name))
    if service is None:
        reason = "is not a Service of the cluster" if stated else "is not known"
        problems.append(Problem(f"{option}.service", stated or None, reason, "Name it as namespace/name."))
        return {}
    metadata, spec = service["metadata"], service["spec"]
    has = (metadata.get("annotations") or {}).get(ADDRESS)
    if has not in (None, address):
        problems.append(Problem(f"{option}.service", stated, f"has the address {has} already", "Take another Service."))
    desired = entry.get("load_balancer_class")
    which = {"namespace": namespace, "name": name}

    def patch(given: str | None, kind: str, class_: str | None) -> dict[str, Any]:
        new_class = {"loadBalancerClass": class_} if desired else {}
        metadata = {**which, "annotations": {ADDRESS: given}}
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"type": kind, **new_class}}

    return {
        "service": stated,
        "given": has == address and spec.get("type") == "LoadBalancer",
        "give": patch(address, "LoadBalancer", desired),
        "take_back": patch(has, str(spec.get("type") or "ClusterIP"), spec.get("loadBalancerClass")),
    }


def watched(pods: Iterable[Object], config_map: str) -> set[str]:
    """The nodes with a pod of kube-keepalived-vip: one with a container that reads the ConfigMap."""
    argument = f"--services-configmap={config_map}"
    return {
        str(pod["spec"]["nodeName"])
        for pod in pods
        if pod["spec"].get("nodeName") and any(argument in (each.get("args") or ()) for each in _containers(pod))
    }


def serves_services(pods: Iterable[Object]) -> bool:
    """Whether a kube-vip runs that assigns addresses to Services."""
    return any(
        each.get("name") == "svc_enable" and each.get("value") == "true"
        for pod in pods
        for container in _containers(pod)
        for each in container.get("env") or ()
    )


def _containers(pod: Object) -> Sequence[Object]:
    return pod["spec"].get("containers") or ()


def seen_by(
    watched_nodes: set[str],
    hosts: Sequence[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    nodes: Sequence[Object],
    problems: list[Problem],
) -> list[str]:
    """The inventory hosts of these nodes. A node without a host is a problem: it could keep an address unnoticed."""
    unresolved: list[Problem] = []
    found = resolved(hosts, hostvars, nodes, unresolved)
    for node in sorted(watched_nodes - set(found.values())):
        reason = (
            "runs kube-keepalived-vip and is not a host of the inventory, so it cannot be confirmed that it "
            "releases the address"
        )
        problems.append(Problem("node", node, reason, "Add the host, or name its node by k8s_edge_node."))
    return [host for host, node in found.items() if node in watched_nodes]
