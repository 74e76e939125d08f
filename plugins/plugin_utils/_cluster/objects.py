# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubernetes objects as data: whose they are, in which order they come, and what is to be done about them.

An object is a dictionary as the API takes it. It is identified by group, kind, namespace and name; its version is how
it is written, not what it is.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from json import loads
from typing import Any, NamedTuple

Object = Mapping[str, Any]

#: The label that says which role made an object. Objects without it are never changed without consent, nor removed.
OWNER = "k8s-edge.ha/owner"

#: Where kubernetes.core, like kubectl, writes what it has applied.
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

#: What is created first; removed in the opposite order. Kinds that are not named come between Service and workloads.
ORDER = (
    "Namespace",
    "CustomResourceDefinition",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Secret",
    "ConfigMap",
    "PersistentVolumeClaim",
    "IngressClass",
    "Service",
    "",
    "DaemonSet",
    "StatefulSet",
    "Deployment",
    "Ingress",
)

#: Kinds that live in no namespace.
CLUSTER_WIDE = ("Namespace", "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "IngressClass")

#: Kinds whose pods are rolled out.
WORKLOADS = ("DaemonSet", "Deployment", "StatefulSet")

#: What the API keeps as it was made, whoever asks.
LASTING = {
    "DaemonSet": (("spec", "selector"),),
    "Deployment": (("spec", "selector"),),
    "StatefulSet": (("spec", "selector"),),
    "ClusterRoleBinding": (("roleRef",),),
    "RoleBinding": (("roleRef",),),
    "IngressClass": (("spec", "controller"),),
    "Secret": (("type",),),
    "Service": (("spec", "clusterIP"), ("spec", "loadBalancerClass")),
}

#: What every namespace has without anybody's doing.
EVERYWHERE = {
    ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "istio-ca-root-cert"),
    ("ConfigMap", "openshift-service-ca.crt"),
    ("ServiceAccount", "builder"),
    ("ServiceAccount", "default"),
    ("ServiceAccount", "deployer"),
}

#: Secrets that a cluster makes by itself for the accounts of each namespace: tokens, and OpenShift's for its registry.
OF_ACCOUNTS = ("kubernetes.io/service-account-token", "kubernetes.io/dockercfg")


class Identity(NamedTuple):
    """Which object it is; ``namespace`` is empty where the kind lives in none."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace + '/' if self.namespace else ''}{self.name}"


def identity(each: Object) -> Identity:
    """Which object a dictionary describes."""
    metadata = each.get("metadata") or {}
    group = str(each.get("apiVersion", "")).rpartition("/")[0]
    return Identity(
        group, str(each.get("kind", "")), str(metadata.get("namespace") or ""), str(metadata.get("name", ""))
    )


def owner_of(each: Object) -> str:
    """Which role made an object; empty for those of others."""
    return str(((each.get("metadata") or {}).get("labels") or {}).get(OWNER, ""))


def text(value: Any) -> str:
    """A value of YAML as the API's maps of texts want it: ``true`` without quotes is meant as it was written."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def in_order(objects: Iterable[Object]) -> list[Object]:
    """Objects in the order in which they can be created; those of one kind as they were declared."""
    place = {kind: index for index, kind in enumerate(ORDER)}
    return sorted(objects, key=lambda each: place.get(str(each.get("kind")), place[""]))


def fit(each: Object, owner: str) -> dict[str, Any]:
    """The object with its owner written on it, and the texts of a Secret as the API keeps them."""
    metadata = each.get("metadata") or {}
    made = {**each, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), OWNER: owner}}}
    stated = made.pop("stringData", None) if each["kind"] == "Secret" else None
    if stated:
        encoded = {name: b64encode(str(value).encode()).decode() for name, value in stated.items()}
        made["data"] = {**(made.get("data") or {}), **encoded}
    return made


def kinds(objects: Iterable[Object], further: Iterable[Mapping[str, Any]] = ()) -> list[dict[str, str]]:
    """The kinds of objects and further ones, each once, as k8s_edge.ha.kubernetes_info takes them."""
    found: dict[Any, dict[str, str]] = {}
    stated = [(str(each["apiVersion"]), str(each["kind"])) for each in objects]
    for version, kind in [*stated, *((str(each["api_version"]), str(each["kind"])) for each in further)]:
        found.setdefault((version.rpartition("/")[0], kind), {"api_version": version, "kind": kind})
    return list(found.values())


def unread(objects: Sequence[Object], owned: Sequence[Object]) -> list[dict[str, str]]:
    """What to look up by name, since it is declared and not among ours: it may be there and somebody else's."""
    known = {identity(each) for each in owned}
    return [reference(each) for each in objects if identity(each) not in known]


def reference(each: Object) -> dict[str, str]:
    """An object's coordinates, as k8s_edge.ha.kubernetes_info takes them."""
    which = identity(each)
    return {
        "api_version": str(each["apiVersion"]),
        "kind": which.kind,
        "name": which.name,
        "namespace": which.namespace,
    }


class Plan(NamedTuple):
    """All decisions about declared objects, given what was found of them in the cluster.

    ``foreign``: there and not ours. ``lasting``: there with something else in a field that cannot be changed.
    ``apply``: what has to be applied, since it is new or may differ. ``unseen``: the part of it that the API cannot be
    asked about beforehand, since its namespace or kind comes with the same declaration. ``leaving`` and ``namespaces``:
    what was ours and is no longer declared, in the order of removal. ``workloads``: whose roll-out to wait for.
    """

    foreign: list[Object]
    lasting: list[str]
    apply: list[Object]
    unseen: list[Object]
    leaving: list[Object]
    namespaces: list[Object]
    workloads: list[Object]


def plan(objects: Sequence[Object], owner: str, found: Sequence[Object]) -> Plan:
    """All decisions in one value."""
    there = {identity(each): each for each in found}
    ours = {which for which, each in there.items() if owner_of(each) == owner}
    wanted = in_order(objects)
    names = {identity(each) for each in wanted}
    foreign = [each for each in wanted if identity(each) in there and identity(each) not in ours]
    # A namespace of others serves as it is: it gets no label of ours, so it is never removed.
    mine = [each for each in wanted if not (each in foreign and each["kind"] == "Namespace")]
    apply = [each for each in mine if not _as_applied(each, there.get(identity(each)))]
    goes = [each for each in reversed(in_order(found)) if owner_of(each) == owner and identity(each) not in names]
    return Plan(
        foreign=[each for each in foreign if each["kind"] != "Namespace"],
        lasting=[said for each in mine for said in _lasting(each, there.get(identity(each)))],
        apply=apply,
        unseen=[each for each in apply if _waits_for_another(each, wanted, set(there))],
        leaving=[each for each in goes if each["kind"] != "Namespace"],
        namespaces=[each for each in goes if each["kind"] == "Namespace"],
        workloads=[each for each in wanted if each["kind"] in WORKLOADS],
    )


def others_keys(each: Object, found: Object | None) -> list[str]:
    """Keys of a ConfigMap of ours that neither we nor our last run wrote: the programs that read it read them too."""
    if each["kind"] != "ConfigMap" or found is None:
        return []
    last = _last_applied(found) or {}
    known = {*(each.get("data") or {}), *(last.get("data") or {})}
    return [f"{identity(each)} data.{key}" for key in found.get("data") or {} if key not in known]


def _last_applied(found: Object) -> Any:
    text = (found["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    return loads(text) if text else None


def _as_applied(each: Object, found: Object | None) -> bool:
    """Whether applying it would surely change nothing: it was applied as it is, and all of it is still there.

    Where that cannot be told, since the API writes a value otherwise than it was declared, the API is asked.
    """
    return found is not None and _last_applied(found) == each and _within(each, found)


def tenants(found: Iterable[Object], owner: str) -> list[str]:
    """Who else lives in a namespace: what is neither ours, nor a controller's, nor in every namespace."""
    return [
        str(identity(each))
        for each in found
        if owner_of(each) != owner
        and not each["metadata"].get("ownerReferences")
        and (each["kind"], each["metadata"]["name"]) not in EVERYWHERE
        and each.get("type") not in OF_ACCOUNTS
    ]


def _lasting(each: Object, found: Object | None) -> Iterable[str]:
    """The fields of an object that would have to change and cannot."""
    for path in LASTING.get(str(each["kind"]), ()) if found is not None else ():
        declared, kept = _at(each, path), _at(found, path)
        if declared is not None and kept is not None and not _within(declared, kept):
            yield "{} ({})".format(identity(each), ".".join(path))


def _at(each: Any, path: Sequence[str]) -> Any:
    for key in path:
        each = (each or {}).get(key)
    return each


def _within(declared: Any, kept: Any) -> bool:
    """Whether all that is declared is there: the rest are defaults, and what somebody else has added. What is empty is
    left out by the API."""
    if isinstance(declared, Mapping) and isinstance(kept, Mapping):
        return all(_within(value, kept.get(key)) for key, value in declared.items())
    if isinstance(declared, list) and isinstance(kept, list):
        return len(declared) == len(kept) and all(map(_within, declared, kept))
    return bool(declared == kept) or (kept is None and not declared)


def _waits_for_another(each: Object, wanted: Sequence[Object], there: set[Identity]) -> bool:
    """Whether an object cannot be rehearsed: its namespace or its kind comes with the same declaration."""
    which = identity(each)
    for other in wanted:
        if identity(other) in there:
            continue
        if other["kind"] == "Namespace" and identity(other).name == which.namespace:
            return True
        if other["kind"] == "CustomResourceDefinition":
            defined = other["spec"]
            if (defined["group"], defined["names"]["kind"]) == (which.group, which.kind):
                return True
    return False
