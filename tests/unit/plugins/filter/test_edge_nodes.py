# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exactly the edge hosts' nodes say that they are the edge, and what others have written on nodes stays."""

from __future__ import annotations

import copy

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.edge_node_patches import edge_node_patches

LABELS = {"edgenode": "true"}
TAINT = {"key": "edge", "value": "true", "effect": "NoSchedule"}
OTHER = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "timeAdded": "2026-01-01T00:00:00Z"}


def node(name, number, labels=None, taints=()):
    addresses = [{"type": "InternalIP", "address": f"172.20.0.{number}"}, {"type": "Hostname", "address": name}]
    metadata = {"name": name, "resourceVersion": "7", "labels": {"kubernetes.io/os": "linux", **(labels or {})}}
    return {"metadata": metadata, "spec": {"taints": list(taints)}, "status": {"addresses": addresses}}


def cluster(*edge, taints=()):
    """Four nodes; those named have the label (and taints) without our record, as kubectl would write them."""
    names = [("one", 113), ("two", 114), ("three", 115), ("four", 116)]
    return [
        node(name, number, LABELS if name in edge else {}, taints if name in edge else ()) for name, number in names
    ]


def applied(nodes, patches):
    """What an API server makes of merge patches."""
    made = copy.deepcopy(nodes)
    for patch in patches:
        each = next(each for each in made if each["metadata"]["name"] == patch["metadata"]["name"])
        for part in ("labels", "annotations"):
            merged = {**each["metadata"].get(part, {}), **patch["metadata"].get(part, {})}
            each["metadata"][part] = {key: value for key, value in merged.items() if value is not None}
        each["spec"].update(patch.get("spec", {}))
    return made


def edge_of(nodes, labels=LABELS):
    return [each["metadata"]["name"] for each in nodes if labels.items() <= each["metadata"]["labels"].items()]


def names(patches):
    return [each["metadata"]["name"] for each in patches]


@pytest.mark.parametrize(
    "known",
    [
        {"ansible_host": "172.20.0.114"},
        {"k8s_edge_address": "172.20.0.114", "ansible_host": "bastion"},
        {"k8s_edge_node": "two", "ansible_host": "172.20.0.113"},
        {"ansible_facts": {"nodename": "two"}},
    ],
)
def test_a_host_is_found_by_name_or_address(known):
    assert names(edge_node_patches(cluster(), ["edge-1"], {"edge-1": known}, LABELS)) == ["two"]


@pytest.mark.parametrize("host", ["two", "172.20.0.114"])
def test_a_hosts_own_name_may_be_the_nodes_name_or_address(host):
    assert names(edge_node_patches(cluster(), [host], {}, LABELS)) == ["two"]


@pytest.mark.parametrize(
    ("hostvars", "said"),
    [
        (
            {"a": {"ansible_host": "192.0.2.1"}},
            "host a: '192.0.2.1' is not the name or address of a node; nodes are: four, one",
        ),
        ({"a": {"k8s_edge_node": "five"}}, "'five' is not the name or address of a node"),
        ({"one": {"ansible_host": "172.20.0.114"}}, r"host one: fits several nodes \(one, two\)"),
        ({"a": {"ansible_host": "172.20.0.113"}, "one": {}}, "host one: 'one' is the node of a too"),
    ],
)
def test_a_host_that_cannot_be_told_is_refused(hostvars, said):
    with pytest.raises(AnsibleFilterError, match=said):
        edge_node_patches(cluster(), list(hostvars), hostvars, LABELS)


@pytest.mark.parametrize(
    ("labels", "taints", "said"),
    [
        ({}, [], "marks no node"),
        ({"edgenode": True}, [], "True is not a string, as the API requires. Write 'true' in quotes"),
        ({"edge node": "true"}, [], "cannot be a key"),
        ({"edgenode": "not so"}, [], "cannot be a value"),
        (LABELS, ["edge"], "is not a dictionary"),
        (LABELS, [{"key": "edge", "effect": "Never"}], r"edge_nodes_taints\[0\].effect: 'Never' is unknown"),
        (LABELS, [{"key": "edge", "effect": "NoSchedule", "operator": "Exists"}], "'operator' is not a key there"),
    ],
)
def test_labels_and_taints_that_cannot_be_are_refused(labels, taints, said):
    with pytest.raises(AnsibleFilterError, match=said):
        edge_node_patches(cluster(), ["one"], {}, labels, taints)


def test_exactly_the_edge_is_labelled_and_joins_come_first():
    nodes = cluster("four", "one")
    found = edge_node_patches(nodes, ["one", "two"], {}, LABELS)
    assert names(found) == ["one", "two", "four"]
    after = applied(nodes, found)
    assert edge_of(after) == ["one", "two"]
    assert all(each["metadata"]["labels"]["kubernetes.io/os"] == "linux" for each in after)
    assert edge_node_patches(after, ["one", "two"], {}, LABELS) == []


def test_another_value_of_the_label_belongs_to_others():
    nodes = [node("one", 113, {"edgenode": "false"}), node("two", 114)]
    assert names(edge_node_patches(nodes, ["two"], {}, LABELS)) == ["two"]


def test_taints_come_and_go_with_the_edge_and_others_stay():
    nodes = cluster("three", taints=[TAINT, OTHER])
    nodes[0]["spec"]["taints"] = [OTHER]
    nodes[3]["spec"]["taints"] = [TAINT]  # was never the edge
    found = edge_node_patches(nodes, ["one"], {}, LABELS, [TAINT])
    assert {each["metadata"]["name"]: each["metadata"].get("resourceVersion") for each in found} == {
        "one": "7",
        "three": "7",
    }
    after = applied(nodes, found)
    assert [each["spec"]["taints"] for each in after] == [[OTHER, TAINT], [], [OTHER], [TAINT]]
    assert edge_node_patches(after, ["one"], {}, LABELS, [TAINT]) == []


def test_what_is_renamed_leaves_nothing_behind():
    nodes = applied(cluster(), edge_node_patches(cluster(), ["one", "two"], {}, LABELS, [TAINT]))
    other = {"node-role.kubernetes.io/edge": ""}
    found = edge_node_patches(nodes, ["two", "three"], {}, other)
    after = applied(nodes, found)
    assert (edge_of(after), edge_of(after, other)) == ([], ["two", "three"])
    assert all(each["spec"]["taints"] == [] for each in after)
    assert edge_node_patches(after, ["two", "three"], {}, other) == []


def test_without_hosts_nothing_of_ours_stays():
    before = cluster()
    nodes = applied(before, edge_node_patches(before, ["one", "two"], {}, LABELS, [TAINT]))
    after = applied(nodes, edge_node_patches(nodes, [], {}, LABELS, [TAINT]))
    assert edge_of(after) == []
    assert not any(each["metadata"].get("annotations") or each["spec"]["taints"] for each in after)
