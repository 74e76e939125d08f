# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Kubernetes objects of kube-vip: one instance for the control plane, one for services, with separate leases and
rights.

They are separate because one process with both roles answers for one address in two places when the elections differ
(kube-vip issues 665 and 947). Names of environment variables are those of kube-vip's pkg/kubevip/config_envvar.go."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from ipaddress import ip_address
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import text
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kube_vip.settings import Settings, newer, settings_of

RBAC = "rbac.authorization.k8s.io"
SECRET = "kube-vip-bgp"  # noqa: S105 (the name of an object)
READ = ["get", "list", "watch"]


class Instance(NamedTuple):
    """The differences between the two instances: name and settings."""

    name: str
    own: Mapping[str, Any]


#: The rights of each instance in the cluster: group, resources, verbs.
RIGHTS: dict[str, tuple[tuple[str, list[str], list[str]], ...]] = {
    "kube-vip-control-plane": (
        ("", ["nodes"], [*READ, "update", "patch"]),
        ("", ["services", "endpoints"], READ),
        ("", ["pods"], ["list"]),
        ("discovery.k8s.io", ["endpointslices"], READ),
        ("coordination.k8s.io", ["leases"], [*READ, "create", "update"]),
        ("", ["events"], ["create", "patch"]),
    ),
    "kube-vip-services": (
        ("", ["services/status"], ["update", "patch"]),
        ("", ["services", "endpoints"], [*READ, "update"]),
        ("", ["nodes"], [*READ, "update", "patch"]),
        ("", ["pods"], ["list"]),
        ("discovery.k8s.io", ["endpointslices"], [*READ, "update"]),
        ("coordination.k8s.io", ["leases"], [*READ, "create", "update"]),
        ("", ["events"], ["create", "patch"]),
    ),
}


def objects(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects of both instances in order of creation. Raises InputError with every problem in the settings."""
    settings = settings_of(given)
    found: list[dict[str, Any]] = []
    if settings.bgp and _secret(settings):
        found.append(_bgp_secret(settings))
    for instance in instances(settings):
        found += [*_rights(instance, settings), _daemon_set(instance, settings)]
    return found


def static_pod(given: Mapping[str, Any], kubeconfig: str) -> dict[str, Any]:
    """The control plane's instance as a static pod, which a kubelet runs before the API is available.

    ``kubeconfig``: a file on the host. It is mounted where kube-vip expects it. In the pod the name ``kubernetes``,
    which kube-vip uses for the API server, resolves to the host itself."""
    settings = settings_of(given)
    if not settings.control_plane.get("static_pod"):
        reason, remedy = "is not true: the DaemonSet would serve the same address", "Set it, or leave the pod out."
        refuse([Problem("kube_vip_control_plane.static_pod", None, reason, remedy)])
    if settings.bgp and _secret(settings):
        reason, remedy = "cannot be kept secret in a static pod", "Leave the password out, or run the DaemonSet."
        refuse([Problem("kube_vip_bgp.peers", None, reason, remedy)])
    instance = _control_plane(settings)
    pod = _pod(instance, settings)
    container = pod["containers"][0]
    mount = {"name": "kubeconfig", "mountPath": "/etc/kubernetes/admin.conf", "readOnly": True}
    container["volumeMounts"] = [mount]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": instance.name, "namespace": settings.namespace, "labels": _labels(instance)},
        "spec": {
            **{key: pod[key] for key in ("containers", "hostNetwork", "priorityClassName")},
            "hostAliases": [{"ip": "127.0.0.1", "hostnames": ["kubernetes"]}],
            "volumes": [{"name": "kubeconfig", "hostPath": {"path": kubeconfig, "type": "File"}}],
        },
    }


def instances(settings: Settings) -> list[Instance]:
    """The instances that run as a DaemonSet; the control plane's comes first."""
    found = [] if settings.control_plane.get("static_pod") else [_control_plane(settings)]
    found.append(Instance("kube-vip-services", settings.services))
    return [each for each in found if each.own]


def _control_plane(settings: Settings) -> Instance:
    return Instance("kube-vip-control-plane", settings.control_plane)


def _labels(instance: Instance) -> dict[str, str]:
    return {"app.kubernetes.io/name": "kube-vip", "app.kubernetes.io/instance": instance.name}


def _rights(instance: Instance, settings: Settings) -> Iterator[dict[str, Any]]:
    named = {"name": instance.name, "labels": _labels(instance)}
    account = {"kind": "ServiceAccount", "name": instance.name, "namespace": settings.namespace}
    yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {**named, "namespace": settings.namespace}}
    yield {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRole",
        "metadata": {**named, "name": f"system:{instance.name}"},
        "rules": [
            {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}
            for group, resources, verbs in RIGHTS[instance.name]
        ],
    }
    yield {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {**named, "name": f"system:{instance.name}"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": f"system:{instance.name}"},
        "subjects": [account],
    }


def _daemon_set(instance: Instance, settings: Settings) -> dict[str, Any]:
    labels = _labels(instance)
    template: dict[str, Any] = {"labels": labels}
    if settings.bgp and _secret(settings):
        # Pods read the Secret at start, so a new password must restart them. The digest is too short to reveal it.
        template["annotations"] = {"k8s-edge.ha/bgp": sha256(_peers(settings.bgp["peers"]).encode()).hexdigest()[:4]}
    pod = _pod(instance, settings)
    expressions = [
        {"key": key, "operator": "Exists"} if value is None else {"key": key, "operator": "In", "values": [text(value)]}
        for key, value in instance.own["nodes"].items()
    ]
    if expressions:
        terms = {"nodeSelectorTerms": [{"matchExpressions": expressions}]}
        pod["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    if instance.own["tolerations"]:
        pod["tolerations"] = list(instance.own["tolerations"])
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": instance.name, "namespace": settings.namespace, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            # The pods use the same metrics port of the node, so an old pod must stop before its successor starts.
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
            "template": {"metadata": template, "spec": {**pod, "serviceAccountName": instance.name}},
        },
    }


def _pod(instance: Instance, settings: Settings) -> dict[str, Any]:
    capabilities = {"add": ["NET_ADMIN", "NET_RAW"], "drop": ["ALL"]}
    return {
        "containers": [
            {
                "name": "kube-vip",
                "image": settings.image,
                "imagePullPolicy": "IfNotPresent",
                "args": ["manager"],
                "env": _environment(instance, settings),
                "resources": dict(settings.resources),
                "securityContext": {"allowPrivilegeEscalation": False, "capabilities": capabilities},
            }
        ],
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
    }


def _environment(instance: Instance, settings: Settings) -> list[dict[str, Any]]:
    """The environment variables, all strings. Those set by hand override the derived ones."""
    control_plane = instance.own is settings.control_plane
    # With BGP every node has the address at once, so it must not be on interfaces that the nodes share.
    interface = instance.own.get("interface") or ("lo" if settings.mode == "bgp" else None)
    made: dict[str, Any] = {
        "vip_arp": settings.mode == "arp",
        "port": instance.own.get("port"),
        "vip_interface": interface,
        "vip_nodename": {"fieldRef": {"fieldPath": "spec.nodeName"}},
        "vip_subnet" if newer(settings.version, (0, 9)) else "vip_cidr": instance.own.get("subnet"),
        "vip_leaderelection": settings.mode == "arp",
        "vip_leaseduration": settings.lease_duration,
        "vip_renewdeadline": settings.renew_deadline,
        "vip_retryperiod": settings.retry_period,
        "prometheus_server": f":{instance.own['metrics_port']}",
    }
    if control_plane:
        made.update(
            cp_enable=True,
            cp_namespace=settings.namespace,
            vip_leasename=instance.own["lease_name"],
            address=",".join(instance.own["addresses"]),
            lb_enable=instance.own.get("load_balancer") or None,
            lb_port=instance.own["port"] if instance.own.get("load_balancer") else None,
        )
    else:
        made.update(
            svc_enable=True,
            # The namespace whose Services are watched. The namespace of the leases is another setting.
            svc_namespace=instance.own["watch_namespace"],
            svc_leasename=instance.own["lease_name"],
            svc_election=bool(instance.own.get("election")),
            vip_servicesinterface=interface,
            lb_class_only=bool(instance.own.get("load_balancer_class")) or None,
            lb_class_name=instance.own.get("load_balancer_class") or None,
        )
    made.update(_bgp(settings))
    made.update(settings.environment)
    return [{"name": name, **_value(value)} for name, value in made.items() if value not in (None, "")]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {"valueFrom": value}
    return {"value": text(value)}


def _bgp(settings: Settings) -> dict[str, Any]:
    if not settings.bgp:
        return {}
    from_secret = {"secretKeyRef": {"name": SECRET, "key": "bgp_peers"}}
    return {
        "bgp_enable": True,
        "bgp_routerid": settings.bgp.get("router_id"),
        "bgp_routerinterface": settings.bgp.get("router_interface"),
        "bgp_as": settings.bgp["as"],
        "bgp_peers": from_secret if _secret(settings) else _peers(settings.bgp["peers"]),
    }


def _secret(settings: Settings) -> bool:
    return any(peer.get("password") for peer in settings.bgp["peers"])


def _peers(peers: Sequence[Mapping[str, Any]]) -> str:
    """BGP peers in kube-vip's notation: address:AS:password:multihop, with IPv6 addresses in brackets."""
    stated = []
    for peer in peers:
        address = str(peer["address"])
        host = f"[{address}]" if ip_address(address).version == 6 else address
        multihop = str(bool(peer.get("multihop"))).lower()
        stated.append(f"{host}:{peer['as']}:{peer.get('password') or ''}:{multihop}")
    return ",".join(stated)


def _bgp_secret(settings: Settings) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET, "namespace": settings.namespace},
        "type": "Opaque",
        "data": {"bgp_peers": b64encode(_peers(settings.bgp["peers"]).encode()).decode()},
    }
