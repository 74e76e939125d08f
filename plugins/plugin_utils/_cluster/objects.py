# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kubernetes objects as data: whose they are, in which order they come, and what is to be done about them.

An object is a dictionary as the API takes it. It is identified by group, kind, namespace and name; its version is how
it is written, not what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Object = Mapping[str, Any]

#: The label that says which role made an object. Objects without it are never changed without consent, nor removed.
OWNER = "k8s-edge.ha/owner"

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


def labelled(each: Object, owner: str) -> dict[str, Any]:
    """The object with its owner written on it."""
    metadata = each.get("metadata") or {}
    return {**each, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), OWNER: owner}}}


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


def plan(objects: Sequence[Object], owner: str, found: Sequence[Object]) -> dict[str, Any]:
    """All decisions about the declared objects, given what was found of them in the cluster.

    ``foreign``: there and not ours. ``apply``: what to apply, in calls of one kind of secrecy. ``rehearse``: the part
    of it that the API can be asked about before anything is there. ``unseen``: the other part, in words. ``leaving``:
    what was ours and is no longer declared, in the order of removal. ``workloads``: whose roll-out to wait for.
    ``lasting``: there with something else in a field that cannot be changed, which is named.
    """
    there = {identity(each): each for each in found}
    ours = {which for which, each in there.items() if owner_of(each) == owner}
    wanted = in_order(objects)
    names = {identity(each) for each in wanted}
    foreign = [which for which in map(identity, wanted) if which in there and which not in ours]
    # A namespace of others serves as it is: it gets no label of ours, so it is never removed.
    apply = [each for each in wanted if not (identity(each) in foreign and each["kind"] == "Namespace")]
    seen = [each for each in apply if not _waits_for_another(each, wanted, set(there))]
    return {
        "foreign": [str(which) for which in foreign if which.kind != "Namespace"],
        "apply": _calls(apply),
        "rehearse": _calls(seen),
        "unseen": [str(identity(each)) for each in apply if each not in seen],
        "leaving": leaving([each for each in found if identity(each) not in names], owner),
        "lasting": [said for each in apply for said in _lasting(each, there.get(identity(each)))],
        "workloads": [reference(each) for each in wanted if each["kind"] in WORKLOADS],
    }


def leaving(found: Sequence[Object], owner: str) -> dict[str, Any]:
    """What goes of that which was found, in the order of removal; namespaces apart, since others may live in them."""
    ours = [each for each in reversed(in_order(found)) if owner_of(each) == owner]
    stubs = [{"apiVersion": each["apiVersion"], "kind": each["kind"], "metadata": _named(each)} for each in ours]
    return {
        "objects": [each for each in stubs if each["kind"] != "Namespace"],
        "namespaces": [each["metadata"]["name"] for each in stubs if each["kind"] == "Namespace"],
    }


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
    """Whether all that is declared is there: the rest are defaults, and what somebody else has added."""
    if isinstance(declared, Mapping) and isinstance(kept, Mapping):
        return all(key in kept and _within(value, kept[key]) for key, value in declared.items())
    return bool(declared == kept)


def _named(each: Object) -> dict[str, str]:
    which = identity(each)
    return {"name": which.name, **({"namespace": which.namespace} if which.namespace else {})}


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


def _calls(objects: Sequence[Object]) -> list[dict[str, Any]]:
    """Objects in calls: one, unless a kind has to be known before the rest, or a secret kept apart from it."""
    calls: list[dict[str, Any]] = []
    for each in objects:
        nature = {"secret": each["kind"] == "Secret", "kinds": each["kind"] == "CustomResourceDefinition"}
        if not calls or any(calls[-1][key] != value for key, value in nature.items()):
            calls.append({**nature, "objects": []})
        calls[-1]["objects"].append(each)
    return [{**call, "about": _about(call["objects"])} for call in calls]


def _about(objects: Sequence[Object]) -> str:
    counts: dict[str, int] = {}
    for each in objects:
        counts[each["kind"]] = counts.get(each["kind"], 0) + 1
    return ", ".join(kind if count == 1 else f"{count} {kind}" for kind, count in counts.items())
