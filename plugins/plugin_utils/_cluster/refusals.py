# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Format the API's refusals: object, field, reason, remedy. Pure.

An exception of the client has the API's answer, a Status
(https://kubernetes.io/docs/reference/using-api/api-concepts/), in ``body``. An error without an answer (no connection,
no credentials) is text only. RBAC's refusals are matched by the texts in apiserver's
pkg/endpoints/handlers/responsewriters and in pkg/registry/rbac."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import Identity

#: The documentation of the rights that the kubeconfig needs.
RIGHTS = "roles/kubernetes_objects/files/cluster_role.yml"

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
    """The text of a refusal, and whether the user lacks a right."""

    text: str
    unauthorised: bool = False


def refusal_sentences(errors: Sequence[tuple[Exception, Identity]]) -> list[str]:
    """One or two sentences for each error with its object, without duplicates. The last sentence is the remedy for
    missing rights."""
    found = list(dict.fromkeys(refusal for error, which in errors for refusal in _refusal(error, which)))
    sentences = [each.text for each in found]
    if any(each.unauthorised for each in found):
        sentences.append(
            f"All rights that the kubeconfig needs are in {RIGHTS} of this collection: an administrator applies the "
            "file and binds the ClusterRole to the user."
        )
    return sentences


def _refusal(error: Exception, which: Identity) -> Iterator[Refusal]:
    status, secret = _status(error), which.kind == "Secret"
    if status is None and secret and getattr(error, "status", None):
        yield Refusal(f"{which} is refused; the reason may contain its data and is not shown.")
    elif status is None:
        yield _without_status(str(error) or type(error).__name__)
    else:
        for refusal in _refusals(status, str(which)):
            yield refusal._replace(text=_VALUE.sub(r"\1", refusal.text)) if secret else refusal


def _status(error: Exception) -> dict[str, Any] | None:
    """The Status in the API's answer. For status 401 without one, a dictionary with code and reason; otherwise None."""
    try:
        status = json.loads(getattr(error, "body", None) or "")
    except (TypeError, ValueError):
        status = None
    if isinstance(status, dict) and status.get("kind") == "Status":
        return status
    code = getattr(error, "status", None)
    return {"code": code, "message": getattr(error, "reason", "")} if code == 401 else None


def _refusals(status: Mapping[str, Any], about: str) -> Iterator[Refusal]:
    code, message = status.get("code"), " ".join(str(status.get("message") or status.get("reason") or "").split())
    missing, grants = _MISSING.search(message), _GRANTS.search(message)
    causes = (status.get("details") or {}).get("causes") or ()
    if code == 401:
        yield Refusal(
            "The API does not accept the credentials (401 Unauthorized). The kubeconfig's token or certificate is "
            "wrong or has "
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
            f"{about}: user {grants['user']} would grant rights that it does not have itself (403 Forbidden):"
            f" {grants['rules'].strip()}.",
            True,
        )
    elif code in (403, 422) and causes:
        for cause in causes:
            reason = str(cause.get("message"))
            yield Refusal(f"{about}: {cause.get('field') or 'as a whole'}: {reason}. {remedy(reason)}")
    elif code == 409:
        yield Refusal(f"{about}: {message}. Somebody has changed it meanwhile; run again.")
    elif code == 429 or (isinstance(code, int) and code >= 500):
        yield Refusal(f"The API failed ({code}): {message}. The declaration is not the cause; run again.")
    else:
        yield Refusal(f"{about}: {message[:_LONGEST]}. {remedy(message)}")


def remedy(message: str) -> str:
    """The remedy for a refusal."""
    if _LASTING.search(message):
        return "The field is immutable: remove the object first, and run again."
    if "violates PodSecurity" in message:
        return "Choose a namespace that allows it, or label this one pod-security.kubernetes.io/enforce=privileged."
    namespace = re.search(r'namespaces "([^"]*)" not found', message)
    if namespace:
        return f"Create it (kubectl create namespace {namespace[1]}), or name an existing one."
    if re.search(r"denied|exceeded quota", message):
        return "A policy of the cluster does not allow it: ask its administrators, or declare something else."
    return "Correct the variable that it comes from."


def _without_status(text: str) -> Refusal:
    if re.search(r"Max retries exceeded|Connection refused|timed out|Name or service not known", text):
        host = re.search(r"host='([^']*)', port=(\d+)", text)
        at = f" at {host[1]} port {host[2]}" if host else ""
        return Refusal(f"The API{at} cannot be reached: {text[-200:] if len(text) > 200 else text}")
    return Refusal(text[:_LONGEST])
