# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of every wrong type for every option of an argument spec, inner options too.

``wrong_values(spec, name)`` gives cases; each knows the whole value to declare and the path that a message must name:

    for case in wrong_values({"type": "dict", "options": {"port": {"type": "int"}}}, "x"):
        case.path, case.value    # "x", "a text" ... "x.port", {"port": True} ...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

#: For each type what is none of it. An empty one of another kind is as wrong as a full one.
WRONG: dict[str, tuple[Any, ...]] = {
    "list": ("a text", "", 5, 1.5, True, False, {"a": 1}, {}),
    "dict": ("a text", "", 5, True, False, ["a"], []),
    "str": (5, 1.5, True, False, ["a"], [], {"a": 1}, {}),
    "int": ("many", "", 1.5, True, False, [1], {"a": 1}),
    "float": ("many", "", True, False, [1], {"a": 1}),
    "bool": ("maybe", "", 5, 1.5, ["a"], {"a": 1}),
    "raw": (),
}
WRONG["path"] = WRONG["str"]


class Case(NamedTuple):
    """``value`` is that of the whole variable, in which what stands at ``path`` is wrong."""

    path: str
    value: Any

    def __str__(self) -> str:
        return f"{self.path}={self.value!r}"


def wrong_values(spec: Mapping[str, Any], path: str, *, numbers_are_texts: bool = False) -> Iterator[Case]:
    """Each wrong value of an option, and the option with each wrong value in it.

    ``numbers_are_texts`` as for ``_options.arguments.problems_of``: a number is a wrong value of secrets only.
    """
    kind = spec.get("type", "str")
    numbers_are_texts = numbers_are_texts or bool(spec.get("numbers_are_texts"))
    for value in WRONG[kind]:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        meant = kind in ("str", "path") and number and numbers_are_texts and not spec.get("no_log")
        if not meant and not (spec.get("commas") and isinstance(value, str)):
            yield Case(path, value)
    if spec.get("choices"):
        yield Case(path, "no_such_choice")
    if kind == "dict" and spec.get("options") is not None:
        yield Case(f"{path}.no_such_option", {"no_such_option": 1})
        for name, option in spec["options"].items():
            for case in wrong_values(option, f"{path}.{name}", numbers_are_texts=numbers_are_texts):
                yield Case(case.path, {name: case.value})
    elif kind == "list" and spec.get("elements", "raw") != "raw":
        entry = {**spec, "type": spec["elements"]}
        for case in wrong_values(entry, f"{path}[0]", numbers_are_texts=numbers_are_texts):
            yield Case(case.path, [case.value])
