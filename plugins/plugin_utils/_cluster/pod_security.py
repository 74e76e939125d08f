# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which pods the Pod Security Admission of a namespace would refuse. Pure.

The API accepts a workload whose pods its namespace forbids; it refuses each pod when it is created. The checks are
those of the Pod Security Standards for Linux, as in Kubernetes' staging/src/k8s.io/pod-security-admission/policy.
Checks of newer versions are reported when the API refuses pods (rollout.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import WORKLOADS, Object, identity

ENFORCE = "pod-security.kubernetes.io/enforce"

#: check_capabilities_baseline.go
_CAPABILITIES = frozenset(
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT"
    .split()
)  # fmt: skip
#: check_restrictedVolumes.go
_VOLUMES = frozenset("configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret".split())
#: check_sysctls.go
_SYSCTLS = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_",
)


def problems(each: Object, namespace: Mapping[str, Any] | None) -> Iterator[Problem]:
    """A problem where the namespace would refuse every pod of a workload."""
    level = str(((namespace or {}).get("metadata", {}).get("labels") or {}).get(ENFORCE, "privileged"))
    which = identity(each)
    if which.kind not in WORKLOADS or level not in ("baseline", "restricted"):
        return
    pod = ((each.get("spec") or {}).get("template") or {}).get("spec") or {}
    found = [*_baseline(pod), *(_restricted(pod) if level == "restricted" else ())]
    if found:
        reason = f"forbids every pod of {which.kind} {which.name} ({ENFORCE}): {'; '.join(found)}"
        remedy = f"Declare a namespace that allows it, or label this one {ENFORCE}=privileged"
        yield Problem(f"Namespace {which.namespace}", level, reason, remedy)


def _containers(pod: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*(pod.get("initContainers") or ()), *(pod.get("containers") or ())]


def _context(each: Mapping[str, Any]) -> Mapping[str, Any]:
    context: Mapping[str, Any] = each.get("securityContext") or {}
    return context


def _baseline(pod: Mapping[str, Any]) -> Iterator[str]:
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(key):
            yield f"host namespaces ({key}=true)"
    for volume in pod.get("volumes") or ():
        if "hostPath" in volume:
            yield f"hostPath volumes (volume {volume.get('name')})"
    for sysctl in _context(pod).get("sysctls") or ():
        if not str(sysctl.get("name")).startswith(_SYSCTLS):
            yield f"forbidden sysctls ({sysctl.get('name')})"
    if (_context(pod).get("seccompProfile") or {}).get("type") == "Unconfined":
        yield "seccompProfile (pod has Unconfined)"
    for container in _containers(pod):
        name, context = f"container {container.get('name')}", _context(container)
        if context.get("privileged"):
            yield f"privileged ({name})"
        added = set((context.get("capabilities") or {}).get("add") or ()) - _CAPABILITIES
        if added:
            yield f"non-default capabilities ({name} adds {', '.join(sorted(added))})"
        ports = [port["hostPort"] for port in container.get("ports") or () if port.get("hostPort")]
        if ports:
            yield f"hostPort ({name} uses {', '.join(map(str, ports))})"
        if context.get("procMount") not in (None, "Default"):
            yield f"procMount ({name})"
        if (context.get("seccompProfile") or {}).get("type") == "Unconfined":
            yield f"seccompProfile ({name} has Unconfined)"


def _restricted(pod: Mapping[str, Any]) -> Iterator[str]:
    for volume in pod.get("volumes") or ():
        kinds = set(volume) - {"name", "hostPath"} - _VOLUMES
        if kinds:
            yield f"restricted volume types (volume {volume.get('name')} is {', '.join(sorted(kinds))})"
    for container in _containers(pod):
        name, context = f"container {container.get('name')}", _context(container)
        capabilities = context.get("capabilities") or {}
        if context.get("allowPrivilegeEscalation") is not False:
            yield f"allowPrivilegeEscalation is not false ({name})"
        if "ALL" not in (capabilities.get("drop") or ()):
            yield f"capabilities that are not dropped ({name})"
        if set(capabilities.get("add") or ()) & _CAPABILITIES - {"NET_BIND_SERVICE"}:
            yield f"unrestricted capabilities ({name})"
        inherited = {**_context(pod), **{key: value for key, value in context.items() if value is not None}}
        if inherited.get("runAsNonRoot") is not True:
            yield f"runAsNonRoot is not true ({name})"
        if inherited.get("runAsUser") == 0:
            yield f"runAsUser is 0 ({name})"
        profile = (inherited.get("seccompProfile") or {}).get("type")
        if profile not in ("RuntimeDefault", "Localhost", "Unconfined"):
            yield f"seccompProfile is not RuntimeDefault or Localhost ({name})"
