#!/usr/bin/env python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pass Molecule's output through, and write a report of its actions with their durations in pytest's format.

Usage: molecule … test … 2>&1 | molecule_report.py REPORT"""

from __future__ import annotations

import re
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

EVENT = re.compile(r"[A-Z]+ +\[(?P<scenario>\S+) > (?P<action>\w+)\] Execut(?:ing|ed: (?P<end>\w+))")


def actions(lines: Iterable[str], clock: Callable[[], float] = time.monotonic) -> Iterator[tuple[str, str, float, str]]:
    """Scenario, action, seconds and result (empty if it did not end) of each action that began."""
    begun: tuple[str, str, float] | None = None
    for line in lines:
        found = EVENT.match(line)
        if not found:
            continue
        if begun:
            yield (*begun[:2], clock() - begun[2], found["end"] or "")
        begun = None if found["end"] else (found["scenario"], found["action"], clock())
    if begun:
        yield (*begun[:2], clock() - begun[2], "")


def passed_on(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        sys.stdout.write(line)
        sys.stdout.flush()
        yield line


def report(found: Iterable[tuple[str, str, float, str]]) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite")
    failures = 0
    for scenario, action, seconds, end in found:
        case = ElementTree.SubElement(suite, "testcase", classname=scenario, name=action, time=f"{seconds:.1f}")
        if end != "Successful":
            failures += 1
            ElementTree.SubElement(case, "failure", message=end or "did not end")
    suite.attrib.update(tests=str(len(suite)), failures=str(failures))
    return suite


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(ElementTree.tostring(report(actions(passed_on(sys.stdin)))))
