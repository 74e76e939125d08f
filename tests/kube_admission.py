# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why the stand-in for the API lets no pod of a workload be created, in the words of a real one.

As there, the workload itself is taken. Of Pod Security it knows what programs of the edge need; a quota is an
annotation of the namespace.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

LABEL = "pod-security.kubernetes.io/"
QUOTA = "stand-in/quota"

Object = Mapping[str, Any]


def refusal(workload: Object, objects: Mapping[Any, Object]) -> str | None:
    """What its controller says in an event FailedCreate."""
    metadata = _namespace(workload, objects)
    name = workload["metadata"]["name"]
    level = (metadata.get("labels") or {}).get(f"{LABEL}enforce", "privileged")
    found = ", ".join(_violations(workload["spec"]["template"]["spec"]))
    if level != "privileged" and found:
        return f'pods "{name}-x" is forbidden: violates PodSecurity "{level}:latest": {found}'
    quota = (metadata.get("annotations") or {}).get(QUOTA)
    return f'pods "{name}-x" is forbidden: exceeded quota: {quota}, requested: pods=1, used: pods=0' if quota else None


def warning(each: Object, objects: Mapping[Any, Object]) -> str | None:
    """What the API warns of, when it takes a workload."""
    if not isinstance(each.get("spec"), dict) or "template" not in each["spec"]:
        return None
    level = (_namespace(each, objects).get("labels") or {}).get(f"{LABEL}warn", "privileged")
    found = ", ".join(_violations(each["spec"]["template"]["spec"]))
    return f'would violate PodSecurity "{level}:latest": {found}' if level != "privileged" and found else None


def _namespace(each: Object, objects: Mapping[Any, Object]) -> Object:
    metadata: Object = objects.get(("v1", "namespaces", "", each["metadata"].get("namespace")), {}).get("metadata", {})
    return metadata


def _violations(pod: Object) -> Iterator[str]:
    if pod.get("hostNetwork"):
        yield "host namespaces (hostNetwork=true)"
    for container in pod["containers"]:
        ports = [str(port["hostPort"]) for port in container.get("ports") or () if port.get("hostPort")]
        if ports:
            yield f'hostPort (container "{container["name"]}" uses hostPorts {", ".join(ports)})'
