# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Describe the changes of Kubernetes objects in lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from json import dumps
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import LAST_APPLIED, Object, identity

#: Fields that the API server maintains: their changes are not reported.
_COUNTED = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
_COUNTED_NOTES = ("deprecated.daemonset.template.generation",)


def changes(before: Object | None, after: Object, *, fields: bool) -> list[str]:
    """Lines for one object: one if it is new; for a changed one a line per changed field or, without ``fields``, one
    line. For a Secret only its name is shown."""
    which = identity(after)
    if before is None:
        return [f"{which} is new"]
    was, is_now = _comparable(before), _comparable(after)
    if was == is_now:
        return []
    for each in (was, is_now):
        each["metadata"]["annotations"].pop(LAST_APPLIED, None)
    lines = [] if which.kind == "Secret" or not fields else [f"{which} {line}" for line in _fields(was, is_now)]
    return lines or [f"{which} changes"]


def _comparable(each: Object) -> dict[str, Any]:
    """The object without the fields that the API server maintains."""
    metadata = {name: value for name, value in each["metadata"].items() if name not in _COUNTED}
    notes = {name: value for name, value in (metadata.get("annotations") or {}).items() if name not in _COUNTED_NOTES}
    rest = {name: value for name, value in each.items() if name != "status"}
    return {**rest, "metadata": {**metadata, "annotations": notes}}


def _fields(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Path, old and new value of each leaf that differs."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(each for each in after if each not in before)]:
            yield from _fields(before.get(key), after.get(key), _below(path, key))
    elif _named(before) and _named(after):
        was, shall = ({each["name"]: each for each in some} for some in (before, after))
        for name in [*was, *(each for each in shall if each not in was)]:
            yield from _fields(was.get(name), shall.get(name), f"{path}[{name}]")
    elif _listed(before) and _listed(after):
        old = [each for each in before if each not in after]
        new = [each for each in after if each not in before]
        # Only the order differs.
        yield f"{path}: {_text(old if old or new else before)} -> {_text(new if old or new else after)}"
    else:
        yield f"{path}: {_text(before)} -> {_text(after)}"


def _below(path: str, key: str) -> str:
    plain = key.replace("-", "").isalnum()
    return f"{path}[{key}]" if not plain else f"{path}.{key}" if path else key


def _listed(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _named(value: Any) -> bool:
    """Whether the API identifies the elements of this list by name."""
    return _listed(value) and bool(value) and all(isinstance(each, Mapping) and "name" in each for each in value)


def _text(value: Any) -> str:
    return "nothing" if value is None else dumps(value)
