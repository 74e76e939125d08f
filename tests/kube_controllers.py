# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who else writes in a cluster, for the stand-in of its API: the cloud provider of kube-vip, and kube-vip's services.

Each does at once what the real one does sooner or later, as its workload in the cluster tells it. The provider 0.0.12
puts its finalizer on a Service before it looks for an address, and its label only with one; it looks at Services of its
class only, or at those without a class only. kube-vip 1.2.3 holds the addresses of Services in the namespace that it
watches, or in all.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import Any

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
ADDRESSES = "kube-vip.io/loadbalancerIPs"
INTERFACE = "kube-vip.io/serviceInterface"
CLASS = "kube-vip.io/kube-vip-class"

Object = dict[str, Any]


def work(objects: dict[Any, Object]) -> list[tuple[Any, Object]]:
    """What they make of the Services: each that changes, with its key. An object without finalizers that was deleted is
    changed to nothing."""
    changed = []
    for key, service in list(objects.items()):
        if key[:2] == ("v1", "services"):
            made = _copy(service)
            for settings in _running(objects, "kube-vip-cloud-provider"):
                _provide(made, settings, objects)
            for settings in _running(objects, "kube-vip"):
                _hold(made, settings)
            if made != service:
                changed.append((key, made))
                objects[key] = made
    return changed


def _copy(each: Object) -> Object:
    return {**each, "metadata": dict(each["metadata"]), "spec": dict(each.get("spec") or {})}


def _running(objects: dict[Any, Object], program: str) -> Iterator[dict[str, str]]:
    """The environment of each container of a workload whose image is that program."""
    for (version, _plural, _namespace, _name), each in objects.items():
        if version == "apps/v1":
            for container in each["spec"]["template"]["spec"]["containers"]:
                if container["image"].rpartition("/")[2].partition(":")[0] == program:
                    yield {env["name"]: env.get("value", "") for env in container.get("env", ())}


def _provide(service: Object, settings: dict[str, str], objects: dict[Any, Object]) -> None:
    metadata, spec = service["metadata"], service["spec"]
    wanted = CLASS if settings.get("KUBEVIP_ENABLE_LOADBALANCERCLASS") == "true" else None
    if spec.get("loadBalancerClass") != wanted:
        return
    finalizers = [each for each in metadata.get("finalizers", ()) if each != FINALIZER]
    if spec.get("type") != "LoadBalancer" or "deletionTimestamp" in metadata:
        if finalizers != metadata.get("finalizers", []):
            metadata["finalizers"] = finalizers
        return
    metadata["finalizers"] = [*finalizers, FINALIZER]
    annotations = dict(metadata.get("annotations") or {})
    if spec.get("loadBalancerIP"):
        metadata["annotations"] = {ADDRESSES: spec["loadBalancerIP"], **annotations}
        return
    if not annotations.get(ADDRESSES):
        key = ("v1", "configmaps", settings["KUBEVIP_NAMESPACE"], settings["KUBEVIP_CONFIG_MAP"])
        data = objects.get(key, {}).get("data", {})
        address = next(_free(data, metadata["namespace"], objects), None)
        if address is None:
            return
        annotations[ADDRESSES] = spec["loadBalancerIP"] = address
        interface = _of(data, "interface", metadata["namespace"])
        if interface:
            annotations[INTERFACE] = interface
    metadata["annotations"] = annotations
    metadata["labels"] = {**(metadata.get("labels") or {}), "implementation": "kube-vip"}


def _of(data: dict[str, str], kind: str, namespace: str) -> str | None:
    return data.get(f"{kind}-{namespace}", data.get(f"{kind}-global"))


def _free(data: dict[str, str], namespace: str, objects: dict[Any, Object]) -> Iterator[str]:
    """Addresses of the pool that no Service with the label has; networks come before ranges."""
    everybody = f"cidr-{namespace}" not in data and f"range-{namespace}" not in data
    used = {
        address
        for key, each in objects.items()
        if key[:2] == ("v1", "services") and (everybody or key[2] == namespace)
        if (each["metadata"].get("labels") or {}).get("implementation") == "kube-vip"
        for address in (each["metadata"].get("annotations") or {}).get(ADDRESSES, "").split(",")
    }
    for text in (_of(data, "cidr", namespace) or "").split(",") if _of(data, "cidr", namespace) else ():
        yield from (str(each) for each in ip_network(text) if str(each) not in used)
    for text in (_of(data, "range", namespace) or "").split(",") if not _of(data, "cidr", namespace) else ():
        first, dash, last = text.partition("-")
        address = ip_address(first) if dash else None
        while address is not None and address <= ip_address(last):
            if str(address) not in used:
                yield str(address)
            address += 1


def _hold(service: Object, settings: dict[str, str]) -> None:
    """kube-vip says in the status which addresses it holds, and takes that back when it does not any more."""
    metadata, spec = service["metadata"], service["spec"]
    if settings.get("svc_enable") != "true" or spec.get("type") != "LoadBalancer":
        return
    stated, name = spec.get("loadBalancerClass"), settings.get("lb_class_name", CLASS)
    ignored = stated not in (None, name) or (stated is None and settings.get("lb_class_only") == "true")
    if ignored or metadata["namespace"] != settings.get("svc_namespace", metadata["namespace"]):
        return
    addresses = (metadata.get("annotations") or {}).get(ADDRESSES) or spec.get("loadBalancerIP") or ""
    if addresses:
        service["status"] = {"loadBalancer": {"ingress": [{"ip": each} for each in addresses.split(",")]}}
