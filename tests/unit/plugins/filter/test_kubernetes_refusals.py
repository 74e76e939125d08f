# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API refuses is said in words, whatever wrapping kubernetes.core 6.2 puts around it."""

from __future__ import annotations

import json

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.kubernetes_refusals import kubernetes_refusals
from kube_api import Refused


def status(code, reason, message, **details):
    return json.dumps(Refused(code, reason, message, **details).status)


def lookup(body):
    """As k8s_info wraps it."""
    return {
        "msg": "Exception '403\nReason: Forbidden\nHTTP response headers: HTTPHeaderDict({'Server': 'x'})\n"
        f'HTTP response body: {body}\nOriginal traceback: \n  File "x.py", line 1\n\' raised while trying to get '
        "resource using (name=None, namespace=None, label_selectors=[], field_selectors=[])"
    }


def patched(body, verb="patch"):
    """As k8s wraps it."""
    return {"msg": f"Failed to {verb} object: {(body + chr(10)).encode()!r}", "reason": "Unprocessable Entity"}


FORBIDDEN = 'secrets is forbidden: User "system:serviceaccount:ci:edge" cannot list resource "secrets" in API group ""'


@pytest.mark.parametrize("wrap", [lookup, patched])
@pytest.mark.parametrize(
    ("where", "said"),
    [('in the namespace "traefik"', "in namespace traefik"), ("at the cluster scope", "in the whole cluster")],
)
def test_a_missing_right_is_named_and_where_all_of_them_are(wrap, where, said):
    told = kubernetes_refusals(wrap(status(403, "Forbidden", f"{FORBIDDEN} {where}", kind="secrets")))
    assert told[0] == f"User system:serviceaccount:ci:edge may not list secrets {said} (403 Forbidden)."
    assert "roles/kubernetes_objects/files/cluster_role.yml" in told[1] and len(told) == 2


def test_words_of_the_api_are_no_missing_right():
    """Roles and Services say so of fields that cannot be changed."""
    message = "Invalid value: field may not change once set; the object does not have itself as owner"
    causes = [{"field": "spec.clusterIPs", "message": message}]
    (told,) = kubernetes_refusals(patched(status(422, "Invalid", message, kind="Service", name="a", causes=causes)))
    assert told.startswith("Service a: spec.clusterIPs: ")


def test_rights_that_would_be_given_away_are_named():
    message = (
        'clusterroles.rbac.authorization.k8s.io "traefik" is forbidden: user "edge" (groups=["a"]) is '
        "attempting to grant RBAC permissions not currently held:\n"
        '{APIGroups:[""], Resources:["secrets"], Verbs:["watch"]}'
    )
    first, last = kubernetes_refusals(patched(status(403, "Forbidden", message, kind="clusterroles", name="traefik")))
    assert first == (
        "clusterroles traefik: user edge would give rights that it does not have itself (403 Forbidden): "
        '{APIGroups:[""], Resources:["secrets"], Verbs:["watch"]}.'
    )
    assert "cluster_role.yml" in last


def test_nobodys_token():
    told = kubernetes_refusals(patched(status(401, "Unauthorized", "Unauthorized")))
    assert told == kubernetes_refusals({"msg": "Module failed: 401\nReason: Unauthorized\nHTTP response headers: x"})
    assert "401 Unauthorized" in told[0] and "k8s_edge_kubeconfig" in told[0] and len(told) == 1


def test_a_module_that_crashed_is_no_answer():
    (told,) = kubernetes_refusals({"failed_when_suppressed_exception": "(traceback unavailable)", "changed": False})
    assert "401 Unauthorized" in told and "k8s_edge_kubeconfig" in told


def test_a_field_that_lasts():
    cause = {"reason": "FieldValueInvalid", "message": 'Invalid value: "10.0.0.9": field is immutable'}
    body = status(
        422, "Invalid", "whole", kind="Service", name="traefik", causes=[{**cause, "field": "spec.clusterIP"}]
    )
    assert kubernetes_refusals(patched(body)) == [
        'Service traefik: spec.clusterIP: Invalid value: "10.0.0.9": field is immutable. '
        "The API lets nobody change it: remove the object first, and run again."
    ]


def test_nothing_of_a_secret_is_said():
    cause = {"message": 'Invalid value: "sesame": must be base64', "field": "data[key]"}
    body = status(422, "Invalid", "whole", kind="Secret", name="bgp", causes=[cause])
    (told,) = kubernetes_refusals({"results": [{**patched(body), "item": {"secret": True}}]})
    assert "sesame" not in told and "Secret bgp: data[key]: Invalid value: must be base64" in told


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        (403, 'pods "x" is forbidden: exceeded quota: few, used: pods=1', "The cluster's own rules do not allow it"),
        (
            400,
            'admission webhook "policy.example.org" denied the request: no',
            "The cluster's own rules do not allow it",
        ),
        (409, "Operation cannot be fulfilled", "run again"),
        (503, "etcdserver: leader changed", "The API is in trouble (503)"),
        (400, 'unknown field "spec.x"', "Correct the variable"),
    ],
)
def test_every_other_answer_has_a_remedy(code, message, said):
    (told,) = kubernetes_refusals(patched(status(code, "x", message, kind="Service", name="web")))
    assert message in told and said in told


def test_an_api_that_is_not_there():
    text = "HTTPSConnectionPool(host='10.0.0.1', port=6443): Max retries exceeded with url: /version (Caused by x)"
    (told,) = kubernetes_refusals({"msg": text})
    assert told.startswith("The API at 10.0.0.1 port 6443 cannot be reached")


@pytest.mark.parametrize(
    "answer",
    [{"resources": [], "api_found": False, "msg": "Failed to find API"}, {"result": {}}, {"results": []}],
)
def test_an_answer_is_no_refusal(answer):
    assert kubernetes_refusals(answer) == []
