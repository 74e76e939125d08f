# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Problems in Kubernetes objects that no schema detects: the API server refuses or ignores them, or a roll-out
deadlocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster import values
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import (
    CLUSTER_WIDE,
    WORKLOADS,
    Object,
    identity,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.bounds import LABEL_KEY, LABEL_VALUE

DATA_KEY = re.compile(r"[-._A-Za-z0-9]{1,253}")

#: Maps of strings, wherever they occur. The API refuses a boolean or a number in them with status 400.
TEXT_MAPS = ("labels", "matchLabels", "annotations", "nodeSelector")


def checked_objects(objects: Sequence[Object]) -> Sequence[Object]:
    """Return ``objects`` unchanged. Raises InputError with every problem in them."""
    refuse(list(problems(objects)))
    return objects


def problems(objects: Sequence[Object]) -> Iterator[Problem]:
    """Every problem in ``objects``."""
    known = set()
    for index, each in enumerate(objects):
        if not isinstance(each, Mapping) or not all(each.get(key) for key in ("apiVersion", "kind", "metadata")):
            remedy = "Write apiVersion, kind and metadata with a name."
            yield Problem(f"objects[{index}]", None, "is not a Kubernetes object", remedy)
            continue
        which = identity(each)
        if which in known:
            yield Problem(str(which), None, "is declared twice: the second would replace the first", "Declare it once.")
        known.add(which)
        yield from _identified(each)
        yield from _texts(str(which), each)
        if which.kind in ("ConfigMap", "Secret"):
            yield from _data(each)
        if which.kind in WORKLOADS:
            yield from _workload(each)
        if which.kind in ("Pod", *WORKLOADS):
            yield from _pod(each)
        if which.kind == "Ingress":
            yield from _ingress(each)
            yield from values.ingress(each)
        if which.kind == "Service":
            yield from values.service(each)


def _identified(each: Object) -> Iterator[Problem]:
    which = identity(each)
    yield from values.named(each)
    if which.kind in CLUSTER_WIDE and which.namespace:
        remedy = "Leave metadata.namespace out."
        yield Problem(f"{which} metadata.namespace", which.namespace, "is ignored: the kind has no namespace", remedy)
    if _builtin(which.group) and which.kind not in CLUSTER_WIDE and not which.namespace:
        remedy = "Name the namespace."
        yield Problem(f"{which} metadata.namespace", None, "is missing: the object would be created in default", remedy)


def _builtin(group: str) -> bool:
    return "." not in group or group.endswith(".k8s.io")


def _texts(path: str, value: Any, key: str = "") -> Iterator[Problem]:
    """Problems in maps of strings and in labels, at any depth."""
    if isinstance(value, Mapping):
        if key in TEXT_MAPS:
            yield from _text_map(path, value, label=key != "annotations")
            return
        for name, inner in value.items():
            yield from _texts(f"{path}{' ' if not key and '.' not in path else '.'}{name}", inner, str(name))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, inner in enumerate(value):
            yield from _texts(f"{path}[{index}]", inner, "[]")


def _text_map(path: str, value: Mapping[str, Any], *, label: bool) -> Iterator[Problem]:
    for name, text in value.items():
        if not LABEL_KEY.fullmatch(str(name)):
            remedy = "Use letters, digits, '-', '_' and '.', with a DNS name and '/' before them at most."
            yield Problem(path, name, "cannot be a key here", remedy)
        if not isinstance(text, str):
            yield Problem(f"{path}.{name}", text, "is not a string: the API refuses it", "Put it in quotes.")
        elif label and not LABEL_VALUE.fullmatch(text):
            remedy = "Use up to 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit."
            yield Problem(f"{path}.{name}", text, "cannot be a label's value", remedy)


def _data(each: Object) -> Iterator[Problem]:
    which = identity(each)
    secret = which.kind == "Secret"
    for part in ("data", "stringData", "binaryData"):
        for name, text in (each.get(part) or {}).items():
            if not DATA_KEY.fullmatch(str(name)):
                remedy = "Use letters, digits, '-', '_' and '.'; an IPv6 address cannot be a key."
                yield Problem(f"{which} {part}", name, "cannot be a key here", remedy)
            if not isinstance(text, str):
                shown = None if secret else text
                yield Problem(
                    f"{which} {part}.{name}", shown, "is not a string: the API refuses it", "Put it in quotes."
                )


def _workload(each: Object) -> Iterator[Problem]:
    which, spec = identity(each), each.get("spec") or {}
    chosen = (spec.get("selector") or {}).get("matchLabels") or {}
    template = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    others = {key: value for key, value in chosen.items() if template.get(key) != value}
    if not chosen or others:
        reason = f"does not match the pods' labels {dict(template)}" if others else "is missing"
        remedy = "Give spec.selector.matchLabels and the pods the same labels."
        yield Problem(f"{which} spec.selector", others or None, reason, remedy)
    yield from values.count(f"{which} spec.replicas", spec.get("replicas"))
    yield from values.count(f"{which} spec.minReadySeconds", spec.get("minReadySeconds"))
    if which.kind == "DaemonSet":
        yield from _surge(each)


def _surge(each: Object) -> Iterator[Problem]:
    which, spec = identity(each), each["spec"]
    rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
    path = f"{which} spec.updateStrategy.rollingUpdate"
    surge, gone = (_amount(rolling.get(key, default)) for key, default in (("maxSurge", 0), ("maxUnavailable", 1)))
    if surge and gone:
        remedy = "Set one of them to 0."
        yield Problem(path, dict(rolling), "has maxSurge as well as maxUnavailable (1 by default)", remedy)
    elif not surge and not gone:
        yield Problem(
            path, dict(rolling), "allows no pod to be removed and none to be added", "Set maxUnavailable to 1."
        )
    pod = ((spec.get("template") or {}).get("spec")) or {}
    if (
        surge
        and not gone
        and any(_host_port(pod, port) for container in _containers(pod) for port in container.get("ports") or ())
    ):
        reason = "would wait for ever: the new pod needs the port of the node that the old one has"
        yield Problem(path, dict(rolling), reason, "Set maxSurge to 0 and maxUnavailable to 1.")


def _amount(value: Any) -> int:
    digits = str(value).rstrip("%")
    return int(digits) if digits.isdigit() else 1


def _host_port(pod: Mapping[str, Any], port: Mapping[str, Any]) -> Any:
    return port.get("hostPort") or (pod.get("hostNetwork") and port.get("containerPort"))


def _containers(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*(pod.get("initContainers") or ()), *(pod.get("containers") or ())]


def _pod(each: Object) -> Iterator[Problem]:
    which = identity(each)
    spec = each.get("spec") or {}
    path, pod = (
        (str(which), spec) if which.kind == "Pod" else (f"{which} template", (spec.get("template") or {}).get("spec"))
    )
    if not pod or not pod.get("containers"):
        yield Problem(f"{path} spec.containers", None, "are missing", "Give the pod a container.")
        return
    yield from values.tolerations(path, pod)
    yield from values.references(path, pod)
    taken: set[Any] = set()
    volumes = {volume.get("name") for volume in pod.get("volumes") or ()}
    for container in _containers(pod):
        here = f"{path} container {container.get('name')}"
        yield from _image(here, str(container.get("image") or ""))
        yield from _settings(here, container)
        yield from values.container_ports(here, container)
        yield from values.resources(here, container)
        yield from _ports(here, pod, container, taken)
        for mount in container.get("volumeMounts") or ():
            if mount.get("name") not in volumes:
                remedy = "Declare the volume, or take the mount out."
                yield Problem(f"{here} volumeMounts", mount.get("name"), "is not a volume of the pod", remedy)


def _image(path: str, image: str) -> Iterator[Problem]:
    name, _at, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    if not image or re.search(r"\s", image):
        yield Problem(f"{path} image", image, "is not an image", "Write for example ghcr.io/kube-vip/kube-vip:v1.2.3.")
    elif not digest and tag in ("", "latest"):
        reason = "is not pinned: what runs would depend on when it was pulled"
        yield Problem(f"{path} image", image, reason, "Name a version, or a digest.")


def _settings(path: str, container: Mapping[str, Any]) -> Iterator[Problem]:
    names = set()
    for each in container.get("env") or ():
        name = each.get("name")
        if name in names:
            yield Problem(f"{path} env", name, "is given twice: the last one counts", "Give it once.")
        names.add(name)
        if "value" in each and not isinstance(each["value"], str):
            yield Problem(
                f"{path} env.{name}", each["value"], "is not a string: the API refuses it", "Put it in quotes."
            )
    for part in ("args", "command"):
        for index, word in enumerate(container.get(part) or ()):
            if not isinstance(word, str):
                yield Problem(
                    f"{path} {part}[{index}]", word, "is not a string: the API refuses it", "Put it in quotes."
                )


def _ports(path: str, pod: Mapping[str, Any], container: Mapping[str, Any], taken: set[Any]) -> Iterator[Problem]:
    ports = container.get("ports") or ()
    for port in ports:
        inside, outside = port.get("containerPort"), port.get("hostPort")
        if pod.get("hostNetwork") and outside is not None and outside != inside:
            reason = f"differs from containerPort {inside}: with hostNetwork they are one port"
            yield Problem(f"{path} hostPort", outside, reason, "Make them equal, or do without hostNetwork.")
        used = _host_port(pod, port)
        place = (used, port.get("protocol", "TCP"), port.get("hostIP", ""))
        if used and place in taken:
            yield Problem(f"{path} hostPort", used, "is taken twice by one pod", "Give each its own port of the node.")
        taken.add(place)
    names = {port.get("name") for port in ports}
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        for way in ("httpGet", "tcpSocket"):
            asked = ((container.get(probe) or {}).get(way) or {}).get("port")
            if isinstance(asked, str) and asked not in names:
                yield Problem(
                    f"{path} {probe}.{way}.port", asked, "is not a port of the container", "Name one that it has."
                )


def _ingress(each: Object) -> Iterable[Problem]:
    path = str(identity(each))
    for number, rule in enumerate((each.get("spec") or {}).get("rules") or ()):
        for index, way in enumerate((rule.get("http") or {}).get("paths") or ()):
            here = f"{path} spec.rules[{number}].http.paths[{index}]"
            kind, text = way.get("pathType"), way.get("path", "")
            if kind not in ("Exact", "Prefix", "ImplementationSpecific"):
                yield Problem(f"{here}.pathType", kind, "is missing or not known", "Write Prefix or Exact.")
            if text or kind != "ImplementationSpecific":
                yield from values.ingress_path(f"{here}.path", str(text), str(kind))
            service = (way.get("backend") or {}).get("service") or {}
            port = service.get("port") or {}
            if service and ("name" in port) == ("number" in port):
                remedy = "Give the port's number or its name."
                yield Problem(f"{here}.backend.service.port", dict(port), "does not name one port", remedy)
