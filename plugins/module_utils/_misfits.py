# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a parameter is no dictionary though its argument spec wants one: Ansible's own message does not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem


def misfits(spec: Mapping[str, Any], given: Mapping[str, Any], path: str = "") -> Iterator[Problem]:
    """A problem for each such parameter, however deep. ``spec`` is an argument spec, ``given`` are its parameters."""
    for name, argument in spec.items():
        value, option, inner = given.get(name), path + name, argument.get("options")
        if value is None or inner is None:
            continue
        if argument["type"] == "dict":
            yield from _within(inner, value, option)
        else:
            # Ansible takes a text for a list by its commas, and a single value for a list of one.
            entries = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
            for index, entry in enumerate(entries):
                yield from _within(inner, entry, f"{option}[{index}]")


def _within(inner: Mapping[str, Any], value: Any, option: str) -> Iterator[Problem]:
    if isinstance(value, Mapping):
        yield from misfits(inner, value, f"{option}.")
    elif not (isinstance(value, str) and ("=" in value or value.lstrip().startswith("{"))):
        options = ", ".join(list(inner)[:3])
        yield Problem(option, value, "is no dictionary", f"Give a dictionary of options, such as {options}.")
