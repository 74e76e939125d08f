# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of objects that change. Differences have the shape that kubernetes.core gives them."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.filter.kubernetes_changes import kubernetes_changes

DAEMON_SET = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "edge", "namespace": "edge"}}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "edge", "namespace": "edge"}}


def outcome(each, before=None, after=None, changed=True):
    difference = {} if before is None else {"diff": {"before": before, "after": after}}
    return {"changed": changed, "method": "apply", "result": each, **difference}


def call(*outcomes, secret=False):
    about = {"item": {"secret": secret}, "changed": True}
    return {**about, **outcomes[0]} if len(outcomes) == 1 else {**about, "result": {"results": list(outcomes)}}


def pod(**container):
    return {"spec": {"template": {"spec": {"containers": [{"name": "edge", **container}]}}}}


def test_new_objects_and_those_that_go_are_named_and_the_unchanged_are_not():
    calls = [call(outcome(DAEMON_SET, {}, DAEMON_SET), outcome(SERVICE, changed=False)), call(outcome(SERVICE))]
    assert kubernetes_changes(calls, [SERVICE], [DAEMON_SET]) == [
        "DaemonSet edge/edge is new",
        "Service edge/edge changes",
        "DaemonSet edge/edge goes, since it is no longer declared",
    ]


def test_fields_are_told_with_their_old_and_new_value():
    before = pod(image="edge:v1", args=["--a", "--b"], resources={"limits": {"memory": "1Gi"}})
    after = pod(image="edge:v2", args=["--b", "--c"], resources={})
    container = "DaemonSet edge/edge spec.template.spec.containers[edge]"
    assert kubernetes_changes([call(outcome(DAEMON_SET, before, after))], [DAEMON_SET]) == [
        f'{container}.image: "edge:v1" -> "edge:v2"',
        f'{container}.args: ["--a"] -> ["--c"]',
        f'{container}.resources.limits: {{"memory": "1Gi"}} -> nothing',
    ]


def test_order_and_strange_keys_are_told_too():
    before = {"metadata": {"annotations": {"a.b/c": "1"}}, "spec": {"finalizers": ["a", "b"]}}
    after = {"metadata": {"annotations": {"a.b/c": "2"}}, "spec": {"finalizers": ["b", "a"]}}
    assert kubernetes_changes([call(outcome(SERVICE, before, after))], [SERVICE]) == [
        'Service edge/edge metadata.annotations[a.b/c]: "1" -> "2"',
        'Service edge/edge spec.finalizers: ["a", "b"] -> ["b", "a"]',
    ]


def test_what_the_api_counts_is_no_change():
    counted = [{"metadata": {"annotations": {"deprecated.daemonset.template.generation": each}}} for each in "12"]
    before, after = ({**each, **pod(image=f"edge:v{index}")} for index, each in enumerate(counted))
    assert kubernetes_changes([call(outcome(DAEMON_SET, before, after))], [DAEMON_SET]) == [
        'DaemonSet edge/edge spec.template.spec.containers[edge].image: "edge:v0" -> "edge:v1"'
    ]


def test_a_whole_container_comes_or_goes():
    before = pod()
    after = {"spec": {"template": {"spec": {"containers": [{"name": "edge"}, {"name": "more", "image": "m:v1"}]}}}}
    assert kubernetes_changes([call(outcome(DAEMON_SET, before, after))], [DAEMON_SET]) == [
        'DaemonSet edge/edge spec.template.spec.containers[more]: nothing -> {"name": "more", "image": "m:v1"}'
    ]


def test_of_a_secret_nothing_but_its_name_is_told():
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": "edge"}}
    found = kubernetes_changes(
        [call(outcome(secret, {"data": {"a": "b"}}, {"data": {"a": "c"}}), secret=True)], [secret]
    )
    assert found == ["Secret edge/key changes"]
