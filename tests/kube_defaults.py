# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real API server fills in and writes otherwise, for the stand-in of it, as `kubectl get` of 1.36 shows objects:
defaults, quantities in one spelling, and nothing where a list or a map is empty."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from decimal import Decimal
from ipaddress import ip_address
from typing import Any

Object = dict[str, Any]
GENERATION = "deprecated.daemonset.template.generation"
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
SOURCES = {
    "secret": {"defaultMode": 420},
    "configMap": {"defaultMode": 420},
    "hostPath": {"type": ""},
    "projected": {"defaultMode": 420},
}
#: What stands there though it is empty.
EMPTY = ("emptyDir", "securityContext", "resources", "loadBalancer", "status", "hostPath.type", "data", "spec")
_QUANTITY = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>[KMGTPE]i|[numkMGTPE]?)")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


def defaulted(each: Object) -> Object:
    """The object as it is kept."""
    made: Object = _without_empty(copy.deepcopy(each))
    metadata = made["metadata"]
    fill = _KINDS.get(made["kind"])
    if fill:
        fill(made)
    if made["kind"] == "DaemonSet":
        notes = metadata.setdefault("annotations", {})
        notes[GENERATION] = str(metadata.get("generation", 1))
    return made


def _without_empty(value: Any, name: str = "") -> Any:
    """Fields that are empty are not kept, unless the API's type has them so."""
    if isinstance(value, dict):
        kept = {key: _without_empty(inner, key) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in ({}, [], None) or key in EMPTY}
    return [_without_empty(inner) for inner in value] if isinstance(value, list) else value


def _fill(each: Object, **defaults: Any) -> None:
    for name, value in defaults.items():
        each.setdefault(name, copy.deepcopy(value))


def _pod(pod: Object) -> None:
    _fill(
        pod,
        restartPolicy="Always",
        dnsPolicy="ClusterFirst",
        schedulerName="default-scheduler",
        securityContext={},
        terminationGracePeriodSeconds=30,
    )
    if "serviceAccountName" in pod:
        pod["serviceAccount"] = pod["serviceAccountName"]
    for container in [*pod.get("initContainers", ()), *pod["containers"]]:
        _container(container, bool(pod.get("hostNetwork")))
    for volume in pod.get("volumes", ()):
        for source, defaults in SOURCES.items():
            if source in volume:
                _fill(volume[source], **defaults)


def _container(container: Object, host_network: bool) -> None:
    image = container["image"].rpartition("/")[2]
    always = ":" not in image or image.endswith(":latest")
    _fill(
        container,
        imagePullPolicy="Always" if always else "IfNotPresent",
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
        resources={},
    )
    for port in container.get("ports", ()):
        _fill(port, protocol="TCP", **({"hostPort": port["containerPort"]} if host_network else {}))
    for probe in PROBES:
        if probe in container:
            _fill(container[probe], **PROBE)
            if "httpGet" in container[probe]:
                _fill(container[probe]["httpGet"], scheme="HTTP", path="/")
    for entry in container.get("env", ()):
        if "fieldRef" in entry.get("valueFrom", {}):
            _fill(entry["valueFrom"]["fieldRef"], apiVersion="v1")
    for kind in container["resources"].values():
        for name in kind if isinstance(kind, dict) else ():
            kind[name] = quantity(kind[name])
    limits = container["resources"].get("limits", {})
    if limits:
        container["resources"]["requests"] = {**limits, **container["resources"].get("requests", {})}


def quantity(text: Any) -> str:
    """As the API writes it: the biggest unit without a fraction."""
    found = _QUANTITY.fullmatch(str(text))
    assert found, f"{text!r} is not a quantity"
    number, unit = Decimal(found["number"]), found["unit"]
    if unit in _BINARY[1:]:
        power = _BINARY.index(unit)
        while number % 1024 == 0 and power < 6:
            number, power = number / 1024, power + 1
        return (
            f"{number:f}".rstrip("0").rstrip(".") + _BINARY[power] if number % 1 else f"{int(number)}{_BINARY[power]}"
        )
    exact = number.scaleb(_DECIMAL[unit])
    for name, power in sorted(_DECIMAL.items(), key=lambda item: -item[1]):
        scaled = exact.scaleb(-power)
        if scaled == scaled.to_integral_value():
            return f"{int(scaled)}{name}"
    return str(text)


def _daemon_set(each: Object) -> None:
    spec = each["spec"]
    _fill(spec, revisionHistoryLimit=10, updateStrategy={"type": "RollingUpdate"})
    if spec["updateStrategy"].setdefault("type", "RollingUpdate") == "RollingUpdate":
        _fill(spec["updateStrategy"], rollingUpdate={})
        _fill(spec["updateStrategy"]["rollingUpdate"], maxUnavailable=1, maxSurge=0)
    _pod(spec["template"]["spec"])


def _deployment(each: Object) -> None:
    spec = each["spec"]
    _fill(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600, strategy={"type": "RollingUpdate"})
    if spec["strategy"]["type"] == "RollingUpdate":
        _fill(spec["strategy"], rollingUpdate={"maxUnavailable": "25%", "maxSurge": "25%"})
    _pod(spec["template"]["spec"])


def _service(each: Object) -> None:
    spec = each.setdefault("spec", {})
    _fill(spec, type="ClusterIP", sessionAffinity="None", internalTrafficPolicy="Cluster")
    _fill(spec, clusterIP=_cluster_ip(each["metadata"]))
    _fill(spec, clusterIPs=[spec["clusterIP"]], ipFamilyPolicy="SingleStack", ipFamilies=["IPv4"])
    outside = spec["type"] in ("LoadBalancer", "NodePort")
    for index, port in enumerate(spec.get("ports", ())):
        _fill(port, protocol="TCP", targetPort=port["port"])
        if outside:
            _fill(port, nodePort=30000 + (hash(each["metadata"].get("uid", "")) + index) % 2768)
    if outside:
        _fill(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        _fill(spec, allocateLoadBalancerNodePorts=True)
    each.setdefault("status", {"loadBalancer": {}})


def _cluster_ip(metadata: Object) -> str:
    number = int(re.sub(r"\D", "", metadata.get("uid", "")) or 1)
    return str(ip_address("10.96.0.0") + number)


def _namespace(each: Object) -> None:
    each["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = each["metadata"]["name"]
    _fill(each, spec={"finalizers": ["kubernetes"]}, status={"phase": "Active"})


def _binding(each: Object) -> None:
    for subject in each.get("subjects", ()):
        if subject["kind"] == "User":
            _fill(subject, apiGroup="rbac.authorization.k8s.io")


_KINDS: dict[str, Callable[[Object], None]] = {
    "DaemonSet": _daemon_set,
    "Deployment": _deployment,
    "Service": _service,
    "Namespace": _namespace,
    "ClusterRoleBinding": _binding,
    "Secret": lambda each: _fill(each, type="Opaque"),
    "Ingress": lambda each: _fill(each, status={"loadBalancer": {}}),
}
