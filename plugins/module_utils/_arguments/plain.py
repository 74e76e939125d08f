# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accepts nested options that already match their argument spec, so that Ansible need not check them.

For each dictionary in a list, Ansible walks all options of the spec a dozen times and fills in those that were not
given. With 10,000 servers of 85 options this takes seconds. This code looks only at what was given. Values that need
more than the simplest conversion are left to Ansible, and so is every problem.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

#: The keys of an option's spec that this code understands.
_KNOWN = frozenset(("type", "elements", "options", "choices", "required", "no_log"))
_TYPES = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}
_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}


class NotPlain(Exception):
    """A value that Ansible has to check."""


class _Expected(NamedTuple):
    """``inner`` is the spec of a dictionary, or of the dictionaries in a list; ``element`` is the type of a list's
    elements."""

    type: type
    choices: frozenset[Any]
    inner: _Level | None
    element: _Expected | None
    #: Per type: whether a value has that type already.
    plain: bool = False


class _Level:
    """The options of one dictionary. Each spec is parsed when its option is first seen."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        if not all(map(_KNOWN.issuperset, spec.values())):
            raise NotPlain
        self.spec = spec
        self.met: dict[str, _Expected] = {}
        self.required = frozenset(name for name, option in spec.items() if option.get("required"))

    def option(self, name: str) -> _Expected:
        expected = self.met.get(name)
        if expected is None:
            expected = self.met[name] = _understood(self.spec.get(name))
        return expected


def take_plain(spec: Mapping[str, Any], params: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take the nested options that match their spec out of ``params``. Returns (the spec that is left for Ansible, the
    options taken). Options that were not given are not in the result, at any depth."""
    left, taken = dict(spec), {}
    for name, option in spec.items():
        if "options" in option and _KNOWN.issuperset(option) and params.get(name) is not None:
            try:
                taken[name] = _fit(_understood(option), params[name])
            except NotPlain:
                continue
            del left[name], params[name]
    return left, taken


def _understood(option: Mapping[str, Any] | None) -> _Expected:
    if option is None or option.get("no_log"):
        raise NotPlain
    kind = _TYPES.get(option.get("type", "str"))
    if kind is None:
        raise NotPlain
    if kind is list:
        inner = {key: value for key, value in option.items() if key == "options"}
        return _Expected(list, frozenset(), None, _understood({"type": option.get("elements", "str"), **inner}))
    inner_spec = option.get("options")
    if kind is dict and inner_spec is None:
        raise NotPlain
    choices = frozenset(option.get("choices", ()))
    inner_level = None if inner_spec is None else _Level(inner_spec)
    return _Expected(kind, choices, inner_level, None, plain=not choices and inner_level is None)


def _fit(expected: _Expected, value: Any) -> Any:
    kind = type(value)
    if kind is not expected.type:
        value = _converted(expected.type, value)
    if expected.choices:
        if value not in expected.choices:
            raise NotPlain
    elif expected.element is not None:
        element = expected.element
        return [_fit(element, entry) for entry in value]
    elif expected.inner is not None:
        return _within(expected.inner, value)
    return value


def _within(level: _Level, given: Mapping[str, Any]) -> dict[str, Any]:
    fitting: dict[str, Any] = {}
    met = level.met
    for name, value in given.items():
        expected = met.get(name) or level.option(name)
        if value is None:
            if expected.choices:  # Ansible refuses it: an empty list is none of the choices
                raise NotPlain
        elif value.__class__ is expected.type and expected.plain:
            fitting[name] = value
        else:
            fitting[name] = _fit(expected, value)
    if not level.required <= fitting.keys():
        raise NotPlain
    return fitting


def _converted(kind: type, value: Any) -> Any:
    """The value as Ansible would convert it, where only one conversion is possible."""
    if kind is str and value.__class__ is int:
        return str(value)
    if kind is int and value.__class__ is str and value.isascii() and value.isdecimal():
        return int(value)
    if kind is bool and value.__class__ is str and value.lower() in _TRUTHS:
        return _TRUTHS[value.lower()]
    raise NotPlain
