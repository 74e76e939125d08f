# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what in the stand-in for the API, by the ClusterRoles and ClusterRoleBindings that are in it.

A token is the name of a user; one that begins with "expired" is nobody's (401). Without a token anything goes. Words
and rules are those of Kubernetes' RBAC: what a ClusterRole gives, who makes or binds it must have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Objects = Mapping[Any, dict[str, Any]]
RBAC = "rbac.authorization.k8s.io"
VERBS = {"POST": "create", "PATCH": "patch", "DELETE": "delete", "GET": "get", "PUT": "update"}


def missing(objects: Objects, user: str, verb: str, key: Any) -> str | None:
    """Why a user may not do that, in the API's words."""
    version, plural, namespace, name = key
    group = version.rpartition("/")[0]
    if _allowed(objects, user, verb, group, plural):
        return None
    named = f"{plural}{'.' + group if group else ''}{f' {chr(34)}{name}{chr(34)}' if name else ''}"
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    return f'{named} is forbidden: User "{user}" cannot {verb} resource "{plural}" in API group "{group}" {where}'


def given_away(objects: Objects, user: str, key: Any, body: Mapping[str, Any]) -> str | None:
    """Which rights of a role or binding its maker does not have."""
    if key[1] == "clusterroles":
        rules = body.get("rules") or ()
    elif key[1] == "clusterrolebindings":
        role = (f"{RBAC}/v1", "clusterroles", "", (body.get("roleRef") or {}).get("name"))
        rules = objects.get(role, {}).get("rules") or ()
    else:
        return None
    lacking = [
        f'{{APIGroups:["{group}"], Resources:["{resource}"], Verbs:["{verb}"]}}'
        for verb, group, resource in _single(rules)
        if not _allowed(objects, user, verb, group, resource)
    ]
    if not lacking:
        return None
    return (
        f'{key[1]}.{RBAC} "{key[3]}" is forbidden: user "{user}" (groups=["system:authenticated"]) is attempting to '
        "grant RBAC permissions not currently held:\n" + "\n".join(lacking)
    )


def _single(rules: Any) -> Iterator[tuple[str, str, str]]:
    for rule in rules:
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                for verb in rule["verbs"]:
                    yield verb, group, resource


def _allowed(objects: Objects, user: str, verb: str, group: str, resource: str) -> bool:
    for (_, plural, _, _), binding in list(objects.items()):
        if plural == "clusterrolebindings" and user in [each["name"] for each in binding.get("subjects") or ()]:
            role = (f"{RBAC}/v1", "clusterroles", "", binding["roleRef"]["name"])
            if (verb, group, resource) in _single(objects.get(role, {}).get("rules") or ()):
                return True
    return False
