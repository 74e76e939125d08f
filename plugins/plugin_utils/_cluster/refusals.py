# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API refuses, in words: object, field, reason, remedy. Pure.

kubernetes.core puts the API's answer, a Status (https://kubernetes.io/docs/reference/using-api/api-concepts/), as the
text of Python's bytes somewhere in its message, and what is no answer (no connection, no credentials) as text alone.
The words of RBAC's refusals are those of apiserver's pkg/endpoints/handlers/responsewriters and of pkg/registry/rbac.
"""

from __future__ import annotations

import json
import re
from ast import literal_eval
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

#: Where the rights are that the kubeconfig needs.
RIGHTS = "roles/kubernetes_objects/files/cluster_role.yml"

#: ansible-core from 2.19 on keeps nothing of a module that crashes under ``failed_when``, and kubernetes.core 6.2
#: crashes where the API refuses discovery.
UNSAID = (
    "The API gives no answer that kubernetes.core could read. Most often it does not know who asks (401 Unauthorized): "
    "the kubeconfig's token or certificate is wrong or has expired. Give another (k8s_edge_kubeconfig); "
    "`kubectl get nodes` with the same file tells more."
)

_LITERAL = re.compile(r"""b'(?:[^'\\]|\\.)*'|b"(?:[^"\\]|\\.)*\"""")
_MISSING = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) resource "(?P<resource>[^"]*)" in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]*)")?'
)
_GRANTS = re.compile(
    r'user "(?P<user>[^"]*)".*is attempting to grant RBAC permissions not currently held:(?P<rules>.*)', re.S
)
_LASTING = re.compile(r"immutable|may not (?:be )?change|cannot (?:be )?change|updates to .* are forbidden", re.I)
_VALUE = re.compile(r'(Invalid value|Unsupported value|Duplicate value): (?:"(?:[^"\\]|\\.)*"|[^:]*)')
_LONGEST = 600


class Refusal(NamedTuple):
    """One refusal in words, and whether the user lacks a right."""

    text: str
    unauthorised: bool = False


def refusals(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """A sentence or two for each answer that is none, each said once, and last what to do where rights are missing."""
    found = list(dict.fromkeys(refusal for each in results for refusal in _refusal(each)))
    said = [each.text for each in found]
    if any(each.unauthorised for each in found):
        said.append(
            f"All rights that the kubeconfig needs are in {RIGHTS} of this collection: an administrator applies the "
            "file and binds the ClusterRole to the user."
        )
    return said


def _refusal(result: Mapping[str, Any]) -> Iterator[Refusal]:
    text = str(result.get("msg") or "")
    if not text and "failed_when_suppressed_exception" in result and not {"resources", "result"} & set(result):
        yield Refusal(UNSAID)
        return
    if not text or "resources" in result or result.get("skipped"):
        return
    item = result.get("item")
    secret = isinstance(item, Mapping) and (bool(item.get("secret")) or item.get("kind") == "Secret")
    status = _status(f"{text}\n{result.get('exception') or ''}\n{result.get('module_stderr') or ''}")
    if status is None:
        yield Refusal(
            "A Secret is refused; the reason may hold its data and is not shown."
            if secret
            else _without_status(text, result)
        )
        return
    for refusal in _words(status, _about(status)):
        yield refusal._replace(text=_VALUE.sub(r"\1", refusal.text)) if secret else refusal


def _status(text: str) -> dict[str, Any] | None:
    """The API's answer in a message of kubernetes.core: as Python's bytes, or as it came."""
    for found in _documents(text):
        if isinstance(found, dict) and found.get("kind") == "Status":
            return found
    return None


def _documents(text: str) -> Iterator[Any]:
    for literal in _LITERAL.findall(text):
        with suppress(ValueError, SyntaxError):
            yield json.loads(literal_eval(literal))
    for start in re.finditer(r'\{\s*"', text):
        with suppress(ValueError):
            yield json.JSONDecoder().raw_decode(text, start.start())[0]


def _about(status: Mapping[str, Any]) -> str:
    details = status.get("details") or {}
    return " ".join(str(details[key]) for key in ("kind", "name") if details.get(key))


def _words(status: Mapping[str, Any], about: str) -> Iterator[Refusal]:
    code, message = status.get("code"), " ".join(str(status.get("message") or status.get("reason") or "").split())
    missing, grants = _MISSING.search(message), _GRANTS.search(message)
    causes = (status.get("details") or {}).get("causes") or ()
    if code == 401:
        yield Refusal(
            "The API does not know who asks (401 Unauthorized). The kubeconfig's token or certificate is wrong or has "
            "expired: give another (k8s_edge_kubeconfig)."
        )
    elif missing:
        where = f"in namespace {missing['namespace']}" if missing["namespace"] else "in the whole cluster"
        group = f" of API group {missing['group']}" if missing["group"] else ""
        yield Refusal(
            f"User {missing['user']} may not {missing['verb']} {missing['resource']}{group} {where} (403 Forbidden).",
            True,
        )
    elif grants:
        yield Refusal(
            f"{about}: user {grants['user']} would give rights that it does not have itself (403 Forbidden):"
            f" {grants['rules'].strip()}.",
            True,
        )
    elif code in (403, 422) and causes:
        for cause in causes:
            reason = str(cause.get("message"))
            yield Refusal(f"{about}: {cause.get('field') or 'as a whole'}: {reason}. {_remedy(reason)}")
    elif code == 409:
        yield Refusal(f"{about}: {message}. Somebody has changed it meanwhile; run again.")
    elif code == 429 or (isinstance(code, int) and code >= 500):
        yield Refusal(f"The API is in trouble ({code}): {message}. Nothing is wrong with what is declared; run again.")
    else:
        yield Refusal(f"{about}: {message[:_LONGEST]}. {_remedy(message)}")


def _remedy(message: str) -> str:
    if _LASTING.search(message):
        return "The API lets nobody change it: remove the object first, and run again."
    if re.search(r"denied|exceeded quota|PodSecurity", message):
        return "The cluster's own rules do not allow it: ask who keeps them, or declare something else."
    return "Correct the variable that it comes from."


def _without_status(text: str, result: Mapping[str, Any]) -> str:
    if "Unauthorized" in f"{text}{result.get('exception') or ''}{result.get('module_stderr') or ''}":
        return next(_words({"code": 401}, "")).text
    if re.search(r"Max retries exceeded|Connection refused|timed out|Name or service not known", text):
        host = re.search(r"host='([^']*)', port=(\d+)", text)
        at = f" at {host[1]} port {host[2]}" if host else ""
        return f"The API{at} cannot be reached: {text[-200:] if len(text) > 200 else text}"
    return text[:_LONGEST]
