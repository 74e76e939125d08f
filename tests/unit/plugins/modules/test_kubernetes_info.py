# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubernetes_info: what is found for each query, in order, and what one refusal means for the others."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._kubernetes import read as kubernetes_read

PACKAGE = "ansible_collections.kubernetes.core.plugins.module_utils.k8s"
NODE = {"kind": "Node", "api_version": "v1", "name": None, "namespace": "", "label_selectors": []}
SECRET = {**NODE, "kind": "Secret", "namespace": "web"}


class Service:
    """In place of that of kubernetes.core."""

    def __init__(self, client, module):
        self.client = client

    def find(self, *, kind, api_version, hidden_fields, **which):
        if kind == "Secret":
            raise RuntimeError("403 Forbidden")
        return {
            "resources": [{"kind": kind, "by": self.client, "asked": which, "hidden": hidden_fields}],
            "api_found": True,
        }


@pytest.fixture(autouse=True)
def _kubernetes_core(monkeypatch):
    def requires(package):
        if package in missing:
            raise RuntimeError(f"no {package}")

    missing: list[str] = []
    given = {
        "client": {"get_api_client": lambda **access: access},
        "core": {"requires": requires},
        "service": {"K8sService": Service},
    }
    for name, members in given.items():
        module = ModuleType(f"{PACKAGE}.{name}")
        module.__dict__.update(members)
        monkeypatch.setitem(sys.modules, f"{PACKAGE}.{name}", module)
    yield missing


def read(*queries, **options):
    access = dict.fromkeys(kubernetes_read.ACCESS)
    params = {**access, "queries": list(queries), "hidden_fields": ["status"], **options}
    return kubernetes_read.read(params, None, False)


def test_what_is_empty_is_not_asked_for_and_access_is_as_given():
    (found,) = read(NODE, context="edge")["results"]
    assert found["item"] == NODE and found["api_found"]
    assert found["resources"] == [{"kind": "Node", "by": {"context": "edge"}, "asked": {}, "hidden": ["status"]}]


def test_one_that_is_refused_keeps_none_of_the_others_from_being_read():
    with pytest.raises(EdgeError, match="403 Forbidden") as told:
        read(SECRET, NODE)
    refused, found = told.value.facts["results"]
    assert refused == {"item": SECRET, "msg": "403 Forbidden"}
    assert found["resources"][0]["kind"] == "Node"


def test_a_client_that_cannot_be_made_is_told(_kubernetes_core):
    _kubernetes_core.append("kubernetes")
    with pytest.raises(EdgeError, match="no kubernetes"):
        read(NODE)
