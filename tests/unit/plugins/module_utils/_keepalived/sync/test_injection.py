# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No value of any string option can end a line, open a comment or close a block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.desired import table_problems
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.writing import table_lines
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Block, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.commands import split_quoted
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import CONFIGURATION

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
#: A pattern and a command stand in double quotes, where these mean nothing to keepalived.
IN_QUOTES = {("regex", character) for character in "{}#!;$"}
IN_COMMANDS = "{}#!\\"


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
    found = table_problems(CONFIGURATION, "", desired(path, value, ARGUMENTS))
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
        if value.startswith("/") and character in IN_COMMANDS and is_command(path) and not problems(path, value):
            assert outline(path, value) == outline(path, "/ab")
        else:
            assert problems(path, value), f"{'.'.join(path)} took {value!r}"


def is_command(path: tuple[str, ...]) -> bool:
    return path[-1].startswith(("notify", "quorum_", "misc_path")) or path[-1].endswith("script")


def outline(path: tuple[str, ...], value: str) -> list[str]:
    """The keywords of the text that a value is written into, with their depth and in their order; the value as v."""
    table = desired(path, value, ARGUMENTS)
    table["instances"] = [*table.get("instances", []), {"name": "after", "notify": "/b"}]
    document = parse("\n".join("  " * depth + line for depth, line in table_lines(CONFIGURATION, table)) + "\n")
    document.require_parsable()
    found: list[str] = []

    def walk(block: Block, depth: int) -> None:
        for statement in document.statements(block):
            last = statement.block is None and len(statement.words) == 2
            given = last and [value] == split_quoted(document.text[statement.words[1].start : statement.end])
            found.append(f"{depth} {statement.keyword} {'v' if given else ' '.join(statement.arguments)}")
            if statement.block is not None:
                walk(statement.block, depth + 1)

    walk(document.root, 0)
    return found


@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_nothing_and_too_much_are_refused(path: tuple[str, ...]) -> None:
    assert problems(path, "")
    assert problems(path, "a" * 2000)
