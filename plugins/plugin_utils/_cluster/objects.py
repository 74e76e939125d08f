# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubernetes objects as data: their owner, their order, and the plan of what to do about them.

An object is a dictionary as the API takes it. It is identified by group, kind, namespace and name. Its API version is
only a notation."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from json import loads
from typing import Any, NamedTuple

Object = Mapping[str, Any]

#: The label that names the role that created an object. Objects without it are neither changed without consent nor
#: removed.
OWNER = "k8s-edge.ha/owner"

#: The annotation in which kubernetes.core, like kubectl, records the last applied object.
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

#: Kinds in order of creation; removal is in reverse. Kinds that are not listed come between Service and workloads.
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

#: Kinds that have no namespace.
CLUSTER_WIDE = ("Namespace", "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "IngressClass")

#: Kinds with a roll-out of pods.
WORKLOADS = ("DaemonSet", "Deployment", "StatefulSet")

#: Fields that cannot be changed after creation.
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

#: Objects that Kubernetes itself creates in every namespace.
EVERYWHERE = {
    ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "istio-ca-root-cert"),
    ("ConfigMap", "openshift-service-ca.crt"),
    ("ServiceAccount", "builder"),
    ("ServiceAccount", "default"),
    ("ServiceAccount", "deployer"),
}

#: Types of Secrets that a cluster creates for the service accounts of each namespace: tokens, and OpenShift's registry
#: credentials.
OF_ACCOUNTS = ("kubernetes.io/service-account-token", "kubernetes.io/dockercfg")


class Identity(NamedTuple):
    """Identifies an object. ``namespace`` is empty for kinds without one."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace + '/' if self.namespace else ''}{self.name}"


def identity(each: Object) -> Identity:
    """The identity of an object."""
    metadata = each.get("metadata") or {}
    group = str(each.get("apiVersion", "")).rpartition("/")[0]
    return Identity(
        group, str(each.get("kind", "")), str(metadata.get("namespace") or ""), str(metadata.get("name", ""))
    )


def owner_of(each: Object) -> str:
    """The role that created an object; empty for objects of others."""
    return str(((each.get("metadata") or {}).get("labels") or {}).get(OWNER, ""))


def text(value: Any) -> str:
    """A YAML value as a string for the API's maps of strings: an unquoted ``true`` becomes ``"true"``."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def in_order(objects: Iterable[Object]) -> list[Object]:
    """Objects in order of creation. Objects of one kind keep the declared order."""
    place = {kind: index for index, kind in enumerate(ORDER)}
    return sorted(objects, key=lambda each: place.get(str(each.get("kind")), place[""]))


def fit(each: Object, owner: str) -> dict[str, Any]:
    """The object with the owner label, and with the data of a Secret in base64, as the API stores it."""
    metadata = each.get("metadata") or {}
    made = {**each, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), OWNER: owner}}}
    stated = made.pop("stringData", None) if each["kind"] == "Secret" else None
    if stated:
        encoded = {name: b64encode(str(value).encode()).decode() for name, value in stated.items()}
        made["data"] = {**(made.get("data") or {}), **encoded}
    return made


def kinds(objects: Iterable[Object], further: Iterable[Mapping[str, Any]] = ()) -> list[dict[str, str]]:
    """The kinds of ``objects`` and the ``further`` kinds, each once, as queries of k8s_edge.ha.kubernetes_info."""
    found: dict[Any, dict[str, str]] = {}
    stated = [(str(each["apiVersion"]), str(each["kind"])) for each in objects]
    for version, kind in [*stated, *((str(each["api_version"]), str(each["kind"])) for each in further)]:
        found.setdefault((version.rpartition("/")[0], kind), {"api_version": version, "kind": kind})
    return list(found.values())


def unread(objects: Sequence[Object], owned: Sequence[Object]) -> list[dict[str, str]]:
    """Queries for the declared objects that are not in ``owned``: they may exist and belong to others."""
    known = {identity(each) for each in owned}
    return [reference(each) for each in objects if identity(each) not in known]


def reference(each: Object) -> dict[str, str]:
    """A query of k8s_edge.ha.kubernetes_info for one object."""
    which = identity(each)
    return {
        "api_version": str(each["apiVersion"]),
        "kind": which.kind,
        "name": which.name,
        "namespace": which.namespace,
    }


class Plan(NamedTuple):
    """All decisions about the declared objects, based on what exists in the cluster.

    ``foreign``: existing objects of other owners. ``lasting``: fields that would have to change and cannot be changed.
    ``apply``: objects that are new or may differ. ``unseen``: those of them without a dry run, since their namespace or
    kind is created in the same run. ``leaving`` and ``namespaces``: objects of this owner that are no longer declared,
    in order of removal. ``workloads``: objects whose roll-out is awaited."""

    foreign: list[Object]
    lasting: list[str]
    apply: list[Object]
    unseen: list[Object]
    leaving: list[Object]
    namespaces: list[Object]
    workloads: list[Object]


def plan(objects: Sequence[Object], owner: str, found: Sequence[Object]) -> Plan:
    """Compute the plan for ``objects`` of ``owner``."""
    there = {identity(each): each for each in found}
    ours = {which for which, each in there.items() if owner_of(each) == owner}
    wanted = in_order(objects)
    names = {identity(each) for each in wanted}
    foreign = [each for each in wanted if identity(each) in there and identity(each) not in ours]
    # An existing namespace of another owner is used as it is. It gets no owner label, so it is never removed.
    mine = [each for each in wanted if not (each in foreign and each["kind"] == "Namespace")]
    apply = [each for each in mine if not _as_applied(each, there.get(identity(each)))]
    goes = [each for each in reversed(in_order(found)) if owner_of(each) == owner and identity(each) not in names]
    return Plan(
        foreign=[each for each in foreign if each["kind"] != "Namespace"],
        lasting=[reason for each in mine for reason in _lasting(each, there.get(identity(each)))],
        apply=apply,
        unseen=[each for each in apply if _waits_for_another(each, wanted, set(there))],
        leaving=[each for each in goes if each["kind"] != "Namespace"],
        namespaces=[each for each in goes if each["kind"] == "Namespace"],
        workloads=[each for each in wanted if each["kind"] in WORKLOADS],
    )


def others_keys(each: Object, found: Object | None) -> list[str]:
    """Keys of our ConfigMap that neither this nor the last run declared. The programs that read the ConfigMap read
    these too."""
    if each["kind"] != "ConfigMap" or found is None:
        return []
    last = _last_applied(found) or {}
    known = {*(each.get("data") or {}), *(last.get("data") or {})}
    return [f"{identity(each)} data.{key}" for key in found.get("data") or {} if key not in known]


def _last_applied(found: Object) -> Any:
    text = (found["metadata"].get("annotations") or {}).get(LAST_APPLIED)
    return loads(text) if text else None


def _as_applied(each: Object, found: Object | None) -> bool:
    """Whether applying the object certainly changes nothing: the last applied object is equal, and all its fields are
    still set.

    False if that is uncertain, because the API stores a value in another form; then the object is applied."""
    return found is not None and _last_applied(found) == each and _within(each, found)


def objects_of_others(found: Iterable[Object], owner: str) -> list[str]:
    """Objects of others in a namespace: not the owner's, not a controller's, and not in every namespace."""
    return [
        str(identity(each))
        for each in found
        if owner_of(each) != owner
        and not each["metadata"].get("ownerReferences")
        and (each["kind"], each["metadata"]["name"]) not in EVERYWHERE
        and each.get("type") not in OF_ACCOUNTS
    ]


def _lasting(each: Object, found: Object | None) -> Iterable[str]:
    """The immutable fields whose declared value differs."""
    for path in LASTING.get(str(each["kind"]), ()) if found is not None else ():
        declared, kept = _at(each, path), _at(found, path)
        if declared is not None and kept is not None and not _within(declared, kept):
            yield "{} ({})".format(identity(each), ".".join(path))


def _at(each: Any, path: Sequence[str]) -> Any:
    for key in path:
        each = (each or {}).get(key)
    return each


def _within(declared: Any, kept: Any) -> bool:
    """Whether ``kept`` has every declared value. Further values are defaults or set by others. The API omits empty
    values."""
    if isinstance(declared, Mapping) and isinstance(kept, Mapping):
        return all(_within(value, kept.get(key)) for key, value in declared.items())
    if isinstance(declared, list) and isinstance(kept, list):
        return len(declared) == len(kept) and all(map(_within, declared, kept))
    return bool(declared == kept) or (kept is None and not declared)


def _waits_for_another(each: Object, wanted: Sequence[Object], there: set[Identity]) -> bool:
    """Whether the object cannot have a dry run, because its namespace or kind is created in the same run."""
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
