# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks between markers in files that this collection does not own (/etc/hosts), as ``ansible.builtin.blockinfile``
writes them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host.look import Look
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, os_reason, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode, encode
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import worst


def look(entries: Sequence[Mapping[str, Any]]) -> Look:
    """A step for each block to write or remove, with the lines that this changes."""
    refuse([problem for index, entry in enumerate(entries) for problem in _problems(entry, f"blocks[{index}]")])
    steps, impacts, before, after = [], [], b"", b""
    for entry in entries:
        old = _read(entry)
        block = entry["block"] if entry["state"] == "present" else ""
        new = with_block(old, entry["marker"], block)
        if new != old:
            steps.append(_summary(entry, old, block))
            impacts.append(entry["impact"])
            before, after = before + old, after + new
    diff = {"before": decode(before), "after": decode(after)}
    return Look(steps, worst(impacts), more={"diff": diff})


def with_block(text: bytes, marker: str, block: str) -> bytes:
    """The text with the block, or without it where the block is empty. An existing block is replaced in place; a new
    one goes to the end."""
    lines = text.splitlines(True)
    begin, end = (_marker(marker, mark) for mark in ("BEGIN", "END"))
    # The last marker of each kind counts; the block starts at whichever comes first.
    marks = [max((at for at, line in enumerate(lines) if line == mark), default=None) for mark in (begin, end)]
    found = sorted(at for at in marks if at is not None)
    place = len(lines)
    if len(found) == 2:
        place = found[0]
        del lines[found[0] : found[1] + 1]
    if place and not lines[place - 1].endswith(b"\n"):
        lines[place - 1] += b"\n"
    if block:
        lines[place:place] = [begin, encode(block if block.endswith("\n") else block + "\n"), end]
    return b"".join(lines)


def _marker(marker: str, mark: str) -> bytes:
    return encode(marker.replace("{mark}", mark) + "\n")


def _problems(entry: Mapping[str, Any], place: str) -> Iterator[Problem]:
    if not os.path.isabs(entry["path"]):
        reason = "is not an absolute path"
        yield Problem(f"{place}.path", entry["path"], reason, "Give the absolute path")
    if "{mark}" not in entry["marker"]:
        reason = "has no {mark}, so the beginning and the end of the block would be the same"
        yield Problem(f"{place}.marker", entry["marker"], reason, "Write it as '# {mark} of my block'")


def _read(entry: Mapping[str, Any]) -> bytes:
    """The file's content; empty where the file is missing and there is no block to remove."""
    path = entry["path"]
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        if entry["state"] == "absent":
            return b""
        raise EdgeError(
            f"file {path}: does not exist, so no block can be written to it. Create the file first."
        ) from None
    except OSError as error:
        raise EdgeError(f"file {path}: {os_reason(error)}.") from error


def _summary(entry: Mapping[str, Any], old: bytes, block: str) -> str:
    name = entry["marker"].replace("{mark}", "").strip(" #")
    if not block:
        return f"file {entry['path']}: remove the block '{name}'"
    verb = "write" if _marker(entry["marker"], "BEGIN") in old else "add"
    return f"file {entry['path']}: {verb} the block '{name}'"
