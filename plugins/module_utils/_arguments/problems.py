# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Problems of a module's parameters that Ansible does not find, or for which it does not name the option.

Ansible accepts some values of a wrong type. ``true`` passes as an int (it stays a boolean and is written as "True"), as
a float (1.0) and as a text ("True"). A number passes as a text: a password ``0123`` without quotes arrives here as 83.
Where an option must be a dictionary and is not, Ansible's message does not name the option.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem

_BOOLEANS = frozenset(("bool", "raw", "dict", "list"))


def conversion_problems(options: Mapping[str, Any], given: Mapping[str, Any], path: str = "") -> Iterator[Problem]:
    """A problem for each value that Ansible would convert into another one. ``options`` are those of an argument spec;
    ``given`` are the parameters as they were written, before Ansible changes them."""
    for name, value in given.items():
        argument = options.get(name)
        if argument is None or value is None or isinstance(value, str):
            continue
        kind = argument.get("type", "str")
        if kind == "list":
            kind = argument.get("elements", "raw")
            entries = value if isinstance(value, list) else [value]
            for index, entry in enumerate(entries):
                yield from _converted(argument, kind, entry, "{0}{1}[{2}]".format(path, name, index))
        else:
            yield from _converted(argument, kind, value, path + name)


def _converted(argument: Mapping[str, Any], kind: str, value: Any, option: str) -> Iterator[Problem]:
    if isinstance(value, bool):
        if kind not in _BOOLEANS:
            what = "a string" if kind in ("str", "path") else "a number"
            remedy = "Put it in quotes, if it is meant as a string" if what == "a string" else "Give a number"
            shown = None if argument.get("no_log") else value
            yield Problem(option, shown, "is true or false, and not {0}".format(what), remedy)
    elif isinstance(value, (int, float)):
        if argument.get("no_log") and kind == "str":
            reason = "is a number, and leading zeros of it are lost"
            yield Problem(option, None, reason, "Put it in quotes, as it is meant")
    elif isinstance(value, dict) and argument.get("options"):
        yield from conversion_problems(argument["options"], value, option + ".")


def dictionary_problems(spec: Mapping[str, Any], given: Mapping[str, Any], path: str = "") -> Iterator[Problem]:
    """A problem for each parameter, at any depth, that must be a dictionary and is not."""
    for name, argument in spec.items():
        value, option, inner = given.get(name), path + name, argument.get("options")
        if value is None or inner is None:
            continue
        if argument["type"] == "dict":
            yield from _no_dictionary(inner, value, option)
        else:
            # Ansible splits a text at its commas into a list, and makes a single value a list of one.
            entries = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
            for index, entry in enumerate(entries):
                yield from _no_dictionary(inner, entry, f"{option}[{index}]")


def _no_dictionary(inner: Mapping[str, Any], value: Any, option: str) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        yield from dictionary_problems(inner, value, f"{option}.")
    elif not (isinstance(value, str) and ("=" in value or value.lstrip().startswith("{"))):
        options = ", ".join(list(inner)[:3])
        yield Problem(option, value, "is not a dictionary", f"Give a dictionary of options, such as {options}.")
