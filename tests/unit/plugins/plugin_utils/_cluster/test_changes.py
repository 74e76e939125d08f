# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of objects that change."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.changes import changes
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import LAST_APPLIED

DAEMON_SET = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "edge", "namespace": "edge"}}
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "edge", "namespace": "edge"}}


def told(each, before=None, after=None, fields=True):
    """Of an object that has other fields than before."""
    was, is_now = (
        {**each, **some, "metadata": {**each["metadata"], **some.get("metadata", {})}} for some in (before, after)
    )
    return changes(was, is_now, fields=fields)


def pod(**container):
    return {"spec": {"template": {"spec": {"containers": [{"name": "edge", **container}]}}}}


def test_what_is_new_is_named_and_the_unchanged_is_not():
    counted = {"uid": "1", "resourceVersion": "2", "generation": 3, "creationTimestamp": "x", "managedFields": []}
    assert changes(None, SERVICE, fields=True) == ["Service edge/edge is new"]
    assert told(SERVICE, {"metadata": counted, "status": {"a": 1}}, {"metadata": {}}) == []
    assert told(SERVICE, {"spec": {"a": 1}}, {"spec": {"a": 2}}, fields=False) == ["Service edge/edge changes"]


def test_what_was_applied_last_is_a_change_and_its_text_is_not_told():
    notes = [{"metadata": {"annotations": {LAST_APPLIED: text}}} for text in ("a", "b")]
    assert told(SERVICE, *notes) == ["Service edge/edge changes"]


def test_fields_are_told_with_their_old_and_new_value():
    before = pod(image="edge:v1", args=["--a", "--b"], resources={"limits": {"memory": "1Gi"}})
    after = pod(image="edge:v2", args=["--b", "--c"], resources={})
    container = "DaemonSet edge/edge spec.template.spec.containers[edge]"
    assert told(DAEMON_SET, before, after) == [
        f'{container}.image: "edge:v1" -> "edge:v2"',
        f'{container}.args: ["--a"] -> ["--c"]',
        f'{container}.resources.limits: {{"memory": "1Gi"}} -> nothing',
    ]


def test_order_and_strange_keys_are_told_too():
    before = {"metadata": {"annotations": {"a.b/c": "1"}}, "spec": {"finalizers": ["a", "b"]}}
    after = {"metadata": {"annotations": {"a.b/c": "2"}}, "spec": {"finalizers": ["b", "a"]}}
    assert told(SERVICE, before, after) == [
        'Service edge/edge metadata.annotations[a.b/c]: "1" -> "2"',
        'Service edge/edge spec.finalizers: ["a", "b"] -> ["b", "a"]',
    ]


def test_what_the_api_counts_is_no_change():
    counted = [{"metadata": {"annotations": {"deprecated.daemonset.template.generation": each}}} for each in "12"]
    before, after = ({**each, **pod(image=f"edge:v{index}")} for index, each in enumerate(counted))
    assert told(DAEMON_SET, before, after) == [
        'DaemonSet edge/edge spec.template.spec.containers[edge].image: "edge:v0" -> "edge:v1"'
    ]


def test_a_whole_container_comes_or_goes():
    before = pod()
    after = {"spec": {"template": {"spec": {"containers": [{"name": "edge"}, {"name": "more", "image": "m:v1"}]}}}}
    assert told(DAEMON_SET, before, after) == [
        'DaemonSet edge/edge spec.template.spec.containers[more]: nothing -> {"name": "more", "image": "m:v1"}'
    ]


def test_of_a_secret_nothing_but_its_name_is_told():
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key", "namespace": "edge"}}
    assert told(secret, {"data": {"a": "b"}}, {"data": {"a": "c"}}) == ["Secret edge/key changes"]
