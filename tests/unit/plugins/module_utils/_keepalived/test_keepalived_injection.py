# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No value of any string option can end a line, open a comment or close a block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.configuration import CONFIGURATION

BAD = {
    "line break": "\n",
    "carriage return": "\r",
    "opening brace": "{",
    "closing brace": "}",
    "double quote": '"',
    "hash": "#",
    "exclamation mark": "!",
    "semicolon": ";",
    "tab": "\t",
    "non-ASCII": "é",
    "no-break space": "\u00a0",
    "null": "\0",
    "escape": "\x1b",
    "parameter": "$",
    "backslash": "\\",
}
#: A pattern stands in double quotes, where these mean nothing to keepalived.
IN_QUOTES = {("regex", character) for character in "{}#!;$"}


def leaves(arguments: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of every option that holds text."""
    for name, spec in arguments.items():
        if "options" in spec:
            yield from leaves(spec["options"], (*path, name))
        elif spec["type"] == "str" or spec.get("elements") == "str":
            yield (*path, name)


def desired(path: tuple[str, ...], value: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The smallest table that has a value at a path."""
    name, rest = path[0], path[1:]
    spec = arguments[name]
    inner: Any = desired(rest, value, spec["options"]) if rest else value
    return {name: [inner] if spec["type"] == "list" else inner}


ARGUMENTS = CONFIGURATION.arguments()
LEAVES = list(leaves(ARGUMENTS))


def problems(path: tuple[str, ...], value: str) -> list[Any]:
    found = CONFIGURATION.complaints("", desired(path, value, ARGUMENTS))
    return [one for one in found if one.value in (value, "********") and one.option.split("[")[-1].split(".")[-1]]


def test_the_walk_reaches_the_deepest_options() -> None:
    assert ("virtual_servers", "real_servers", "http_get", "url", "path") in LEAVES
    assert len(LEAVES) > 150


@pytest.mark.parametrize("character", BAD.values(), ids=BAD)
@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_injection_is_refused(path: tuple[str, ...], character: str) -> None:
    if (path[-1], character) in IN_QUOTES:
        return
    for value in ("/a" + character + "b", character, "a " + character, "10.0.0.1/24" + character):
        assert problems(path, value), f"{'.'.join(path)} took {value!r}"


@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_nothing_and_too_much_are_refused(path: tuple[str, ...]) -> None:
    assert problems(path, "")
    assert problems(path, "a" * 2000)
