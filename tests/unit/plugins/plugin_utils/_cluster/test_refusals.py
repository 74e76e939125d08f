# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API refuses is said in words."""

from __future__ import annotations

import json

import pytest
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import Identity
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.refusals import refusal_sentences
from kube_api import Refused


class Answer(Exception):
    """As the client raises it."""

    def __init__(self, status, reason, body):
        super().__init__(f"({status})\nReason: {reason}\nHTTP response headers: HTTPHeaderDict")
        self.status, self.reason, self.body = status, reason, body


def said(code, message, kind="Service", **details):
    body = json.dumps(Refused(code, "reason", message, **details).status)
    return refusal_sentences([(Answer(code, "reason", body), Identity("", kind, "web", "edge"))])


FORBIDDEN = 'secrets is forbidden: User "system:serviceaccount:ci:edge" cannot list resource "secrets" in API group ""'


@pytest.mark.parametrize(
    ("where", "named"),
    [('in the namespace "traefik"', "in namespace traefik"), ("at the cluster scope", "in the whole cluster")],
)
def test_a_missing_right_is_named_and_where_all_of_them_are(where, named):
    first, last = said(403, f"{FORBIDDEN} {where}")
    assert first == f"User system:serviceaccount:ci:edge may not list secrets {named} (403 Forbidden)."
    assert "roles/kubernetes_objects/files/cluster_role.yml" in last


def test_words_of_the_api_are_no_missing_right():
    """Roles and Services say so of fields that cannot be changed."""
    message = "Invalid value: field may not change once set; the object does not have itself as owner"
    (found,) = said(422, message, causes=[{"field": "spec.clusterIPs", "message": message}])
    assert found.startswith("Service web/edge: spec.clusterIPs: ")


def test_rights_that_would_be_given_away_are_named():
    message = (
        'clusterroles.rbac.authorization.k8s.io "traefik" is forbidden: user "edge" (groups=["a"]) is '
        "attempting to grant RBAC permissions not currently held:\n"
        '{APIGroups:[""], Resources:["secrets"], Verbs:["watch"]}'
    )
    first, last = said(403, message, "ClusterRole")
    assert first == (
        "ClusterRole web/edge: user edge would grant rights that it does not have itself (403 Forbidden): "
        '{APIGroups:[""], Resources:["secrets"], Verbs:["watch"]}.'
    )
    assert "cluster_role.yml" in last


def test_nobodys_token():
    nobody = Identity("", "", "", "")
    found = said(401, "Unauthorized")
    assert found == refusal_sentences(
        [(Answer(401, "Unauthorized", "no Status"), nobody), (Answer(401, "x", None), nobody)]
    )
    assert "401 Unauthorized" in found[0] and "k8s_edge_kubeconfig" in found[0] and len(found) == 1


def test_a_field_that_lasts():
    cause = {"reason": "FieldValueInvalid", "message": 'Invalid value: "10.0.0.9": field is immutable'}
    assert said(422, "whole", causes=[{**cause, "field": "spec.clusterIP"}]) == [
        'Service web/edge: spec.clusterIP: Invalid value: "10.0.0.9": field is immutable. '
        "The field is immutable: remove the object first, and run again."
    ]


def test_nothing_of_a_secret_is_said():
    cause = {"message": 'Invalid value: "sesame": must be base64', "field": "data[key]"}
    (found,) = said(422, "whole", "Secret", causes=[cause])
    assert "sesame" not in found and "Secret web/edge: data[key]: Invalid value: must be base64" in found
    (found,) = refusal_sentences([(Answer(400, "x", '"sesame" is wrong'), Identity("", "Secret", "web", "edge"))])
    assert found == "Secret web/edge is refused; the reason may contain its data and is not shown."


@pytest.mark.parametrize(
    ("code", "message", "remedy"),
    [
        (403, 'pods "x" is forbidden: exceeded quota: few, used: pods=1', "A policy of the cluster does not allow it"),
        (403, 'pods "x" is forbidden: violates PodSecurity "baseline:latest": x', "enforce=privileged"),
        (
            400,
            'admission webhook "policy.example.org" denied the request: no',
            "A policy of the cluster does not allow it",
        ),
        (404, 'namespaces "shop" not found', "Create it (kubectl create namespace shop), or name an existing one"),
        (409, "Operation cannot be fulfilled", "run again"),
        (503, "etcdserver: leader changed", "The API failed (503)"),
        (400, 'unknown field "spec.x"', "Correct the variable"),
    ],
)
def test_every_other_answer_has_a_remedy(code, message, remedy):
    (found,) = said(code, message)
    assert message in found and remedy in found


def test_an_api_that_is_not_there():
    text = "HTTPSConnectionPool(host='10.0.0.1', port=6443): Max retries exceeded with url: /version (Caused by x)"
    (found,) = refusal_sentences([(OSError(text), Identity("", "", "", ""))])
    assert found.startswith("The API at 10.0.0.1 port 6443 cannot be reached")
