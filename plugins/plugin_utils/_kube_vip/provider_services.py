# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that the cloud provider of kube-vip looks at no longer, and that would wait for it when deleted. Pure.

The provider (0.0.12, pkg/provider/loadbalancerclass.go and Kubernetes' cloud-provider library) puts its finalizer on a
Service before it gives an address, and its label and annotation only with one. A Service for which the pool had none
has the finalizer alone, one that names its address in ``spec.loadBalancerIP`` the finalizer and the annotation. The
finalizer is that of every cloud's provider.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import Object, reference

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
ANNOTATION = "kube-vip.io/loadbalancerIPs"
LABEL = ("implementation", "kube-vip")

#: The only class that the provider knows.
CLASS = "kube-vip.io/kube-vip-class"

#: The environment variable that tells it to look at services of its class, and at no others.
CLASS_ONLY = "KUBEVIP_ENABLE_LOADBALANCERCLASS"

#: What a provider looks at: services of its class only, or those without any class only. None where there is none.
BY_CLASS, WITHOUT_CLASS = "class", "without"


def mode_of(deployments: Iterable[Object]) -> str | None:
    """What the provider looks at, from its Deployment; None where there is none."""
    for each in deployments:
        containers = each["spec"]["template"]["spec"]["containers"]
        said = {(env["name"], env.get("value")) for container in containers for env in container.get("env") or ()}
        return BY_CLASS if (CLASS_ONLY, "true") in said else WITHOUT_CLASS
    return None


def released(services: Iterable[Object], before: str | None, after: str | None) -> list[dict[str, Any]]:
    """Merge patches that take the finalizer from services that were the provider's and are not looked at any more.

    ``before`` is what the provider looked at until now, ``after`` what it looks at from now on. ``metadata`` of a patch
    has the version that was read, so that nothing is written over what somebody else writes meanwhile.
    """
    return [_patch(each) for each in services if _provided(each, before) and not _looked_at(each, after)]


def farewell(patches: Iterable[Object], after: str | None) -> str:
    """What becomes of the services that the patches are for."""
    names = ", ".join(f"{each['metadata']['namespace']}/{each['metadata']['name']}" for each in patches)
    others = {BY_CLASS: f"without the class {CLASS}", WITHOUT_CLASS: "with a class", None: "at all"}[after]
    return (
        f"The provider no longer watches services {others}: {names}. They keep their address, get no other "
        "one, and can be deleted."
    )


def _provided(service: Object, before: str | None) -> bool:
    """Whether the finalizer is the provider's own and not that of another cloud."""
    metadata = service["metadata"]
    if FINALIZER not in (metadata.get("finalizers") or ()):
        return False
    if LABEL in (metadata.get("labels") or {}).items() or ANNOTATION in (metadata.get("annotations") or {}):
        return True
    if ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress"):
        # An address that kube-vip's provider has given stands in the annotation.
        return False
    if before is not None:
        return _looked_at(service, before)
    # Nothing is known of the provider that was, but it knew one class only.
    return (service.get("spec") or {}).get("loadBalancerClass") in (None, CLASS)


def _looked_at(service: Object, mode: str | None) -> bool:
    stated = (service.get("spec") or {}).get("loadBalancerClass")
    if mode == BY_CLASS:
        return bool(stated == CLASS and service["spec"].get("type") == "LoadBalancer")
    return mode == WITHOUT_CLASS and stated is None


def _patch(service: Object) -> dict[str, Any]:
    metadata: Mapping[str, Any] = service["metadata"]
    which = reference({"apiVersion": "v1", "kind": "Service", **service})
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "namespace": which["namespace"],
            "name": which["name"],
            "resourceVersion": metadata["resourceVersion"],
            "finalizers": [each for each in metadata["finalizers"] if each != FINALIZER],
        },
    }
