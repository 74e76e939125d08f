# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All decisions about objects: what is ours, what is others', in which order, and what goes."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.filter.installed_python import installed_python
from ansible_collections.k8s_edge.ha.plugins.filter.kubernetes_kinds import kubernetes_kinds
from ansible_collections.k8s_edge.ha.plugins.filter.kubernetes_objects import kubernetes_objects
from ansible_collections.k8s_edge.ha.plugins.filter.kubernetes_plan import kubernetes_plan
from ansible_collections.k8s_edge.ha.plugins.filter.kubernetes_rollout import kubernetes_rollout
from ansible_collections.k8s_edge.ha.plugins.filter.kubernetes_tenants import kubernetes_tenants
from ansible_collections.k8s_edge.ha.plugins.filter.kubernetes_unread import kubernetes_unread

VERSIONS = {"DaemonSet": "apps/v1", "Deployment": "apps/v1", "ClusterRole": "rbac.authorization.k8s.io/v1"}


def made(kind, name="edge", namespace="edge", **more):
    where = {} if kind in ("Namespace", "ClusterRole") else {"namespace": namespace}
    return {"apiVersion": VERSIONS.get(kind, "v1"), "kind": kind, "metadata": {"name": name, **where}, **more}


def ours(each, owner="edge"):
    return {**each, "metadata": {**each["metadata"], "labels": {"k8s-edge.ha/owner": owner}}}


def names(objects):
    return [f"{each['kind']} {each['metadata']['name']}" for each in objects]


def applied(plan):
    return [name for call in plan["apply"] for name in names(call["objects"])]


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
    plan = kubernetes_plan([made("ConfigMap"), made("Namespace"), made("ClusterRole")], "edge", [])
    assert applied(plan) == ["Namespace edge", "ClusterRole edge", "ConfigMap edge"]
    assert [names(call["objects"]) for call in plan["rehearse"]] == [["Namespace edge", "ClusterRole edge"]]
    assert plan["unseen"] == ["ConfigMap edge/edge"]
    assert (plan["foreign"], plan["leaving"]) == ([], {"objects": [], "namespaces": []})


def test_a_namespace_that_is_not_declared_is_taken_to_be_there():
    plan = kubernetes_plan([made("ConfigMap", namespace="kube-system")], "edge", [])
    assert (plan["unseen"], len(plan["rehearse"])) == ([], 1)


def test_a_namespace_of_others_serves_as_it_is():
    plan = kubernetes_plan([made("Namespace"), made("ConfigMap")], "edge", [made("Namespace")])
    assert (applied(plan), plan["foreign"], plan["unseen"]) == (["ConfigMap edge"], [], [])


def test_objects_of_others_and_of_another_owner_are_named():
    declared = [made("ConfigMap"), made("DaemonSet")]
    found = [made("ConfigMap"), ours(made("DaemonSet"), "another")]
    assert kubernetes_plan(declared, "edge", found)["foreign"] == ["ConfigMap edge/edge", "DaemonSet edge/edge"]


def test_what_the_api_does_not_let_change_is_named_before_it_is_asked():
    declared = made("DaemonSet", spec={"selector": {"matchLabels": {"app": "edge"}}})
    other = made("DaemonSet", spec={"selector": {"matchLabels": {"app": "helm"}}})
    more = made("DaemonSet", spec={"selector": {"matchLabels": {"app": "edge", "more": "x"}}})
    assert kubernetes_plan([declared], "edge", [other])["lasting"] == ["DaemonSet edge/edge (spec.selector)"]
    assert kubernetes_plan([declared], "edge", [ours(other)])["lasting"] == ["DaemonSet edge/edge (spec.selector)"]
    assert [kubernetes_plan([declared], "edge", found)["lasting"] for found in ([], [declared], [more])] == [[], [], []]
    untyped = kubernetes_plan([made("Secret")], "edge", [made("Secret", type="Opaque")])
    assert untyped["lasting"] == []
    declared = made("Service", spec={"clusterIP": "None", "loadBalancerClass": "a"})
    other = made("Service", spec={"clusterIP": "10.0.0.1", "loadBalancerClass": "b", "type": "LoadBalancer"})
    assert kubernetes_plan([declared], "edge", [other])["lasting"] == [
        "Service edge/edge (spec.clusterIP)",
        "Service edge/edge (spec.loadBalancerClass)",
    ]


def test_what_is_ours_and_no_longer_declared_leaves_in_the_opposite_order():
    found = [ours(each) for each in (made("Namespace"), made("ClusterRole"), made("ConfigMap"), made("DaemonSet"))]
    plan = kubernetes_plan([made("ConfigMap")], "edge", [*found, made("Secret", "theirs")])
    assert names(plan["leaving"]["objects"]) == ["DaemonSet edge", "ClusterRole edge"]
    assert plan["leaving"]["namespaces"] == ["edge"]


def test_another_version_of_an_object_is_the_same_object():
    found = ours({**made("DaemonSet"), "apiVersion": "apps/v2"})
    plan = kubernetes_plan([made("DaemonSet")], "edge", [found])
    assert plan["leaving"]["objects"] == plan["foreign"] == []
    assert kubernetes_unread([made("DaemonSet")], [found]) == []


def test_secrets_and_new_kinds_have_calls_of_their_own():
    definition = {
        **made("CustomResourceDefinition", "routes.edge.example"),
        "spec": {"group": "edge.example", "names": {"kind": "Route"}},
    }
    route = {**made("Route"), "apiVersion": "edge.example/v1"}
    plan = kubernetes_plan([made("ConfigMap"), made("Secret"), definition, route], "edge", [])
    calls = [(names(call["objects"]), call["secret"], call["kinds"]) for call in plan["apply"]]
    assert calls == [
        (["CustomResourceDefinition routes.edge.example"], False, True),
        (["Secret edge"], True, False),
        (["ConfigMap edge", "Route edge"], False, False),
    ]
    assert plan["unseen"] == ["Route edge/edge"]


def test_workloads_are_waited_for():
    plan = kubernetes_plan([made("DaemonSet"), made("ConfigMap")], "edge", [])
    coordinates = {"api_version": "apps/v1", "kind": "DaemonSet", "namespace": "edge", "name": "edge"}
    assert plan["workloads"] == [coordinates]
    assert kubernetes_unread([made("DaemonSet")], []) == [coordinates]


def test_each_kind_is_asked_for_once():
    further = [{"api_version": "apps/v2", "kind": "DaemonSet"}, {"api_version": "v1", "kind": "Secret"}]
    assert kubernetes_kinds([made("DaemonSet"), made("DaemonSet", "b")], further) == [
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
    assert kubernetes_tenants(found, "edge") == []
    assert kubernetes_tenants([*found, made("Pod", "shell")], "edge") == ["Pod edge/shell"]


def workload(kind="DaemonSet", generation=2, seen=2, spec=None, **status):
    metadata = {"name": "edge", "generation": generation}
    return {"kind": kind, "metadata": metadata, "spec": spec or {}, "status": {"observedGeneration": seen, **status}}


def daemons(wanted, updated, available, **more):
    counts = {"desiredNumberScheduled": wanted, "updatedNumberScheduled": updated, "numberAvailable": available}
    return workload(**{**counts, **more})


def test_a_roll_out_gets_on_and_ends():
    stages = [daemons(3, 0, 3), daemons(3, 1, 2), daemons(3, 1, 3), daemons(3, 3, 2), daemons(3, 3, 3)]
    found = [kubernetes_rollout([stage]) for stage in stages]
    assert [each["done"] for each in found] == [False, False, False, False, True]
    assert found[1]["said"] == "1 of 3 up to date, 2 available"
    assert found[0]["step"] < found[2]["step"] < found[4]["step"]


def test_a_roll_out_is_not_done_before_its_controller_has_seen_it():
    assert not kubernetes_rollout([daemons(3, 3, 3, seen=1)])["done"]
    assert not kubernetes_rollout([])["done"]


def test_a_daemon_set_that_fits_no_node_is_done_and_says_so():
    assert kubernetes_rollout([daemons(0, 0, 0)])["said"] == "no node fits its labels and tolerations"


def test_a_daemon_set_that_is_updated_by_hand_waits_for_no_update():
    by_hand = {"updateStrategy": {"type": "OnDelete"}}
    assert kubernetes_rollout([daemons(3, 0, 3, spec=by_hand)])["done"]


def test_a_deployment_waits_for_its_old_pods_to_leave():
    counts = {"updatedReplicas": 2, "availableReplicas": 2, "replicas": 3}
    found = kubernetes_rollout([workload("Deployment", spec={"replicas": 2}, **counts)])
    assert (found["done"], found["said"]) == (False, "2 of 2 up to date, 2 available, 1 old ones still there")
    assert kubernetes_rollout([workload("Deployment", **{**counts, "updatedReplicas": 1, "replicas": 1})])["done"]


def test_pods_say_what_holds_them_up():
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such tag"}}
    pods = [
        {"metadata": {"name": "a"}, "status": {"containerStatuses": [{"name": "edge", "state": waiting}]}},
        {
            "metadata": {"name": "b"},
            "status": {"conditions": [{"type": "PodScheduled", "status": "False", "message": "no port free"}]},
        },
        {"metadata": {"name": "c"}, "status": {"containerStatuses": [{"name": "edge", "state": {"running": {}}}]}},
    ]
    said = kubernetes_rollout([daemons(3, 1, 1)], pods)["problems"]
    assert said == ["a/edge ImagePullBackOff: no such tag", "b is not scheduled: no port free"]


def test_what_python_has_on_the_controller():
    assert installed_python(["json", "no_such_package", "no_such_package.inside"]) == ["json"]
