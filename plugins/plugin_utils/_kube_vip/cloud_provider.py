# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kubernetes objects of kube-vip's cloud provider, which assigns each LoadBalancer Service an address from a pool.

The keys of the ConfigMap and the environment variables are those of kube-vip-cloud-provider's pkg/config and
pkg/provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.address_pools import GLOBAL, Pool, pools_of
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kube_vip.provider_services import CLASS_ONLY
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.bounds import dns_label
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.role_options import settings_of

ROLE = "kube_vip_cloud_provider"
VARIABLE = f"{ROLE}_pools"
NAME = "kube-vip-cloud-provider"
CONFIG_MAP = "kubevip"
RBAC = "rbac.authorization.k8s.io"

#: The provider's rights: group, resources, verbs. Those on events and service status are needed by its controller
#: library.
RIGHTS = (
    ("coordination.k8s.io", ["leases"], ["get", "list", "watch", "create", "update", "patch"]),
    ("", ["configmaps"], ["get", "list", "watch", "create"]),
    ("", ["events"], ["create", "patch", "update"]),
    ("", ["services"], ["get", "list", "watch", "update", "patch"]),
    ("", ["services/status"], ["update", "patch"]),
    ("", ["nodes"], ["get", "list", "watch"]),
)
CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")


def objects(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects in order of creation. Raises InputError with every problem in the settings."""
    given = settings_of(ROLE, given)
    problems: list[Problem] = []
    pools = pools_of(given["pools"], VARIABLE, problems)
    if not pools and not problems:
        problems.append(Problem(VARIABLE, None, "is empty: no service could get an address", "Declare a pool."))
    if given["replicas"] < 1:
        reason = "would stop the assignment of addresses"
        problems.append(Problem(f"{ROLE}_replicas", given["replicas"], reason, "Write 1 or more."))
    problems += dns_label(f"{ROLE}_namespace", given["namespace"])
    refuse(problems)
    namespace = given["namespace"]
    named = {"name": NAME, "labels": _labels()}
    account = {"kind": "ServiceAccount", "name": NAME, "namespace": namespace}
    role = {"apiGroup": RBAC, "kind": "ClusterRole", "name": f"system:{NAME}"}
    rules = [{"apiGroups": [group], "resources": list(what), "verbs": list(verbs)} for group, what, verbs in RIGHTS]
    whole = {**named, "name": role["name"]}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {**named, "namespace": namespace}},
        {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": whole, "rules": rules},
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": whole,
            "roleRef": role,
            "subjects": [account],
        },
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": CONFIG_MAP, "namespace": namespace, "labels": _labels()},
            "data": data(pools, given["search_order"], skip_ends=given["skip_end_ips"]),
        },
        _deployment(given),
    ]


def data(pools: Sequence[Pool], search_order: str, *, skip_ends: bool) -> dict[str, str]:
    """The data of the ConfigMap: strings only, with a key for each namespace and setting."""
    found: dict[str, str] = {}
    everybody = {f"interface-{pool.namespace}" for pool in pools if pool.interface}
    for pool in pools:
        kind = {"ranges": "range", "cidrs": "cidr"}[pool.by]
        found[f"{kind}-{pool.namespace}"] = ",".join(span.stated.replace(" ", "") for span in pool.spans)
        # A namespace without the setting would inherit the interface and the sharing of the global pool.
        if pool.interface or (pool.namespace != GLOBAL and "interface-global" in everybody):
            found[f"interface-{pool.namespace}"] = pool.interface
        if pool.share or pool.namespace != GLOBAL:
            found[f"allow-share-{pool.namespace}"] = str(pool.share).lower()
    if search_order == "descending":
        found["search-order"] = "desc"
    if skip_ends:
        found["skip-end-ips-in-cidr"] = "true"
    return found


def _labels() -> dict[str, str]:
    return {"app.kubernetes.io/name": NAME}


def _deployment(given: Mapping[str, Any]) -> dict[str, Any]:
    labels = _labels()
    environment = {"KUBEVIP_NAMESPACE": given["namespace"], "KUBEVIP_CONFIG_MAP": CONFIG_MAP}
    if given["load_balancer_class"]:
        environment[CLASS_ONLY] = "true"
    preferred = [
        {"weight": 10, "preference": {"matchExpressions": [{"key": key, "operator": "Exists"}]}}
        for key in CONTROL_PLANE
    ]
    container = {
        "name": NAME,
        "image": given["image"],
        "imagePullPolicy": "IfNotPresent",
        "command": [f"/{NAME}"],
        "args": [f"--leader-elect-resource-name={NAME}"],
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        "resources": dict(given["resources"]),
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    pod = {
        "serviceAccountName": NAME,
        "containers": [container],
        "tolerations": [{"key": key, "operator": "Exists", "effect": "NoSchedule"} for key in CONTROL_PLANE],
        "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": given["namespace"], "labels": labels},
        "spec": {
            "replicas": given["replicas"],
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
