# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every Kubernetes object of Traefik on the edge nodes, in order of creation. Pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from json import dumps
from posixpath import dirname
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import text
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._traefik.arguments import (
    ACME_DIRECTORY,
    DASHBOARD_FILE,
    GRACE,
    HOST_PORTS,
    LOOPBACK,
    arguments,
    ports,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._traefik.ingresses import ingress

NAME = "traefik"
DASHBOARD = "traefik-dashboard"
SELECTOR = {"app.kubernetes.io/name": NAME}

#: The user and group of the pod's processes, as in Traefik's own chart. No user of a node has these IDs.
USER = 65532

#: What Traefik may read: Kubernetes objects and its own custom resources.
READS = (
    ("", ("services", "secrets", "nodes", "configmaps"), ("get", "list", "watch")),
    ("discovery.k8s.io", ("endpointslices",), ("list", "watch")),
    ("networking.k8s.io", ("ingresses", "ingressclasses"), ("get", "list", "watch")),
    ("networking.k8s.io", ("ingresses/status",), ("update",)),
)
CUSTOM_READS = (
    (
        "traefik.io",
        (
            "ingressroutes",
            "ingressroutetcps",
            "ingressrouteudps",
            "middlewares",
            "middlewaretcps",
            "serverstransports",
            "serverstransporttcps",
            "tlsoptions",
            "tlsstores",
            "traefikservices",
        ),
        ("get", "list", "watch"),
    ),
)

Object = dict[str, Any]
Settings = Mapping[str, Any]


def objects(settings: Settings) -> list[Object]:
    """All objects. ``settings``: the role's variables without their prefix, already checked."""
    namespace = settings["namespace"]
    return [
        _namespace(namespace),
        *map(dict, settings["crds"]),
        _object("v1", "ServiceAccount", namespace),
        *_rights(settings),
        _ingress_class(settings),
        *_services(settings),
        *_dashboard_secret(settings),
        _daemon_set(settings),
        *_dashboard_ingress(settings),
        *(ingress(entry, settings["ingress_class"]) for entry in settings["ingresses"]),
    ]


def _object(version: str, kind: str, namespace: str = "", name: str = NAME, **rest: Any) -> Object:
    metadata: Object = {"name": name, "labels": dict(SELECTOR)}
    if namespace:
        metadata["namespace"] = namespace
    if rest.get("annotations"):
        metadata["annotations"] = rest["annotations"]
    rest.pop("annotations", None)
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def _namespace(name: str) -> Object:
    """Only pods in a privileged namespace may use the node's ports and directories (pod security standards)."""
    made = _object("v1", "Namespace", name=name)
    made["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "privileged"
    return made


def _rights(settings: Settings) -> Iterable[Object]:
    reads = READS + (CUSTOM_READS if settings["custom_resources"] else ())
    rules = [{"apiGroups": [group], "resources": list(what), "verbs": list(verbs)} for group, what, verbs in reads]
    yield _object("rbac.authorization.k8s.io/v1", "ClusterRole", rules=rules)
    yield _object(
        "rbac.authorization.k8s.io/v1",
        "ClusterRoleBinding",
        roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": NAME},
        subjects=[{"kind": "ServiceAccount", "name": NAME, "namespace": settings["namespace"]}],
    )


def _ingress_class(settings: Settings) -> Object:
    default = {"ingressclass.kubernetes.io/is-default-class": "true"} if settings["ingress_class_default"] else {}
    return _object(
        "networking.k8s.io/v1",
        "IngressClass",
        name=settings["ingress_class"],
        annotations=default,
        spec={"controller": "traefik.io/ingress-controller"},
    )


def _services(settings: Settings) -> Iterable[Object]:
    """One Service for the public ports, for clients in the cluster or behind a load balancer; others for dashboard and
    metrics."""
    public = [_service_port(name, settings[HOST_PORTS[name]]) for name in HOST_PORTS]
    spec = {"type": settings["service_type"], "selector": dict(SELECTOR), "ports": public}
    annotations = {key: text(value) for key, value in settings["service_annotations"].items()}
    yield _object("v1", "Service", settings["namespace"], annotations=annotations, spec=spec)
    for enabled, name, port in (
        (settings["dashboard_users"] and not settings["host_network"], DASHBOARD, "traefik"),
        (settings["metrics"], "traefik-metrics", "metrics"),
    ):
        if enabled:
            spec = {
                "type": "ClusterIP",
                "selector": dict(SELECTOR),
                "ports": [_service_port(port, ports(settings)[port])],
            }
            # Metrics are read from every pod, so the name of this headless Service resolves to all pods.
            if port == "metrics":
                spec["clusterIP"] = "None"
            yield _object("v1", "Service", settings["namespace"], name, spec=spec)


def _service_port(name: str, port: int) -> Object:
    return {"name": name, "port": port, "targetPort": name, "protocol": "TCP"}


def _dashboard_file(settings: Settings) -> str:
    """Traefik's dynamic configuration for its dashboard: the users, and the entry point."""
    users = [f"{user}:{written}" for user, written in settings["dashboard_users"].items()]
    router = {
        "entryPoints": ["traefik"],
        "rule": "PathPrefix(`/dashboard`) || PathPrefix(`/api`)",
        "middlewares": ["dashboard"],
        "service": "api@internal",
    }
    return dumps(
        {"http": {"routers": {"dashboard": router}, "middlewares": {"dashboard": {"basicAuth": {"users": users}}}}}
    )


def _dashboard_secret(settings: Settings) -> Iterable[Object]:
    if settings["dashboard_users"]:
        content = b64encode(_dashboard_file(settings).encode()).decode()
        data = {DASHBOARD_FILE.rpartition("/")[2]: content}
        yield _object("v1", "Secret", settings["namespace"], DASHBOARD, type="Opaque", data=data)


def _dashboard_ingress(settings: Settings) -> Iterable[Object]:
    """An Ingress for the dashboard, only if passwords are encrypted in transit. It leads to the dashboard alone."""
    if not settings["dashboard_host"]:
        return
    entry = {
        "name": DASHBOARD,
        "namespace": settings["namespace"],
        "rules": [
            {"host": settings["dashboard_host"], "path": path, "service": DASHBOARD, "port": "traefik"}
            for path in ("/dashboard", "/api")
        ],
        "annotations": {
            "traefik.ingress.kubernetes.io/router.entrypoints": "websecure",
            "traefik.ingress.kubernetes.io/router.tls": "true",
        },
    }
    if settings["dashboard_tls_secret"]:
        entry["tls"] = [{"hosts": [settings["dashboard_host"]], "secret": settings["dashboard_tls_secret"]}]
    made = ingress(entry, settings["ingress_class"])
    made["metadata"]["labels"] = dict(SELECTOR)
    yield made


def _daemon_set(settings: Settings) -> Object:
    """An old pod stops before its successor starts, one node at a time, since both use the same ports of the node."""
    annotations = {}
    if settings["dashboard_users"]:
        # Traefik does not watch mounted files, so a changed file needs a new pod.
        annotations["k8s-edge.ha/dashboard"] = sha256(_dashboard_file(settings).encode()).hexdigest()
    if settings["metrics"]:
        annotations |= {"prometheus.io/scrape": "true", "prometheus.io/port": str(ports(settings)["metrics"])}
    metadata: Object = {"labels": dict(SELECTOR)}
    if annotations:
        metadata["annotations"] = annotations
    return _object(
        "apps/v1",
        "DaemonSet",
        settings["namespace"],
        spec={
            "selector": {"matchLabels": dict(SELECTOR)},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
            "minReadySeconds": settings["min_ready_seconds"],
            "template": {"metadata": metadata, "spec": _pod(settings)},
        },
    )


def _pod(settings: Settings) -> Object:
    pod: Object = {
        "serviceAccountName": NAME,
        "nodeSelector": {key: text(value) for key, value in settings["node_selector"].items()},
        "tolerations": list(settings["tolerations"]),
        # Twice the time that Traefik needs to stop, so that it is never killed while it serves.
        "terminationGracePeriodSeconds": 2 * (settings["leaving_seconds"] + GRACE),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(settings)],
        "volumes": [volume for _mount, volume in _mounts(settings)],
    }
    if settings["host_network"]:
        pod |= {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}
    if settings["priority_class"]:
        pod["priorityClassName"] = settings["priority_class"]
    acme = settings.get("acme") or {}
    if acme and not acme.get("claim"):
        pod["initContainers"] = [_owner(settings["image"])]
    return pod


def _container(settings: Settings) -> Object:
    listening = ports(settings)
    public = [
        {"name": name, "containerPort": listening[name], "hostPort": settings[HOST_PORTS[name]], "protocol": "TCP"}
        for name in HOST_PORTS
    ]
    inner = [
        {"name": name, "containerPort": listening[name], "protocol": "TCP"}
        for name in ("traefik", *(["metrics"] if settings["metrics"] else []))
    ]
    ping = {"path": "/ping", "port": settings["ping"], "scheme": "HTTP"}
    if settings["host_network"] and settings["ping"] == "traefik":
        ping["host"] = LOOPBACK
    container: Object = {
        "name": NAME,
        "image": settings["image"],
        "args": arguments(settings),
        "ports": public + inner,
        "readinessProbe": {"httpGet": ping, "periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 1},
        "livenessProbe": {"httpGet": ping, "periodSeconds": 10, "timeoutSeconds": 2, "failureThreshold": 3},
        "startupProbe": {"httpGet": ping, "periodSeconds": 1, "timeoutSeconds": 2, "failureThreshold": 60},
        "resources": settings["resources"],
        "securityContext": _confined(readOnlyRootFilesystem=True),
        "volumeMounts": [mount for mount, _volume in _mounts(settings)],
    }
    if (settings.get("acme") or {}).get("secret"):
        container["envFrom"] = [{"secretRef": {"name": settings["acme"]["secret"]}}]
    return container


def _confined(**more: Any) -> Object:
    return {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, **more}


def _mounts(settings: Settings) -> Iterable[tuple[Object, Object]]:
    """Each mount with its volume. Middlewares buffer large requests and answers in files."""
    yield {"name": "tmp", "mountPath": "/tmp"}, {"name": "tmp", "emptyDir": {}}  # noqa: S108 (the pod's own)
    if settings["dashboard_users"]:
        mount = {"name": "dashboard", "mountPath": dirname(DASHBOARD_FILE), "readOnly": True}
        yield mount, {"name": "dashboard", "secret": {"secretName": DASHBOARD}}
    acme = settings.get("acme") or {}
    if acme:
        directory = {"path": acme.get("host_path") or "/var/lib/traefik", "type": "DirectoryOrCreate"}
        source = (
            {"persistentVolumeClaim": {"claimName": acme["claim"]}} if acme.get("claim") else {"hostPath": directory}
        )
        yield {"name": "acme", "mountPath": ACME_DIRECTORY}, {"name": "acme", **source}


def _owner(image: str) -> Object:
    """The kubelet creates a directory of the node as root. This init container gives it to Traefik's user."""
    return {
        "name": "acme-directory",
        "image": image,
        "command": ["chown", f"{USER}:{USER}", ACME_DIRECTORY],
        "securityContext": {
            **_confined(readOnlyRootFilesystem=True),
            "capabilities": {"drop": ["ALL"], "add": ["CHOWN"]},
            "runAsUser": 0,
            "runAsNonRoot": False,
        },
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
        "volumeMounts": [{"name": "acme", "mountPath": ACME_DIRECTORY}],
    }
