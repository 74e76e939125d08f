# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects of kube-keepalived-vip, as its last release (0.35) reads them, from the role's variables. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import text

NAME = "kube-keepalived-vip"
SELECTOR = {"app.kubernetes.io/name": NAME}

#: The ConfigMap of VIPs: an address, and the Service that it leads to (``namespace/name:METHOD``, or nothing).
CONFIG_MAP = "vip-configmap"

Object = dict[str, Any]
Settings = Mapping[str, Any]


def objects(settings: Settings) -> list[Object]:
    """All of them, in the order in which they can be created; ``settings`` are the role's variables, found good."""
    namespace = settings["namespace"]
    return [
        _namespace(namespace),
        _object("v1", "ServiceAccount", namespace),
        *_rights(namespace),
        _object("v1", "ConfigMap", namespace, CONFIG_MAP, data=data(settings["services"])),
        _daemon_set(settings),
    ]


def data(services: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What the ConfigMap says. NAT is its word for no word."""
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
    """It reads Endpoints, not EndpointSlices: a cluster that no longer serves them is one where it ends."""
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
    """Whether HAProxy in the pod passes connections on, instead of IPVS. It is all or nothing."""
    return any(each.get("method") == "PROXY" for each in services)


def arguments(settings: Settings) -> list[str]:
    """As the program's own flags are written."""
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
    folders = {"modules": "/lib/modules", "dev": "/dev"}
    volumes: list[Object] = [{"name": name, "hostPath": {"path": path}} for name, path in folders.items()]
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
        # It loads modules, sets the node's sysctls and speaks VRRP.
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
