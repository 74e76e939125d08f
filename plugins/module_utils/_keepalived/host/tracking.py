# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the running keepalived tracks and reports as failing, by instance, from its own dump. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable

#: How a dump begins each tracked object: our name of its kind, and the line with its status.
_HEADS = {
    "VRRP Script": ("script", "Status"),
    "VRRP Track process": ("process", "Have quorum"),
    "Track file": ("file", "Status"),
}
_TRACKING = re.compile(r"     (\S+), weight (-?\d+)( reverse)?")


def failing(text: str, instances: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """For each instance of a dump, what keeps it in FAULT or lowers its priority: ``kind`` (script, process, file,
    interface), ``name``, and ``weight``, 0 for FAULT."""
    found: dict[str, list[dict[str, Any]]] = {each["name"]: [] for each in instances}
    for instance, entry in _failing(text):
        if instance in found:
            found[instance].append(entry)
    down = dict(_interfaces(text))
    tracked = dict(_tracked_interfaces(text))
    for each in instances:
        # Only in FAULT: with dont_track_primary an instance ignores the state of its own interface.
        own = {str(each.get("interface")): (0, False)} if each.get("state") == "FAULT" else {}
        for name, (weight, reverse) in {**tracked.get(each["name"], {}), **own}.items():
            takes = _lowers(down[name], weight, reverse) if name in down else None
            if takes is not None:
                found[each["name"]].append({"kind": "interface", "name": name, "weight": takes})
    return found


def _failing(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    kind = name = status = state = ""
    for line in text.split("\n"):
        key, equals, value = line.strip().partition(" = ")
        if equals and key in _HEADS:
            (kind, status), name, state = _HEADS[key], value, ""
        elif equals and key == status:
            state = value
        elif line.startswith("------<"):
            kind = status = ""
        tracking = _TRACKING.fullmatch(line) if kind else None
        if tracking:
            weight = int(tracking.group(2))
            takes = _FAILS[kind](state, weight, bool(tracking.group(3)))
            if takes is not None:
                yield tracking.group(1), {"kind": kind, "name": name, "weight": takes}


def _lowers(bad: bool, weight: int, reverse: bool) -> int | None:
    """The weight if it lowers the priority or causes FAULT (0), else None: that of a failure, or with ``reverse`` the
    negated one of a success."""
    if bad == reverse:
        return None
    return -weight if reverse else weight


def _script(state: str, weight: int, reverse: bool) -> int | None:
    return _lowers(state == "BAD", weight, reverse) if state in ("GOOD", "BAD") else None


def _process(state: str, weight: int, reverse: bool) -> int | None:
    return _lowers(state == "false", weight, reverse) if state in ("true", "false") else None


def _file(state: str, weight: int, reverse: bool) -> int | None:
    """A file's number times the weight, if that lowers the priority; with weight 0, any number but 0 causes FAULT."""
    number = int(state) if re.fullmatch(r"-?\d+", state) else 0
    if not weight:
        return _lowers(number != 0, weight, reverse)
    takes = -number * weight if reverse else number * weight
    return takes if takes < 0 else None


_FAILS: Mapping[str, Callable[[str, int, bool], int | None]] = {
    "script": _script,
    "process": _process,
    "file": _file,
}


def _interfaces(text: str) -> Iterator[tuple[str, bool]]:
    """Each interface, and whether it is down."""
    name = ""
    for line in text.partition("------< Interfaces >------")[2].split("\n"):
        key, _equals, value = line.strip().partition(" = ")
        if key == "Name":
            name = value
        elif key == "State":
            yield name, "not " in value


def _tracked_interfaces(text: str) -> Iterator[tuple[str, dict[str, tuple[int, bool]]]]:
    """For each instance the interfaces that it tracks, with their weights and whether these count in reverse."""
    topology = text.partition("------< VRRP Topology >------")[2].partition("------<")[0]
    for block in topology.split(" VRRP Instance = ")[1:]:
        name, _newline, rest = block.partition("\n")
        listed = rest.partition("   Tracked interfaces :\n")[2]
        found = {}
        for line in listed.split("\n"):
            match = re.fullmatch(r"     (\S+) weight (-?\d+)( reverse)?", line)
            if match is None:
                break
            found[match.group(1)] = int(match.group(2)), bool(match.group(3))
        yield name, found
