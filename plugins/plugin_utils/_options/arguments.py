# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the types of variables against an argument spec before any role runs. Pure.

Ansible checks when a role starts, host by host, after playbooks have derived values from the variables. It also accepts
``true`` for a number and a number for a string (``0123`` becomes ``'83'``, a version ``1.10`` becomes ``'1.1'``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem

#: Strings that Ansible reads as true or false (``-e x=no``, an answer in a survey).
TRUE = ("y", "yes", "on", "1", "true", "t", "1.0")
FALSE = ("n", "no", "off", "0", "false", "f", "0.0")

#: The longest value that a message shows.
_SHOWN = 60
#: The most options that a message lists.
_LISTED = 30

Spec = Mapping[str, Any]


def problems_of(spec: Spec, value: Any, path: str, *, numbers_are_texts: bool = False) -> Iterator[Problem]:
    """A problem for each part of a value that its spec does not allow.

    ``spec`` is one option of a role's or module's argument spec: ``type``, ``elements``, ``options``, ``choices``,
    ``required`` and ``no_log``. Two keys are ours: ``commas``, a comma-separated string counts as a list, and
    ``numbers_are_texts``, which sets that argument for this option.

    None, and a template that is not yet resolved, count as not given. ``numbers_are_texts`` accepts numbers for
    strings, as options of modules do: ``timeouts: {client: 5000}``. For a ``no_log`` option no value is shown and
    numbers are always refused, since leading zeros are already lost."""
    if value is None or _expression(value):
        return
    numbers_are_texts = numbers_are_texts or bool(spec.get("numbers_are_texts"))
    kind = spec.get("type", "str")
    if kind == "list":
        yield from _list(spec, value, path, numbers_are_texts)
    elif kind == "dict":
        yield from _dict(spec, value, path, numbers_are_texts)
    elif kind != "raw":
        yield from _scalar(kind, spec, value, path, numbers_are_texts)


def inner_problems(
    options: Mapping[str, Spec], given: Mapping[str, Any], path: str, *, numbers_are_texts: bool = False
) -> Iterator[Problem]:
    """Problems of each option in a dictionary: wrong values, unknown options, missing required ones."""
    for name, value in given.items():
        if name in options:
            yield from problems_of(options[name], value, f"{path}.{name}", numbers_are_texts=numbers_are_texts)
        else:
            yield Problem(f"{path}.{name}", None, "is not an option here", _instead(str(name), list(options)))
    for name, option in options.items():
        if option.get("required") and given.get(name) is None:
            yield Problem(f"{path}.{name}", None, "is missing", "Give it.")


def _instead(name: str, options: Sequence[str]) -> str:
    if len(options) <= _LISTED:
        return "Use: {}".format(", ".join(options))
    alike = get_close_matches(name, options)
    return "Did you mean {}?".format(" or ".join(alike)) if alike else "Leave it out"


def is_number(value: Any) -> bool:
    """Whether a value is a number. Booleans are not, although Python treats them as integers."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def truth(value: Any) -> bool:
    """The value of a variable of type bool, also if it is a string from the command line."""
    return str(value).lower() in TRUE


def secret(spec: Spec) -> bool:
    """Whether the spec contains a secret at any depth."""
    return bool(spec.get("no_log")) or any(secret(each) for each in (spec.get("options") or {}).values())


def _list(spec: Spec, value: Any, path: str, numbers_are_texts: bool) -> Iterator[Problem]:
    if isinstance(value, str) and spec.get("commas"):
        return
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        example = f"[{value}]" if isinstance(value, str) and not secret(spec) and len(value) < _SHOWN else "[…]"
        remedy = (
            "Write a list of dictionaries" if spec.get("elements") == "dict" else f"Write a list, such as {example}"
        )
        yield _wrong_type(spec, path, value, "a list", remedy)
        return
    entry = {**spec, "type": spec.get("elements", "raw"), "required": False}
    for index, each in enumerate(value):
        here = f"{path}[{_name(each, index)}]"
        if each is None:
            yield Problem(here, None, "is empty", "Leave it out.")
        yield from problems_of(entry, each, here, numbers_are_texts=numbers_are_texts)


def _dict(spec: Spec, value: Any, path: str, numbers_are_texts: bool) -> Iterator[Problem]:
    options = spec.get("options")
    if not isinstance(value, Mapping):
        names = ", ".join(list(options)[:3]) if options else "keys and values"
        yield _wrong_type(spec, path, value, "a dictionary", f"Write a dictionary of {names}")
    elif options is not None:
        yield from inner_problems(options, value, path, numbers_are_texts=numbers_are_texts)


def _scalar(kind: str, spec: Spec, value: Any, path: str, numbers_are_texts: bool) -> Iterator[Problem]:
    if kind in ("str", "path"):
        meant = is_number(value) and numbers_are_texts and not spec.get("no_log")
        fits = isinstance(value, str) or meant
        expected, remedy = "a string", "Write a string"
        if not fits and not isinstance(value, (Mapping, list, tuple)):
            remedy = (
                "Put it in quotes, as it is meant"
                if is_number(value)
                else "Put it in quotes, if it is meant as a string"
            )
    elif kind == "bool":
        fits = isinstance(value, bool) or str(value).lower() in TRUE + FALSE
        expected, remedy = "true or false", "Write true or false, without quotes"
    elif kind in ("int", "float"):
        fits = _number(kind, value)
        expected = "a whole number" if kind == "int" else "a number"
        remedy = f"Write {expected}"
    else:  # our specs have no other types
        return
    if not fits:
        yield _wrong_type(spec, path, value, expected, remedy)
    elif spec.get("choices") and value not in spec["choices"]:
        choices = ", ".join(map(str, spec["choices"]))
        yield Problem(path, _shown(spec, value), "is not known here", f"Use: {choices}.")


def _number(kind: str, value: Any) -> bool:
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return False
        return kind == "float" or value.strip().lstrip("+-").isdigit()
    return is_number(value) and (kind == "float" or value == int(value))


def _wrong_type(spec: Spec, path: str, value: Any, expected: str, remedy: str) -> Problem:
    return Problem(path, _shown(spec, value), f"is {_type_name(value)}, and {expected} is required here", remedy)


def _shown(spec: Spec, value: Any) -> Any:
    """The value for a message: no secret, no structure, shortened."""
    plain = isinstance(value, (str, bool, int, float)) and len(str(value)) <= _SHOWN
    return value if plain and not secret(spec) else None


def _type_name(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if is_number(value):
        return "a number"
    if isinstance(value, str):
        return "a string" if value else "an empty string"
    if isinstance(value, Mapping):
        return "a dictionary"
    if isinstance(value, Sequence):
        return "a list"
    return "a " + type(value).__name__.lstrip("_")


def _expression(value: Any) -> bool:
    """Whether it is a template that is not yet resolved, for lack of facts. ansible-core before 2.19 passes it
    unresolved."""
    return isinstance(value, str) and "{{" in value


def _name(entry: Any, index: int) -> str:
    """The label of a list entry in messages: its name if it has one, otherwise its index."""
    name = entry.get("name") if isinstance(entry, Mapping) else None
    return name if isinstance(name, str) and name else str(index)
