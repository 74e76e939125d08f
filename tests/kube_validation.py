# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real API server refuses of the kinds that the roles write, for the stand-in of it: each with its field, its
reason and the words of 1.36. It is not all that a real one refuses.

A value of a wrong type is 400; all that is wrong otherwise is told at once, as 422.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

Object = dict[str, Any]
#: Field, reason, message.
Cause = tuple[str, str, str]

LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
RFC1123 = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character"
)
RFC1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character"
)
#: Names with colons, as RBAC has them.
FREE = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
QUANTITY = re.compile(r"[+-]?(\d+|\d+\.\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")


def wrong_types(each: Object) -> str | None:
    """Why a body is not what its kind has, in the words of a decoder."""
    metadata = each.get("metadata") or {}
    maps = {
        f"{kind}.metadata.{name}": metadata.get(name) for kind in [each["kind"]] for name in ("labels", "annotations")
    }
    if each["kind"] in ("ConfigMap", "Secret"):
        maps[f"{each['kind']}.data"] = each.get("data")
    for container in _containers(each):
        for entry in container.get("env") or ():
            maps[f"{each['kind']}.spec.template.spec.containers.env"] = {"value": entry.get("value", "")}
            if not isinstance(entry.get("value", ""), str):
                break
    for path, values in maps.items():
        for value in (values or {}).values():
            if not isinstance(value, str) and value is not None:
                kind = "bool" if isinstance(value, bool) else "number"
                return (
                    f'{each["kind"]} in version "{each["apiVersion"].rpartition("/")[2]}" cannot be handled as a '
                    f"{each['kind']}: json: cannot unmarshal {kind} into Go struct field {path} of type string"
                )
    return None


def causes(each: Object) -> list[Cause]:
    """All that is wrong with an object that has its defaults."""
    found = list(_names(each))
    kind = each["kind"]
    if kind in ("DaemonSet", "Deployment"):
        found += _workload(each)
    elif kind == "Service":
        found += _service(each)
    elif kind == "Ingress":
        found += _ingress(each)
    elif kind in ("ConfigMap", "Secret"):
        found += [
            invalid(f"data[{key}]", key, "a valid config key must consist of alphanumeric characters, '-', '_' or '.'")
            for key in each.get("data") or {}
            if not re.fullmatch(r"[-._a-zA-Z0-9]+", key)
        ]
    return found


def invalid(field: str, value: Any, why: str) -> Cause:
    """A value that its field cannot have."""
    return field, "FieldValueInvalid", f"Invalid value: {json.dumps(value)}: {why}"


def _required(field: str, why: str = "") -> Cause:
    return field, "FieldValueRequired", f"Required value{': ' + why if why else ''}"


def _names(each: Object) -> Iterator[Cause]:
    name, kind = each["metadata"]["name"], each["kind"]
    if kind == "Service" and not (re.fullmatch(rf"(?=[a-z]){LABEL}", name) and len(name) <= 63):
        yield invalid("metadata.name", name, RFC1035)
    elif kind not in (*FREE, "Service") and not (re.fullmatch(SUBDOMAIN, name) and len(name) <= 253):
        yield invalid("metadata.name", name, RFC1123)
    for key, value in (each["metadata"].get("labels") or {}).items():
        if not re.fullmatch(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?", value) or len(value) > 63:
            yield invalid("metadata.labels", value, f"a valid label must be an empty string or consist of … ({key})")


def _containers(each: Object) -> list[Object]:
    template = (each.get("spec") or {}).get("template") if isinstance(each.get("spec"), dict) else None
    return list(((template or {}).get("spec") or {}).get("containers") or ())


def _workload(each: Object) -> Iterator[Cause]:
    spec, template = each["spec"], each["spec"]["template"]
    labels = (template.get("metadata") or {}).get("labels") or {}
    wanted = (spec.get("selector") or {}).get("matchLabels") or {}
    if not wanted:
        yield _required("spec.selector")
    elif not wanted.items() <= labels.items():
        yield invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`")
    if not isinstance(spec.get("replicas", 1), int) or spec.get("replicas", 1) < 0:
        yield invalid("spec.replicas", spec["replicas"], "must be greater than or equal to 0")
    rolling = (spec.get("updateStrategy") or {}).get("rollingUpdate") or {}
    if each["kind"] == "DaemonSet" and rolling:
        surge, away = rolling["maxSurge"], rolling["maxUnavailable"]
        if surge and away:
            why = "may not be set when maxUnavailable is non-zero"
            yield invalid("spec.updateStrategy.rollingUpdate.maxSurge", surge, why)
        if not surge and not away:
            yield _required("spec.updateStrategy.rollingUpdate.maxUnavailable", "cannot be 0 when maxSurge is 0")
    yield from _pod(template["spec"], "spec.template.spec")


def _pod(pod: Object, path: str) -> Iterator[Cause]:
    volumes = {volume["name"] for volume in pod.get("volumes", ())}
    for index, container in enumerate(pod["containers"]):
        place = f"{path}.containers[{index}]"
        for number, port in enumerate(container.get("ports", ())):
            where = f"{place}.ports[{number}]"
            for name in ("containerPort", "hostPort"):
                if name in port and not 1 <= port[name] <= 65535:
                    yield invalid(f"{where}.{name}", port[name], "must be between 1 and 65535, inclusive")
            if pod.get("hostNetwork") and port["hostPort"] != port["containerPort"]:
                yield invalid(
                    f"{where}.containerPort", port["containerPort"], "must match `hostPort` when `hostNetwork` is true"
                )
            if len(port.get("name", "")) > 15:
                yield invalid(f"{where}.name", port["name"], "must be no more than 15 characters")
        for number, mount in enumerate(container.get("volumeMounts", ())):
            if mount["name"] not in volumes:
                yield f"{place}.volumeMounts[{number}].name", "FieldValueNotFound", f'Not found: "{mount["name"]}"'
        for kind, values in container["resources"].items():
            for name, value in values.items() if isinstance(values, dict) else ():
                if not QUANTITY.fullmatch(str(value)):
                    yield invalid(
                        f"{place}.resources.{kind}[{name}]", value, "quantities must match the regular expression"
                    )


def _service(each: Object) -> Iterator[Cause]:
    spec = each["spec"]
    names: set[str] = set()
    for index, port in enumerate(spec.get("ports") or ()):
        place = f"spec.ports[{index}]"
        if not 1 <= port["port"] <= 65535:
            yield invalid(f"{place}.port", port["port"], "must be between 1 and 65535, inclusive")
        if not port.get("name") and len(spec["ports"]) > 1:
            yield _required(f"{place}.name")
        elif port.get("name") in names:
            yield f"{place}.name", "FieldValueDuplicate", f'Duplicate value: "{port["name"]}"'
        names.add(port.get("name", ""))
    if not spec.get("ports") and spec.get("clusterIP") != "None":
        yield _required("spec.ports")
    if spec.get("loadBalancerClass") and spec["type"] != "LoadBalancer":
        yield (
            "spec.loadBalancerClass",
            "FieldValueForbidden",
            "Forbidden: may only be used when `type` is 'LoadBalancer'",
        )


def _ingress(each: Object) -> Iterator[Cause]:
    for index, rule in enumerate((each.get("spec") or {}).get("rules") or ()):
        place = f"spec.rules[{index}]"
        if "host" in rule:
            if _is_address(rule["host"]):
                yield invalid(f"{place}.host", rule["host"], "must be a DNS name, not an IP address")
            elif not re.fullmatch(rf"(\*\.)?{SUBDOMAIN}", rule["host"]):
                yield invalid(f"{place}.host", rule["host"], RFC1123)
        for number, path in enumerate((rule.get("http") or {}).get("paths") or ()):
            where = f"{place}.http.paths[{number}]"
            if "pathType" not in path:
                yield _required(f"{where}.pathType", "pathType must be specified")
            if path.get("path") and not path["path"].startswith("/"):
                yield invalid(f"{where}.path", path["path"], "must be an absolute path")
            if path.get("pathType") != "ImplementationSpecific":
                for part in ("//", "/./", "/../", "%2f", "%2F"):
                    if part in path.get("path", ""):
                        yield invalid(f"{where}.path", path["path"], f"must not contain '{part}'")
                if path.get("path", "").endswith(("/.", "/..")):
                    yield invalid(f"{where}.path", path["path"], "cannot end with '/.' or '/..'")
            port = path["backend"]["service"].get("port") or {}
            if not port:
                yield _required(f"{where}.backend", "port name or number is required")
            elif "number" in port and not 1 <= port["number"] <= 65535:
                yield invalid(
                    f"{where}.backend.service.port.number", port["number"], "must be between 1 and 65535, inclusive"
                )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
