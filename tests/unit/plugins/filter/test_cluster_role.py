# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ClusterRole for the kubeconfig has every right that the roles give away: nobody gives what he has not."""

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

from .kubernetes_sets import kube_vip, provider
from .test_kube_keepalived_vip_objects import settings as kube_keepalived_vip
from .traefik_settings import settings as traefik

FILE = Path(__file__).resolve().parents[4] / "roles" / "kubernetes_objects" / "files" / "cluster_role.yml"
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


@pytest.mark.parametrize(
    "made",
    [
        kube_vip_objects(kube_vip()),
        kube_vip_cloud_provider_objects(provider(load_balancer_class=True)),
        kube_keepalived_vip_objects(kube_keepalived_vip()),
        traefik_objects(traefik()),
        traefik_objects(traefik(crds=[CRD])),
    ],
    ids=["kube_vip", "kube_vip_cloud_provider", "kube_keepalived_vip", "traefik", "traefik, custom resources"],
)
def test_what_a_role_gives_the_kubeconfig_has(made):
    lacking = rights(made) - rights([yaml.safe_load(FILE.read_text())])
    assert sorted(lacking) == []


def test_what_is_applied_can_be_read_made_changed_and_removed():
    held = rights([yaml.safe_load(FILE.read_text())])
    plurals = {"IngressClass": "ingressclasses", "Ingress": "ingresses"}
    sets = (
        kube_vip_objects(kube_vip()),
        kube_vip_cloud_provider_objects(provider()),
        kube_keepalived_vip_objects(kube_keepalived_vip()),
        traefik_objects(traefik(crds=[CRD])),
    )
    for each in (each for made in sets for each in made):
        resource = plurals.get(each["kind"], each["kind"].lower() + "s")
        for verb in ("get", "list", "create", "patch", "delete"):
            assert (each["apiVersion"].rpartition("/")[0], resource, verb) in held
