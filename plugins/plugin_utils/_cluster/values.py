# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check names, ports, numbers, quantities and tolerations in Kubernetes objects by the API server's rules. Pure.

The rules are those of Kubernetes' pkg/apis/core/validation and pkg/apis/networking/validation, and of apimachinery's
quantities (pkg/api/resource)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import Object, identity
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.bounds import (
    DNS_NAME,
    LABEL_KEY,
    PORT_NAME,
    SERVICE_NAME,
    dns_label,
    dns_name,
    host,
)

_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(m|[kMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?")
_UNITS = {"": Decimal(1), "m": Decimal("0.001"), "k": Decimal(1000)}
_UNITS |= {unit: Decimal(1000) ** power for power, unit in enumerate("MGTPE", 2)}
_UNITS |= {f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)}

_NOT_IN_PATHS = re.compile(r"//|/\.{1,2}(/|$)|%2[fF]")

#: Kinds whose names may contain a colon.
RBAC = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")


def named(each: Object) -> Iterator[Problem]:
    """Check the names of the object and of its namespace."""
    which = identity(each)
    if which.kind == "Namespace":
        yield from dns_label(f"{which} metadata.name", which.name)
    elif which.kind == "Service":
        yield from service_name(f"{which} metadata.name", which.name)
    elif which.kind not in RBAC:
        yield from dns_name(f"{which} metadata.name", which.name)
    if which.namespace:
        yield from dns_label(f"{which} metadata.namespace", which.namespace)


def service_name(path: str, value: Any) -> Iterator[Problem]:
    """Check the name of a Service. It must begin with a letter."""
    if not SERVICE_NAME.fullmatch(str(value)):
        remedy = "Use up to 63 small letters, digits and '-', beginning with a letter."
        yield Problem(path, value, "cannot name a Service", remedy)


def ingress_path(path: str, value: str, path_type: str) -> Iterator[Problem]:
    """Check a path of an Ingress. With path type ImplementationSpecific the API only checks the first character."""
    if not value.startswith("/"):
        yield Problem(path, value, "does not begin with '/'", "Write for example /api.")
    elif path_type != "ImplementationSpecific" and _NOT_IN_PATHS.search(value):
        remedy = "Write it without '//', '/./', '/../' and '%2F', or set path_type to ImplementationSpecific."
        yield Problem(path, value, "is a path that the API refuses", remedy)


def port(path: str, value: Any, *, by_name: bool = False) -> Iterator[Problem]:
    """Check a port: a number from 1 to 65535 or, with ``by_name``, the name of a port."""
    if isinstance(value, str) and by_name:
        if not PORT_NAME.fullmatch(value):
            remedy = "Use up to 15 small letters, digits and single '-', with a letter among them."
            yield Problem(path, value, "cannot name a port", remedy)
    elif isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
        yield Problem(path, value, "is not a port", "Give a number from 1 to 65535.")


def count(path: str, value: Any) -> Iterator[Problem]:
    """Check a count; None means the API's default."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        yield Problem(path, value, "is not a count", "Write 0 or more.")


def service(each: Object) -> Iterator[Problem]:
    """Check the ports of a Service."""
    for index, stated in enumerate((each.get("spec") or {}).get("ports") or ()):
        path = f"{identity(each)} spec.ports[{index}]"
        yield from port(f"{path}.port", stated.get("port"))
        if stated.get("targetPort") is not None:
            yield from port(f"{path}.targetPort", stated["targetPort"], by_name=True)


def ingress(each: Object) -> Iterator[Problem]:
    """Check the hosts of an Ingress and the Services that it refers to."""
    path, spec = str(identity(each)), each.get("spec") or {}
    for number, rule in enumerate(spec.get("rules") or ()):
        if rule.get("host"):
            yield from host(f"{path} spec.rules[{number}].host", rule["host"])
        for index, way in enumerate((rule.get("http") or {}).get("paths") or ()):
            here = f"{path} spec.rules[{number}].http.paths[{index}].backend.service"
            served = (way.get("backend") or {}).get("service") or {}
            if served:
                yield from service_name(f"{here}.name", served.get("name"))
            for key, value in (served.get("port") or {}).items():
                yield from port(f"{here}.port.{key}", value, by_name=key == "name")
    for number, tls in enumerate(spec.get("tls") or ()):
        for index, stated in enumerate(tls.get("hosts") or ()):
            yield from host(f"{path} spec.tls[{number}].hosts[{index}]", stated)
        if tls.get("secretName"):
            yield from dns_name(f"{path} spec.tls[{number}].secretName", tls["secretName"], "a Secret")
    if spec.get("ingressClassName"):
        yield from dns_name(f"{path} spec.ingressClassName", spec["ingressClassName"], "an IngressClass")


def container_ports(path: str, container: Mapping[str, Any]) -> Iterator[Problem]:
    """Check the ports of a container and of its probes."""
    for index, stated in enumerate(container.get("ports") or ()):
        here = f"{path} ports[{index}]"
        yield from port(f"{here}.containerPort", stated.get("containerPort"))
        if stated.get("hostPort") is not None:
            yield from port(f"{here}.hostPort", stated["hostPort"])
        if stated.get("name") is not None:
            yield from port(f"{here}.name", str(stated["name"]), by_name=True)
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        for way in ("httpGet", "tcpSocket"):
            asked = (container.get(probe) or {}).get(way) or {}
            if asked:
                yield from port(f"{path} {probe}.{way}.port", asked.get("port"), by_name=True)


def resources(path: str, container: Mapping[str, Any]) -> Iterator[Problem]:
    """Check the requests and limits of a container."""
    stated = container.get("resources") or {}
    amounts: dict[tuple[str, str], Decimal] = {}
    for part, each in stated.items():
        if part not in ("requests", "limits", "claims"):
            yield Problem(f"{path} resources", part, "is not a key there", "Use: requests, limits.")
        elif part != "claims" and not isinstance(each, Mapping):
            yield Problem(f"{path} resources.{part}", each, "is not a dictionary", "Write for example {cpu: 50m}.")
        elif part != "claims":
            for name, value in each.items():
                amount = quantity(value)
                if amount is None:
                    remedy = "Write for example 50m for cpu, and 64Mi for memory."
                    yield Problem(f"{path} resources.{part}.{name}", value, "is not a quantity", remedy)
                else:
                    amounts[part, str(name)] = amount
    for (part, name), amount in amounts.items():
        highest = amounts.get(("limits", name))
        if part == "requests" and highest is not None and amount > highest:
            reason = "is more than the limit"
            yield Problem(f"{path} resources.requests.{name}", stated["requests"][name], reason, "Lower it.")


def quantity(value: Any) -> Decimal | None:
    """A quantity as a number; None if it is not a quantity."""
    found = _QUANTITY.fullmatch(str(value)) if isinstance(value, (str, int, float)) else None
    if not found or isinstance(value, bool):
        return None
    unit = found[2] or ""
    return Decimal(found[1]) * (Decimal(f"1{unit}") if unit[:1] in ("e", "E") and unit[1:] else _UNITS[unit])


def tolerations(path: str, pod: Mapping[str, Any]) -> Iterator[Problem]:
    """Check the tolerations of a pod."""
    for index, each in enumerate(pod.get("tolerations") or ()):
        here = f"{path} spec.tolerations[{index}]"
        if not isinstance(each, Mapping):
            yield Problem(here, each, "is not a dictionary", "Write key, operator, value and effect.")
            continue
        for strange in set(each) - {"key", "operator", "value", "effect", "tolerationSeconds"}:
            yield Problem(here, strange, "is not a key there", "Use: key, operator, value, effect, tolerationSeconds.")
        operator, effect, key = each.get("operator", "Equal"), each.get("effect", ""), each.get("key", "")
        if key and not (isinstance(key, str) and LABEL_KEY.fullmatch(key)):
            yield Problem(f"{here}.key", key, "cannot be a taint's key", "Use letters, digits, '-', '_' and '.'.")
        if operator not in ("Exists", "Equal"):
            yield Problem(f"{here}.operator", operator, "is unknown", "Use Exists or Equal.")
        if effect not in ("", "NoSchedule", "PreferNoSchedule", "NoExecute"):
            remedy = "Use NoSchedule, PreferNoSchedule or NoExecute, or leave it out for all."
            yield Problem(f"{here}.effect", effect, "is unknown", remedy)
        if operator == "Exists" and each.get("value"):
            yield Problem(f"{here}.value", each["value"], "has no meaning with Exists", "Leave it out, or use Equal.")
        if operator == "Equal" and not key:
            yield Problem(f"{here}.key", None, "is missing with Equal", "Name it, or use Exists for every taint.")
        if not isinstance(each.get("value", ""), str):
            yield Problem(f"{here}.value", each["value"], "is not a string: the API refuses it", "Put it in quotes.")
        if each.get("tolerationSeconds") is not None and effect != "NoExecute":
            reason = "has a meaning with NoExecute only"
            yield Problem(f"{here}.tolerationSeconds", each["tolerationSeconds"], reason, "Leave it out.")


def references(path: str, pod: Mapping[str, Any]) -> Iterator[Problem]:
    """Check the names that a pod refers to."""
    for key in ("priorityClassName", "serviceAccountName"):
        if pod.get(key) and not DNS_NAME.fullmatch(str(pod[key])):
            yield Problem(f"{path} spec.{key}", pod[key], "cannot name one", "Use small letters, digits, '-' and '.'.")
