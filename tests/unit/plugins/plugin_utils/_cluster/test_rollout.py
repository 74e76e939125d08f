# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a roll-out is, and whether waiting can help."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.rollout import (
    final,
    permanent_errors,
    problems,
    progress,
    refused_pods,
)


def workload(kind="DaemonSet", generation=2, seen=2, spec=None, **status):
    metadata = {"name": "edge", "generation": generation}
    return {"kind": kind, "metadata": metadata, "spec": spec or {}, "status": {"observedGeneration": seen, **status}}


def daemons(wanted, updated, available, **more):
    counts = {"desiredNumberScheduled": wanted, "updatedNumberScheduled": updated, "numberAvailable": available}
    return workload(**{**counts, **more})


def test_a_roll_out_gets_on_and_ends():
    stages = [daemons(3, 0, 3), daemons(3, 1, 2), daemons(3, 1, 3), daemons(3, 3, 2), daemons(3, 3, 3)]
    found = [progress(stage) for stage in stages]
    assert [each.done for each in found] == [False, False, False, False, True]
    assert found[1].text == "1 of 3 up to date, 2 available"
    assert found[0].step < found[2].step < found[4].step


def test_a_roll_out_is_not_done_before_its_controller_has_seen_it():
    assert not progress(daemons(3, 3, 3, seen=1)).done
    assert not progress(None).done


def test_a_daemon_set_that_fits_no_node_is_done_and_says_so():
    assert progress(daemons(0, 0, 0)).text == "no node fits its labels and tolerations"


def test_a_daemon_set_that_is_updated_by_hand_waits_for_no_update():
    by_hand = {"updateStrategy": {"type": "OnDelete"}}
    assert progress(daemons(3, 0, 3, spec=by_hand)).done


def test_a_deployment_waits_for_its_old_pods_to_leave():
    counts = {"updatedReplicas": 2, "availableReplicas": 2, "replicas": 3}
    found = progress(workload("Deployment", spec={"replicas": 2}, **counts))
    assert (found.done, found.text) == (False, "2 of 2 up to date, 2 available, 1 old ones still there")
    assert progress(workload("Deployment", **{**counts, "updatedReplicas": 1, "replicas": 1})).done


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
    assert problems(pods) == ["a/edge ImagePullBackOff: no such tag", "b is not scheduled: no port free"]


def test_pods_that_never_start():
    waiting = [{"waiting": {"reason": reason}} for reason in ("InvalidImageName", "ImagePullBackOff")]
    pods = [
        {"metadata": {"name": name}, "status": {"containerStatuses": [{"name": "edge", "state": state}]}}
        for name, state in zip("ab", waiting)
    ]
    assert permanent_errors(pods) == ["a/edge InvalidImageName"]


@pytest.mark.parametrize(
    ("message", "ends"),
    [
        ('pods "x" is forbidden: violates PodSecurity "baseline:latest": hostPort', True),
        ('pods "x" is forbidden: exceeded quota: few, used: pods=1', True),
        ('admission webhook "policy.example.org" denied the request: no', True),
        ("ValidatingAdmissionPolicy 'a' with binding 'b' denied request: no", True),
        ('pods "x" is forbidden: error looking up service account web/edge: serviceaccount "edge" not found', False),
        ('failed calling webhook "policy.example.org": connection refused', False),
    ],
)
def test_waiting_ends_where_it_cannot_help(message, ends):
    assert final([message, message]) == ([message] if ends else [])


def test_refusals_are_those_of_the_workload_and_of_its_replica_sets():
    deployment = {**workload("Deployment"), "metadata": {"name": "edge", "uid": "d"}}
    sets = [
        {"metadata": {"uid": "ours", "ownerReferences": [{"uid": "d"}]}},
        {"metadata": {"uid": "theirs", "ownerReferences": [{"uid": "x"}]}},
    ]
    events = [
        {
            "metadata": {"uid": uid, "resourceVersion": "1"},
            "reason": reason,
            "message": uid,
            "involvedObject": {"uid": of},
        }
        for uid, reason, of in (
            ("1", "FailedCreate", "d"),
            ("2", "FailedCreate", "ours"),
            ("3", "FailedCreate", "theirs"),
            ("4", "Killing", "d"),
        )
    ]
    assert list(refused_pods(deployment, sets, events).values()) == ["1", "2"]
