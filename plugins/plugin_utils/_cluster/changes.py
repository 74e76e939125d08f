# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kubernetes.core changed or would change, in lines to read: Ansible shows no difference of several objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from json import dumps
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import Identity, Object, identity

#: What the API counts by itself.
COUNTED = ("deprecated.daemonset.template.generation",)


def changes(calls: Iterable[Mapping[str, Any]], found: Iterable[Object], leaving: Iterable[Object]) -> Iterator[str]:
    """A line for each object that comes or goes, and for each field that changes; of a Secret only its name."""
    known = {identity(each) for each in found}
    for call in calls:
        for each in _outcomes(call):
            if each.get("changed"):
                yield from _said(each, known, secret=bool((call.get("item") or {}).get("secret")))
    for each in leaving:
        yield f"{identity(each)} goes, since it is no longer declared"


def _outcomes(call: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The module answers for a single object otherwise than for several."""
    outcomes: Sequence[Mapping[str, Any]] = (call.get("result") or {}).get("results", [call])
    return outcomes


def _said(outcome: Mapping[str, Any], known: set[Identity], *, secret: bool) -> Iterator[str]:
    which = identity(outcome["result"])
    difference = outcome.get("diff") or {}
    if which not in known:
        yield f"{which} is new"
    elif secret or not difference:
        yield f"{which} changes"
    else:
        for line in _fields(difference.get("before"), difference.get("after")):
            yield f"{which} {line}"


def _fields(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Old and new value of each leaf that differs."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(each for each in after if each not in before)]:
            if key in COUNTED:
                continue
            yield from _fields(before.get(key), after.get(key), _below(path, key))
    elif _named(before) and _named(after):
        was, shall = ({each["name"]: each for each in some} for some in (before, after))
        for name in [*was, *(each for each in shall if each not in was)]:
            yield from _fields(was.get(name), shall.get(name), f"{path}[{name}]")
    elif _listed(before) and _listed(after):
        old = [each for each in before if each not in after]
        new = [each for each in after if each not in before]
        # Neither: the order is all that differs.
        yield f"{path}: {_text(old if old or new else before)} -> {_text(new if old or new else after)}"
    elif before != after:
        yield f"{path}: {_text(before)} -> {_text(after)}"


def _below(path: str, key: str) -> str:
    plain = key.replace("-", "").isalnum()
    return f"{path}[{key}]" if not plain else f"{path}.{key}" if path else key


def _listed(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _named(value: Any) -> bool:
    """A list whose elements the API tells apart by name."""
    return _listed(value) and bool(value) and all(isinstance(each, Mapping) and "name" in each for each in value)


def _text(value: Any) -> str:
    return "nothing" if value is None else dumps(value)
