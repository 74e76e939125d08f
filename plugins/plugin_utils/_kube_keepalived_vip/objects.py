# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kubernetes objects of kube-keepalived-vip, for its last release (0.35), from the role's variables. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import text

NAME = "kube-keepalived-vip"
SELECTOR = {"app.kubernetes.io/name": NAME}

#: The name of the ConfigMap of VIPs. A key is an address, its value the Service (``namespace/name:METHOD``, or empty).
CONFIG_MAP = "vip-configmap"

Object = dict[str, Any]
Settings = Mapping[str, Any]


def objects(settings: Settings) -> list[Object]:
    """All objects in order of creation. ``settings``: the role's variables, already checked."""
    namespace = settings["namespace"]
    return [
        _namespace(namespace),
        _object("v1", "ServiceAccount", namespace),
        *_rights(namespace),
        _object("v1", "ConfigMap", namespace, CONFIG_MAP, data=data(settings["services"])),
        _daemon_set(settings),
    ]


def data(services: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The data of the ConfigMap. No method means NAT."""
    return {each["address"]: _target(each) for each in services}


def _target(entry: Mapping[str, Any]) -> str:
    service = entry.get("service")
    return f"{service}:{entry.get('method', 'NAT')}" if service else ""


def _object(version: str, kind: str, namespace: str = "", name: str = NAME, **rest: Any) -> Object:
    place = {"namespace": namespace} if namespace else {}
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, **place, "labels": dict(SELECTOR)},
        **rest,
    }


def _namespace(name: str) -> Object:
    made = _object("v1", "Namespace", name=name)
    made["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "privileged"
    return made


def _rights(namespace: str) -> Iterable[Object]:
    """RBAC objects. The program reads Endpoints, not EndpointSlices, so it cannot run in a cluster without
    Endpoints."""
    read = ["pods", "nodes", "endpoints", "services", "configmaps"]
    rules = [{"apiGroups": [""], "resources": read, "verbs": ["get", "list", "watch"]}]
    yield _object("rbac.authorization.k8s.io/v1", "ClusterRole", rules=rules)
    yield _object(
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NAME},
        subjects=[{"kind": "ServiceAccount", "name": NAME, "namespace": namespace}],
    )


def proxied(services: Iterable[Mapping[str, Any]]) -> bool:
    """Whether HAProxy in the pod forwards connections instead of IPVS. It does so for all Services or for none."""
    return any(each.get("method") == "PROXY" for each in services)


def arguments(settings: Settings) -> list[str]:
    """The program's command line arguments."""
    made = [
        f"--services-configmap={settings['namespace']}/{CONFIG_MAP}",
        f"--vrid={settings['virtual_router_id']}",
        f"--use-unicast={str(settings['unicast']).lower()}",
        f"--http-port={settings['health_port']}",
        "--logtostderr",
    ]
    if settings["interface"]:
        made.append(f"--iface={settings['interface']}")
    if proxied(settings["services"]):
        made.append("--proxy-protocol-mode=true")
    return made


def _daemon_set(settings: Settings) -> Object:
    return _object(
        "apps/v1",
        "DaemonSet",
        settings["namespace"],
        spec={
            "selector": {"matchLabels": dict(SELECTOR)},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
            "template": {"metadata": {"labels": dict(SELECTOR)}, "spec": _pod(settings)},
        },
    )


def _pod(settings: Settings) -> Object:
    directories = {"modules": "/lib/modules", "dev": "/dev"}
    volumes: list[Object] = [{"name": name, "hostPath": {"path": path}} for name, path in directories.items()]
    containers = [_keepalived(settings)]
    if proxied(settings["services"]):
        shared = {"name": "haproxy", "mountPath": "/etc/haproxy"}
        volumes.append({"name": "haproxy", "emptyDir": {}})
        containers[0]["volumeMounts"].append(shared)
        containers.append({"name": "haproxy", "image": settings["haproxy_image"], "volumeMounts": [shared]})
    return {
        "serviceAccountName": NAME,
        "hostNetwork": True,
        "dnsPolicy": "ClusterFirstWithHostNet",
        "nodeSelector": {key: text(value) for key, value in settings["node_selector"].items()},
        "tolerations": list(settings["tolerations"]),
        "terminationGracePeriodSeconds": 60,
        "containers": containers,
        "volumes": volumes,
    }


def _keepalived(settings: Settings) -> Object:
    port = settings["health_port"]
    health = {"path": "/health", "port": "health", "scheme": "HTTP"}
    return {
        "name": NAME,
        "image": settings["image"],
        "args": arguments(settings),
        # The container loads kernel modules, sets sysctls of the node and sends VRRP.
        "securityContext": {"privileged": True},
        "env": [_of_pod("POD_NAME", "metadata.name"), _of_pod("POD_NAMESPACE", "metadata.namespace")],
        "ports": [{"name": "health", "containerPort": port, "hostPort": port, "protocol": "TCP"}],
        "livenessProbe": {"httpGet": health, "initialDelaySeconds": 15, "timeoutSeconds": 3},
        "resources": settings["resources"],
        "volumeMounts": [
            {"name": "modules", "mountPath": "/lib/modules", "readOnly": True},
            {"name": "dev", "mountPath": "/dev"},
        ],
    }


def _of_pod(name: str, path: str) -> Object:
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}
