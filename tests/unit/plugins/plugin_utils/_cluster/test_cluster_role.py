# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ClusterRole for the kubeconfig has every right that the roles need and give away."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.k8s_edge.ha.plugins.filter.kube_keepalived_vip_objects import kube_keepalived_vip_objects
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_cloud_provider_objects import (
    kube_vip_cloud_provider_objects,
)
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_objects import kube_vip_objects
from ansible_collections.k8s_edge.ha.plugins.filter.traefik_objects import traefik_objects

from ...filter.kubernetes_sets import kube_vip, provider
from ...filter.test_kube_keepalived_vip_objects import settings as kube_keepalived_vip
from ...filter.traefik_settings import settings as traefik

FILE = Path(__file__).resolve().parents[5] / "roles" / "kubernetes_objects" / "files" / "cluster_role.yml"
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "middlewares.traefik.io"},
    "spec": {
        "group": "traefik.io",
        "names": {"kind": "Middleware", "plural": "middlewares"},
        "scope": "Namespaced",
        "versions": [{"name": "v1alpha1", "served": True, "storage": True}],
    },
}


def rights(roles):
    return {
        (group, resource, verb)
        for role in roles
        if role["kind"] in ("ClusterRole", "Role")
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


PARTS = {
    "kube_vip": kube_vip_objects(kube_vip()),
    "kube_vip_cloud_provider": kube_vip_cloud_provider_objects(provider(load_balancer_class=True)),
    "kube_keepalived_vip": kube_keepalived_vip_objects(kube_keepalived_vip()),
    "traefik": traefik_objects(traefik()),
}
WITH_CRDS = traefik_objects(traefik(crds=[CRD]))
ROLES = FILE.parents[2]
RBAC = "rbac.authorization.k8s.io/v1"
#: The most that a part asks before it applies its objects: what else in the cluster could be in its way.
ASKED_BEFORE = {"kube_vip": 4, "kube_vip_cloud_provider": 4, "kube_keepalived_vip": 3, "traefik": 3}


@pytest.mark.parametrize("made", [*PARTS.values(), WITH_CRDS], ids=[*PARTS, "traefik, custom resources"])
def test_what_a_role_gives_the_kubeconfig_has(made):
    lacking = rights(made) - rights([yaml.safe_load(FILE.read_text())])
    assert sorted(lacking) == []


def test_what_is_applied_can_be_read_made_changed_and_removed():
    held = rights([yaml.safe_load(FILE.read_text())])
    plurals = {"IngressClass": "ingressclasses", "Ingress": "ingresses"}
    for each in (each for made in (*PARTS.values(), WITH_CRDS) for each in made):
        resource = plurals.get(each["kind"], each["kind"].lower() + "s")
        for verb in ("get", "list", "create", "patch", "delete"):
            assert (each["apiVersion"].rpartition("/")[0], resource, verb) in held


@pytest.mark.parametrize("part", PARTS)
def test_they_are_enough_and_a_second_run_asks_little(run, part):
    """The rest of what a part asks, before its objects are applied, is counted by molecule/kubernetes."""
    kinds = yaml.safe_load((ROLES / part / "vars" / "main.yml").read_text())[f"__{part}_kinds"]
    run.cluster.create((RBAC, "clusterroles", "", "k8s-edge"), yaml.safe_load(FILE.read_text()), dry=False)
    binding = {
        "metadata": {"name": "k8s-edge"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "k8s-edge"},
        "subjects": [{"kind": "User", "name": "operator"}],
    }
    run.cluster.create((RBAC, "clusterrolebindings", "", "k8s-edge"), binding, dry=False)
    run.user = "operator"
    asked = {"owner": part, "kinds": kinds}
    assert run(*PARTS[part], **asked, check=True) != []
    assert len(run(*PARTS[part], **asked)) == len(PARTS[part])
    assert run(*PARTS[part], **asked) == []
    assert len(run.cluster.log) <= 12 - ASKED_BEFORE[part], run.cluster.log
    assert len(run(**asked, state="absent")) == len(PARTS[part])
