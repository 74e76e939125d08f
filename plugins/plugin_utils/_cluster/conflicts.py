# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workloads in the cluster that conflict with kube-vip or kube-keepalived-vip: kube-proxy's settings, and other
installations of kube-vip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

import yaml
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import Object, identity, owner_of

OWNER = "kube-vip"
YES = ("true", "1", "t")


def conflicts(found: Sequence[Object], planes: Mapping[str, Any]) -> list[Problem]:
    """The conflicts, judged by kube-proxy's ConfigMap, the DaemonSets and the pods of the cluster (``found``).

    ``planes`` has either ``control_plane``, ``services`` and ``mode``, as in the variables of role kube_vip, or
    ``kube_keepalived_vip``, true if kube-keepalived-vip is to run."""
    problems: list[Problem] = []
    for each in found:
        if each["kind"] == "ConfigMap" and each["metadata"]["name"] == "kube-proxy":
            problems += _proxy(each, planes)
        if each["kind"] == "DaemonSet" and owner_of(each) != OWNER:
            problems += _another(each, each["spec"]["template"]["spec"], planes)
        if each["kind"] == "Pod" and _static(each):
            problems += _another(each, each["spec"], planes)
    return problems


def _proxy(each: Object, planes: Mapping[str, Any]) -> Iterator[Problem]:
    settings = yaml.safe_load((each.get("data") or {}).get("config.conf") or "") or {}
    if settings.get("mode") != "ipvs":
        return
    if planes.get("kube_keepalived_vip"):
        reason = (
            "has its services in the node's one IPVS table, which kube-keepalived-vip empties whenever a pod of it "
            "starts, and from which kube-proxy removes those of kube-keepalived-vip"
        )
        remedy = "Run kube-proxy in mode iptables or nftables, or take kube-vip instead."
        yield Problem("ConfigMap kube-system/kube-proxy mode", "ipvs", reason, remedy)
        return
    ipvs = settings.get("ipvs") or {}
    path = "ConfigMap kube-system/kube-proxy ipvs"
    if planes.get("mode", "arp") == "arp" and not ipvs.get("strictARP"):
        reason = "is not true: with IPVS every node answers ARP for the addresses of services, also those without them"
        yield Problem(f"{path}.strictARP", ipvs.get("strictARP"), reason, "Set it to true and restart kube-proxy.")
    control_plane = planes.get("control_plane") or {}
    spared = [ip_network(each) for each in ipvs.get("excludeCIDRs") or ()]
    for address in (control_plane.get("addresses") or ()) if control_plane.get("load_balancer") else ():
        if not any(ip_address(str(address)) in network for network in spared):
            reason = f"does not contain {address}: kube-proxy deletes kube-vip's virtual server again and again"
            remedy = "Add it and restart kube-proxy, or set load_balancer to false."
            yield Problem(f"{path}.excludeCIDRs", ipvs.get("excludeCIDRs"), reason, remedy)


def _static(pod: Object) -> bool:
    """Whether it is a static pod, which a kubelet runs by itself and the API only mirrors."""
    return any(owner.get("kind") == "Node" for owner in pod["metadata"].get("ownerReferences") or ())


def _another(each: Object, pod: Mapping[str, Any], planes: Mapping[str, Any]) -> Iterator[Problem]:
    which = identity(each)
    control_plane = planes.get("control_plane") or {}
    static = control_plane.get("static_pod")
    for container in pod.get("containers") or ():
        image = str(container.get("image") or "").partition("@")[0].rpartition("/")[2].partition(":")[0]
        if image not in ("kube-vip", "kube-vip-iptables"):
            continue
        environment = {entry["name"]: str(entry.get("value") or "") for entry in container.get("env") or ()}
        theirs = set((environment.get("address") or environment.get("vip_address") or "").split(","))
        # Our static pods have no owner label; they are recognized by their declared settings.
        ours = set() if static else {str(address) for address in control_plane.get("addresses") or ()}
        remedy = "Remove it first; until then two programs hold the address, or none does."
        if environment.get("cp_enable", "").lower() in YES and theirs & ours:
            reason = f"holds {', '.join(sorted(theirs & ours))} already, and was not created by this role"
            yield Problem(str(which), None, reason, remedy)
        if environment.get("svc_enable", "").lower() in YES and planes.get("services"):
            reason = "holds the addresses of services already, and was not created by this role"
            yield Problem(str(which), None, reason, remedy)
