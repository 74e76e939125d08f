# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes of a cluster are edge nodes, and the patches that label and taint them accordingly. Pure.

A node is an object as the API returns it. A patch is a JSON merge patch with the node's kind and name: null removes a
label; a list of taints replaces the whole list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from json import dumps, loads
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.places import stated_address

#: The annotation that records which labels and taints of a node this collection manages.
RECORD = "k8s-edge.ha/edge-node"

Node = Mapping[str, Any]
Taint = Mapping[str, Any]


def resolved(
    hosts: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]], nodes: Sequence[Node], problems: list[Problem]
) -> dict[str, str]:
    """The node name of each host, found by name or address. A host without exactly one node adds a problem."""
    found: dict[str, str] = {}
    for host in hosts:
        known = hostvars.get(host) or {}
        names = _candidates(host, known, nodes)
        if len(names) != 1:
            problems.append(_unresolved(host, known, names, nodes))
        elif names[0] in found.values():
            other = next(each for each, name in found.items() if name == names[0])
            remedy = "Correct the addresses in the inventory, or name the nodes by k8s_edge_node."
            problems.append(Problem(f"host {host}", names[0], f"is the node of {other} too", remedy))
        else:
            found[host] = names[0]
    return found


def _candidates(host: str, known: Mapping[str, Any], nodes: Sequence[Node]) -> list[str]:
    """The nodes that match ``k8s_edge_node`` if it is set, otherwise the host's name and address. These must not match
    different nodes."""
    stated = known.get("k8s_edge_node")
    if stated:
        return [_name(node) for node in nodes if _name(node) == str(stated)]
    facts = known.get("ansible_facts") or {}
    names = {host, str(facts.get("nodename") or host), str(facts.get("fqdn") or host)}
    address = stated_address(host, known)
    return [_name(node) for node in nodes if _name(node) in names or _addresses(node) & {host, address}]


def _name(node: Node) -> str:
    return str(node["metadata"]["name"])


def _addresses(node: Node) -> set[str]:
    """The node's addresses and host names in the cluster."""
    return {str(each["address"]) for each in (node.get("status") or {}).get("addresses") or ()}


def _unresolved(host: str, known: Mapping[str, Any], names: Sequence[str], nodes: Sequence[Node]) -> Problem:
    remedy = "Name the node by the host's variable k8s_edge_node."
    if names:
        return Problem(f"host {host}", None, "fits several nodes ({})".format(", ".join(names)), remedy)
    stated = known.get("k8s_edge_node") or stated_address(host, known)
    some = ", ".join(sorted(map(_name, nodes))[:10]) or "the cluster has none"
    return Problem(f"host {host}", stated, f"is not the name or address of a node; nodes are: {some}", remedy)


def patches(
    nodes: Sequence[Node], edge: Iterable[str], labels: Mapping[str, str], taints: Sequence[Taint]
) -> list[dict[str, Any]]:
    """The patches for all nodes. Joining nodes come first, so that the edge is never smaller than both before and
    after."""
    wanted = set(edge)
    joining = [_joins(node, labels, taints) for node in nodes if _name(node) in wanted]
    leaving = [_leaves(node, labels, taints) for node in nodes if _name(node) not in wanted]
    return [each for each in (*joining, *leaving) if each]


def _joins(node: Node, labels: Mapping[str, str], taints: Sequence[Taint]) -> dict[str, Any]:
    """Patch for an edge node: set the declared labels and taints, remove managed ones that are no longer declared."""
    former = _recorded(node)
    gone = [key for key in former["labels"] if key not in labels]
    rest = [each for each in _taints(node) if _key(each) not in map(_key, (*taints, *former["taints"]))]
    mine = {"labels": dict(labels), "taints": list(taints)}
    return _patch(node, {**dict.fromkeys(gone), **labels}, [*rest, *taints], mine)


def _leaves(node: Node, labels: Mapping[str, str], taints: Sequence[Taint]) -> dict[str, Any]:
    """Patch for another node, if its labels or the annotation mark it as an edge node: remove the edge's labels and
    taints."""
    former = _recorded(node)
    current = (node["metadata"].get("labels") or {}).items()
    gone = [key for key, value in {**labels, **former["labels"]}.items() if (key, value) in current]
    if not gone and RECORD not in (node["metadata"].get("annotations") or {}):
        return {}
    ours = [*taints, *former["taints"]]
    return _patch(
        node, dict.fromkeys(gone), [each for each in _taints(node) if _key(each) not in map(_key, ours)], None
    )


def _recorded(node: Node) -> dict[str, Any]:
    text = (node["metadata"].get("annotations") or {}).get(RECORD)
    return {"labels": {}, "taints": [], **(loads(text) if text else {})}


def _taints(node: Node) -> list[Taint]:
    return list((node.get("spec") or {}).get("taints") or ())


def _key(taint: Taint) -> tuple[str, str]:
    return str(taint["key"]), str(taint["effect"])


def _patch(
    node: Node, labels: Mapping[str, str | None], taints: Sequence[Taint], mine: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The difference between the node and its desired state; empty if there is none."""
    metadata = node["metadata"]
    made: dict[str, Any] = {}
    record = {RECORD: dumps(mine, sort_keys=True) if mine else None}
    for part, desired in (("labels", labels), ("annotations", record)):
        current = metadata.get(part) or {}
        changed = {key: value for key, value in desired.items() if current.get(key) != value}
        if changed:
            made[part] = changed
    spec = {"spec": {"taints": list(taints)}} if sorted(map(_same, taints)) != sorted(map(_same, _taints(node))) else {}
    if not made and not spec:
        return {}
    if spec:
        # The patch replaces the whole list, so it must fail if the node has changed since it was read.
        made["resourceVersion"] = metadata["resourceVersion"]
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": _name(node), **made}, **spec}


def _same(taint: Taint) -> tuple[str, str, str]:
    return (*_key(taint), str(taint.get("value") or ""))
