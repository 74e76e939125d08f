# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a variable has the type that its argument spec declares, asked before any role runs.

Ansible asks when a role starts, host by host, after playbooks have derived from the variables; and it takes ``true``
for a number, and a number for a text (``0123`` for ``'83'``, a version ``1.10`` for ``'1.1'``). Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem

#: Texts that Ansible reads as true or false (``-e x=no``, a survey's answer).
TRUE = ("y", "yes", "on", "1", "true", "t", "1.0")
FALSE = ("n", "no", "off", "0", "false", "f", "0.0")

#: A value that stands in a message is no longer than this.
_SHOWN = 60
#: More options than this are not listed in a message.
_LISTED = 30

Spec = Mapping[str, Any]


def problems_of(spec: Spec, value: Any, path: str, *, numbers_are_texts: bool = False) -> Iterator[Problem]:
    """A problem for each part of a value that its spec does not allow.

    ``spec`` is one option of an argument spec, of a role or of a module: ``type``, and with it ``elements``,
    ``options``, ``choices``, ``required`` and ``no_log``. Two keys are ours: ``commas``, a text is a list too, and
    ``numbers_are_texts``, as the argument, for this option. None counts as not given, and so does a text that is still
    an expression. ``numbers_are_texts`` is for the options of modules: ``timeouts: {client: 5000}`` is meant so there.
    Nothing of a ``no_log`` option is shown, and a number is refused there always: its leading zeros are lost by then.
    """
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
    """The same for each option of a dictionary; options that are not known, and required ones that are missing."""
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
    """Whether a value is a number; true and false are none, whatever Python says."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def truth(value: Any) -> bool:
    """What a variable of type bool says, also as the text that a command line gives."""
    return str(value).lower() in TRUE


def secret(spec: Spec) -> bool:
    """Whether a secret stands anywhere in what a spec describes."""
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
    else:  # no spec of ours has another type
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
    return Problem(path, _shown(spec, value), f"is {_said(value)}, and {expected} is required here", remedy)


def _shown(spec: Spec, value: Any) -> Any:
    """What a message may show: no secret, no structure, nothing long."""
    plain = isinstance(value, (str, bool, int, float)) and len(str(value)) <= _SHOWN
    return value if plain and not secret(spec) else None


def _said(value: Any) -> str:
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
    """A template that cannot be resolved yet, for want of facts: ansible-core before 2.19 hands it on as it is."""
    return isinstance(value, str) and "{{" in value


def _name(entry: Any, index: int) -> str:
    """How a message names an entry: by its name, where it has one."""
    name = entry.get("name") if isinstance(entry, Mapping) else None
    return name if isinstance(name, str) and name else str(index)
