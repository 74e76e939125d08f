# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build Ingress objects from ``traefik_ingresses``: a host and a path, and the Service that serves them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import text
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.values import ingress_path, port, service_name
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.bounds import dns_label, dns_name, host

#: Traefik prefers the longest rule, and so a prefix to an exact path that it matches (seen with 3.7). Kubernetes
#: prefers the exact path. A priority corrects that; it applies to a whole Ingress.
PRIORITY = "traefik.ingress.kubernetes.io/router.priority"
FIRST = "1000000"

Entry = Mapping[str, Any]


def ingress(entry: Entry, ingress_class: str) -> dict[str, Any]:
    """The Ingress of one entry. Its rules are grouped by host, in the declared order."""
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
    return {rule.get("path_type", "Prefix") for rule in entry["rules"]}


def _path(rule: Entry) -> dict[str, Any]:
    stated = rule.get("port", 80)
    named = {"number": int(stated)} if str(stated).isdigit() else {"name": str(stated)}
    return {
        "path": rule.get("path", "/"),
        "pathType": rule.get("path_type", "Prefix"),
        "backend": {"service": {"name": rule["service"], "port": named}},
    }


def _tls(entry: Entry) -> dict[str, Any]:
    secret = {"secretName": entry["secret"]} if entry.get("secret") else {}
    return {**({"hosts": list(entry["hosts"])} if entry.get("hosts") else {}), **secret}


def problems(entries: Sequence[Entry], option: str) -> Iterator[Problem]:
    """Problems of the entries, whose types have been checked."""
    seen: dict[tuple[str, str], str] = {}
    for index, entry in enumerate(entries):
        path = f"{option}[{index}]"
        which = (entry.get("namespace", "default"), entry["name"])
        yield from dns_label(f"{path}.namespace", which[0])
        yield from dns_name(f"{path}.name", which[1], "an Ingress")
        if not entry["rules"]:
            yield Problem(f"{path}.rules", None, "is missing", "Every Ingress has a name and rules.")
        if which in seen:
            yield Problem(f"{path}.name", which[1], f"is also that of {seen[which]}", "Give each a name of its own.")
        seen.setdefault(which, path)
        if len(_types(entry)) > 1:
            reason = "mixes path types, and Traefik prefers the longer rule to the exact one"
            yield Problem(f"{path}.rules", None, reason, "Give Exact rules an entry of their own; it comes first.")
        for place, rule in enumerate(entry["rules"]):
            yield from _rule_problems(f"{path}.rules[{place}]", rule)
        for place, each in enumerate(entry.get("tls") or ()):
            for number, name in enumerate(each.get("hosts") or ()):
                yield from host(f"{path}.tls[{place}].hosts[{number}]", name)
            if each.get("secret"):
                yield from dns_name(f"{path}.tls[{place}].secret", each["secret"], "a Secret")


def _rule_problems(path: str, rule: Entry) -> Iterator[Problem]:
    if rule.get("host"):
        yield from host(f"{path}.host", rule["host"])
    yield from service_name(f"{path}.service", rule["service"])
    stated = rule.get("port", 80)
    number = isinstance(stated, str) and re.fullmatch(r"-?[0-9]+", stated)
    yield from port(f"{path}.port", int(stated) if number else stated, by_name=True)
    yield from ingress_path(f"{path}.path", rule.get("path", "/"), rule.get("path_type", "Prefix"))
