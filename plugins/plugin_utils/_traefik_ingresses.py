# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ingress objects from ``traefik_ingresses``: a host and a path, and the Service that serves them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kubernetes import text

#: The keys of an entry, and of each of its rules.
KEYS = ("name", "namespace", "rules", "tls", "annotations")
RULE_KEYS = ("host", "path", "path_type", "service", "port")
TLS_KEYS = ("hosts", "secret")
PATH_TYPES = ("Prefix", "Exact", "ImplementationSpecific")

#: Traefik takes the longest rule, and so a prefix before an exact path that it leads to (seen with 3.7). Kubernetes
#: wants the exact one, and a priority, which goes for a whole Ingress, says so.
PRIORITY = "traefik.ingress.kubernetes.io/router.priority"
FIRST = "1000000"

Entry = Mapping[str, Any]


def ingress(entry: Entry, ingress_class: str) -> dict[str, Any]:
    """The object of one entry. Its rules are grouped by host, in the order in which they were written."""
    metadata: dict[str, Any] = {"name": entry["name"], "namespace": entry.get("namespace", "default")}
    annotations = {PRIORITY: FIRST} if _types(entry) == {"Exact"} else {}
    annotations |= {key: text(value) for key, value in (entry.get("annotations") or {}).items()}
    if annotations:
        metadata["annotations"] = annotations
    spec: dict[str, Any] = {"ingressClassName": ingress_class}
    if entry.get("tls"):
        spec["tls"] = [_tls(each) for each in entry["tls"]]
    paths: dict[str, list[dict[str, Any]]] = {}
    for rule in entry["rules"]:
        paths.setdefault(rule.get("host") or "", []).append(_path(rule))
    spec["rules"] = [{**({"host": host} if host else {}), "http": {"paths": each}} for host, each in paths.items()]
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def _types(entry: Entry) -> set[str]:
    return {rule.get("path_type", "Prefix") for rule in entry.get("rules") or () if isinstance(rule, Mapping)}


def _path(rule: Entry) -> dict[str, Any]:
    port = rule.get("port", 80)
    named = {"number": int(port)} if str(port).isdigit() else {"name": str(port)}
    return {
        "path": rule.get("path", "/"),
        "pathType": rule.get("path_type", "Prefix"),
        "backend": {"service": {"name": rule["service"], "port": named}},
    }


def _tls(entry: Entry) -> dict[str, Any]:
    secret = {"secretName": entry["secret"]} if entry.get("secret") else {}
    return {**({"hosts": list(entry["hosts"])} if entry.get("hosts") else {}), **secret}


def problems(entries: Sequence[Any], option: str) -> Iterable[Problem]:
    """What is wrong with the entries as they were written."""
    seen: dict[tuple[str, str], str] = {}
    for index, entry in enumerate(entries):
        path = f"{option}[{index}]"
        if not isinstance(entry, Mapping):
            yield Problem(path, entry, "is not a dictionary", "Write name and rules.")
            continue
        yield from _strange(path, entry, KEYS)
        for key in ("name", "rules"):
            if not entry.get(key):
                yield Problem(f"{path}.{key}", entry.get(key), "is missing", "Every Ingress has a name and rules.")
        which = (str(entry.get("namespace", "default")), str(entry.get("name")))
        if which in seen:
            yield Problem(f"{path}.name", which[1], f"is also that of {seen[which]}", "Give each a name of its own.")
        seen.setdefault(which, path)
        if len(_types(entry)) > 1:
            reason = "mixes path types, of which Traefik takes the longer rule and not the exact one"
            yield Problem(f"{path}.rules", None, reason, "Give Exact rules an entry of their own; it comes first.")
        for place, rule in enumerate(entry.get("rules") or ()):
            yield from _rule_problems(f"{path}.rules[{place}]", rule)
        for place, each in enumerate(entry.get("tls") or ()):
            yield from _strange(f"{path}.tls[{place}]", each, TLS_KEYS)


def _rule_problems(path: str, rule: Any) -> Iterable[Problem]:
    if not isinstance(rule, Mapping):
        yield Problem(path, rule, "is not a dictionary", "Write host, path, service and port.")
        return
    yield from _strange(path, rule, RULE_KEYS)
    if not rule.get("service"):
        yield Problem(f"{path}.service", None, "is missing", "Name the Service that serves the path.")
    if not str(rule.get("path", "/")).startswith("/"):
        yield Problem(f"{path}.path", rule["path"], "does not begin with '/'", "Write for example /api.")
    if rule.get("path_type", "Prefix") not in PATH_TYPES:
        yield Problem(f"{path}.path_type", rule["path_type"], "is unknown", "Use {}.".format(", ".join(PATH_TYPES)))


def _strange(path: str, entry: Any, known: Sequence[str]) -> Iterable[Problem]:
    if not isinstance(entry, Mapping):
        yield Problem(path, entry, "is not a dictionary", "Write {}.".format(", ".join(known)))
        return
    for key in entry:
        if key not in known:
            yield Problem(path, key, "is not a key there", "Use: {}.".format(", ".join(known)))
