# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert values to the types that an argument specification declares, including nested dictionaries. Pure.

Ansible validates the arguments of a role and does not convert them: a string ``false`` (``-e x=false``, an answer in a
survey) stays a string and counts as true. ``arguments.problems_of`` reports values that cannot be converted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import Spec, problems_of, truth

#: The value of null for each type. For other types null is a problem.
EMPTY: dict[str, Any] = {"str": "", "path": "", "list": [], "dict": {}, "raw": None}


def typed(path: str, value: Any, spec: Spec, problems: list[Problem]) -> Any:
    """The value converted to the type of ``spec``. A value with problems is returned unchanged, and ``problems`` is
    extended.

    A key whose value is null counts as missing. Defaults of nested options are filled in, except in an empty
    dictionary, which stands for none."""
    if value is None and spec.get("type", "str") not in EMPTY:
        problems.append(Problem(path, None, "is empty", "Give it a value, or leave it out"))
    found = list(problems_of(spec, value, path))
    problems += found
    return value if found or (value is None and spec.get("type", "str") not in EMPTY) else _converted(value, spec)


def _converted(value: Any, spec: Spec) -> Any:
    """Convert a value that fits its spec."""
    kind = spec.get("type", "str")
    if value is None:
        return EMPTY[kind]
    if kind == "bool":
        return truth(value)
    if kind == "int":
        return int(value)
    if kind == "list" and not isinstance(value, str):
        return [_converted(each, {**spec, "type": spec.get("elements", "raw")}) for each in value]
    if kind == "dict":
        given = dict(value.items())  # dict(value) would take Ansible's lazy values unread
        return _members(given, spec["options"]) if "options" in spec else given
    return value


def _members(given: Mapping[Any, Any], options: Mapping[str, Spec]) -> dict[Any, Any]:
    made = {name: _converted(each, options[name]) for name, each in given.items() if each is not None}
    for name, spec in options.items():
        if given and spec.get("default") is not None:
            made.setdefault(name, spec["default"])
    return made
