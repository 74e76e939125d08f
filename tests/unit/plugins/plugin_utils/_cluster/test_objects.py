# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All decisions about objects: what is ours, what is others', in which order, and what goes."""

from __future__ import annotations

import json

from ansible_collections.k8s_edge.ha.plugins.filter.kubernetes_objects import kubernetes_objects
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import (
    LAST_APPLIED,
    fit,
    kinds,
    objects_of_others,
    plan,
    unread,
)

VERSIONS = {"DaemonSet": "apps/v1", "Deployment": "apps/v1", "ClusterRole": "rbac.authorization.k8s.io/v1"}


def made(kind, name="edge", namespace="edge", **more):
    where = {} if kind in ("Namespace", "ClusterRole") else {"namespace": namespace}
    return {"apiVersion": VERSIONS.get(kind, "v1"), "kind": kind, "metadata": {"name": name, **where}, **more}


def ours(each, owner="edge"):
    return {**each, "metadata": {**each["metadata"], "labels": {"k8s-edge.ha/owner": owner}}}


def names(objects):
    return [f"{each['kind']} {each['metadata']['name']}" for each in objects]


def test_kinds_come_in_the_order_in_which_they_need_each_other_and_bear_the_owner():
    mixed = [made("ConfigMap", "b"), made("ClusterRole"), made("Namespace"), made("ConfigMap", "a")]
    found = kubernetes_objects(mixed, "edge")
    assert names(found) == ["Namespace edge", "ClusterRole edge", "ConfigMap b", "ConfigMap a"]
    assert {each["metadata"]["labels"]["k8s-edge.ha/owner"] for each in found} == {"edge"}
    assert "labels" not in mixed[0]["metadata"]


def test_labels_of_the_user_stay():
    labelled = made("ConfigMap")
    labelled["metadata"]["labels"] = {"app": "edge"}
    assert kubernetes_objects([labelled], "x")[0]["metadata"]["labels"] == {"app": "edge", "k8s-edge.ha/owner": "x"}


def test_on_an_empty_cluster_all_is_applied_and_what_needs_the_namespace_is_not_rehearsed():
    made_so = plan([made("ConfigMap"), made("Namespace"), made("ClusterRole")], "edge", [])
    assert names(made_so.apply) == ["Namespace edge", "ClusterRole edge", "ConfigMap edge"]
    assert names(made_so.unseen) == ["ConfigMap edge"]
    assert (made_so.foreign, made_so.leaving, made_so.namespaces) == ([], [], [])


def test_what_needs_a_new_kind_is_not_rehearsed():
    definition = {
        **made("CustomResourceDefinition", "routes.edge.example"),
        "spec": {"group": "edge.example", "names": {"kind": "Route"}},
    }
    route = {**made("Route"), "apiVersion": "edge.example/v1"}
    assert names(plan([made("ConfigMap"), definition, route], "edge", []).unseen) == ["Route edge"]


def test_a_namespace_that_is_not_declared_is_taken_to_be_there():
    assert plan([made("ConfigMap", namespace="kube-system")], "edge", []).unseen == []


def test_a_namespace_of_others_serves_as_it_is():
    made_so = plan([made("Namespace"), made("ConfigMap")], "edge", [made("Namespace")])
    assert (names(made_so.apply), made_so.foreign, made_so.unseen) == (["ConfigMap edge"], [], [])


def test_objects_of_others_and_of_another_owner_are_named():
    declared = [made("ConfigMap"), made("DaemonSet")]
    found = [made("ConfigMap"), ours(made("DaemonSet"), "another")]
    assert names(plan(declared, "edge", found).foreign) == ["ConfigMap edge", "DaemonSet edge"]


def test_what_the_api_does_not_let_change_is_named_before_it_is_asked():
    declared = made("DaemonSet", spec={"selector": {"matchLabels": {"app": "edge"}}})
    other = made("DaemonSet", spec={"selector": {"matchLabels": {"app": "helm"}}})
    more = made("DaemonSet", spec={"selector": {"matchLabels": {"app": "edge", "more": "x"}}})
    assert plan([declared], "edge", [other]).lasting == ["DaemonSet edge/edge (spec.selector)"]
    assert plan([declared], "edge", [ours(other)]).lasting == ["DaemonSet edge/edge (spec.selector)"]
    assert [plan([declared], "edge", found).lasting for found in ([], [declared], [more])] == [[], [], []]
    assert plan([made("Secret")], "edge", [made("Secret", type="Opaque")]).lasting == []
    declared = made("Service", spec={"clusterIP": "None", "loadBalancerClass": "a"})
    other = made("Service", spec={"clusterIP": "10.0.0.1", "loadBalancerClass": "b", "type": "LoadBalancer"})
    assert plan([declared], "edge", [other]).lasting == [
        "Service edge/edge (spec.clusterIP)",
        "Service edge/edge (spec.loadBalancerClass)",
    ]


def test_what_is_ours_and_no_longer_declared_leaves_in_the_opposite_order():
    found = [ours(each) for each in (made("Namespace"), made("ClusterRole"), made("ConfigMap"), made("DaemonSet"))]
    made_so = plan([made("ConfigMap")], "edge", [*found, made("Secret", "theirs")])
    assert names(made_so.leaving) == ["DaemonSet edge", "ClusterRole edge"]
    assert names(made_so.namespaces) == ["Namespace edge"]


def test_another_version_of_an_object_is_the_same_object():
    found = ours({**made("DaemonSet"), "apiVersion": "apps/v2"})
    made_so = plan([made("DaemonSet")], "edge", [found])
    assert made_so.leaving == made_so.foreign == unread([made("DaemonSet")], [found]) == []


def kept(each, **more):
    """As the API has it after it was applied."""
    note = {LAST_APPLIED: json.dumps(each)}
    return {**each, **more, "metadata": {**each["metadata"], "annotations": note, "uid": "1"}, "status": {}}


def test_what_is_as_it_was_applied_is_not_applied_again():
    ports = [{"port": 80, "name": ""}]
    each = fit(made("Service", spec={"ports": ports, "selector": {}, "externalIPs": []}), "edge")
    defaulted = {"ports": [{"port": 80, "protocol": "TCP"}], "clusterIP": "10.0.0.1"}
    assert plan([each], "edge", [kept(each, spec=defaulted)]).apply == []
    changed = {"spec": {**defaulted, "ports": [{"port": 81, "protocol": "TCP"}]}}
    longer = {"spec": {**defaulted, "ports": [*defaulted["ports"], {"port": 81}]}}
    other = {**each, "spec": {**each["spec"], "type": "NodePort"}}
    found = [kept(each, **changed), kept(each, **longer), {**kept(other), "spec": defaulted}, ours(made("Service"))]
    assert [len(plan([each], "edge", [one]).apply) for one in found] == [1, 1, 1, 1]


def test_the_texts_of_a_secret_are_as_the_api_keeps_them():
    each = fit(made("Secret", stringData={"a": "b"}, data={"c": "ZA=="}), "edge")
    assert (each["data"], "stringData" in each) == ({"a": "Yg==", "c": "ZA=="}, False)


def test_what_is_declared_and_not_ours_is_looked_up_by_name():
    coordinates = {"api_version": "apps/v1", "kind": "DaemonSet", "namespace": "edge", "name": "edge"}
    assert unread([made("DaemonSet")], []) == [coordinates]
    assert names(plan([made("DaemonSet"), made("ConfigMap")], "edge", []).workloads) == ["DaemonSet edge"]


def test_each_kind_is_asked_for_once():
    further = [{"api_version": "apps/v2", "kind": "DaemonSet"}, {"api_version": "v1", "kind": "Secret"}]
    assert kinds([made("DaemonSet"), made("DaemonSet", "b")], further) == [
        {"api_version": "apps/v1", "kind": "DaemonSet"},
        {"api_version": "v1", "kind": "Secret"},
    ]


def test_who_else_lives_in_a_namespace():
    pod = made("Pod")
    pod["metadata"]["ownerReferences"] = [{"kind": "DaemonSet"}]
    found = [ours(made("ConfigMap")), pod, made("ConfigMap", "kube-root-ca.crt"), made("ServiceAccount", "default")]
    found.append(made("Secret", "default-token", type="kubernetes.io/service-account-token"))
    found += [made("ConfigMap", "openshift-service-ca.crt"), made("ServiceAccount", "builder")]
    found.append(made("Secret", "deployer-dockercfg-x", type="kubernetes.io/dockercfg"))
    assert objects_of_others(found, "edge") == []
    assert objects_of_others([*found, made("Pod", "shell")], "edge") == ["Pod edge/shell"]
