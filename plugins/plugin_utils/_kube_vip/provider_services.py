# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that kube-vip's cloud provider no longer watches, and whose deletion would wait for it. Pure.

The provider (0.0.12, pkg/provider/loadbalancerclass.go and Kubernetes' cloud-provider library) sets its finalizer on a
Service before it assigns an address, and its label and annotation together with the address. So a Service that got no
address from the pool has only the finalizer, and one with ``spec.loadBalancerIP`` has only finalizer and annotation.
All cloud providers use the same finalizer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import Object, reference

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
ANNOTATION = "kube-vip.io/loadbalancerIPs"
LABEL = ("implementation", "kube-vip")

#: The only loadBalancerClass that the provider supports.
CLASS = "kube-vip.io/kube-vip-class"

#: The environment variable that makes it watch only Services of its class.
CLASS_ONLY = "KUBEVIP_ENABLE_LOADBALANCERCLASS"

#: What a provider watches: only Services of its class, or only those without a class. None: there is no provider.
BY_CLASS, WITHOUT_CLASS = "class", "without"


def mode_of(deployments: Iterable[Object]) -> str | None:
    """What the provider watches, from its Deployment; None if there is none."""
    for each in deployments:
        containers = each["spec"]["template"]["spec"]["containers"]
        environment = {
            (env["name"], env.get("value")) for container in containers for env in container.get("env") or ()
        }
        return BY_CLASS if (CLASS_ONLY, "true") in environment else WITHOUT_CLASS
    return None


def released(services: Iterable[Object], before: str | None, after: str | None) -> list[dict[str, Any]]:
    """Merge patches that remove the finalizer from Services of the provider that it no longer watches.

    ``before``: what the provider watched so far; ``after``: what it watches from now on. Each patch has the
    resourceVersion that was read, so the API refuses it if the Service has changed since."""
    return [_patch(each) for each in services if _provided(each, before) and not _looked_at(each, after)]


def release_message(patches: Iterable[Object], after: str | None) -> str:
    """A message on what happens to the patched Services."""
    names = ", ".join(f"{each['metadata']['namespace']}/{each['metadata']['name']}" for each in patches)
    others = {BY_CLASS: f"without the class {CLASS}", WITHOUT_CLASS: "with a class", None: "at all"}[after]
    return (
        f"The provider no longer watches services {others}: {names}. They keep their address, get no other "
        "one, and can be deleted."
    )


def _provided(service: Object, before: str | None) -> bool:
    """Whether the finalizer is this provider's, not another cloud provider's."""
    metadata = service["metadata"]
    if FINALIZER not in (metadata.get("finalizers") or ()):
        return False
    if LABEL in (metadata.get("labels") or {}).items() or ANNOTATION in (metadata.get("annotations") or {}):
        return True
    if ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress"):
        # An address assigned by kube-vip's provider would be in the annotation.
        return False
    if before is not None:
        return _looked_at(service, before)
    # Nothing is known of the former provider, except that it supported only one class.
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
