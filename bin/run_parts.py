#!/usr/bin/env python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the parts of bin/test: light ones side by side, then those that need the whole machine.

Called by bin/test, which has prepared the environment (VENV, COLLECTION, K8S_EDGE_CACHE)."""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import shlex
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import NamedTuple

import family
from parts import PARTS, Part, blocker

CHECKOUT = Path(__file__).resolve().parents[1]
TAIL_LINES = 80
_print = threading.Lock()
_running: set[subprocess.Popen[bytes]] = set()


#: Seconds after which a part is ended even if it is active, in case it never ends by itself.
WALL_LIMIT = 4 * 3600


class Clock:
    """The time, and how to wait for the end of a part."""

    def now(self) -> float:
        return time.monotonic()

    def pause(self, child: subprocess.Popen[bytes]) -> bool:
        """Wait briefly. Returns whether the child has ended."""
        try:
            child.wait(timeout=2)
        except subprocess.TimeoutExpired:
            return False
        return True


CLOCK = Clock()


class Counts(NamedTuple):
    passed: int = 0
    failed: int = 0
    skipped: int = 0


class Outcome(NamedTuple):
    part: Part
    counts: Counts
    seconds: float
    note: str = ""
    #: The slowest tests or actions: name and seconds.
    longest: tuple[tuple[str, float], ...] = ()

    @property
    def word(self) -> str:
        if self.counts.failed:
            return "FAILED"
        return "ok" if self.counts.passed else "skipped"


def say(text: str) -> None:
    with _print:
        print(text, flush=True)


def junit_counts(report: Path) -> Counts:
    """The totals of a pytest report. A test with an error in its set-up counts as failed."""
    passed = failed = skipped = 0
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):  # noqa: S314 (our own report)
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        unseen = int(suite.get("skipped", 0))
        passed += int(suite.get("tests", 0)) - bad - unseen
        failed += bad
        skipped += unseen
    return Counts(passed, failed, skipped)


def longest(report: Path, number: int = 3) -> tuple[tuple[str, float], ...]:
    """The tests of a report (or actions of Molecule) that took the longest, and at least five seconds."""
    if not report.exists():
        return ()
    taken = []
    for case in ElementTree.parse(report).getroot().iter("testcase"):  # noqa: S314 (our own report)
        where = case.get("classname", "").rpartition(".")[2]
        taken.append((f"{where} {case.get('name', '')}"[:80], float(case.get("time", 0))))
    return tuple(sorted((each for each in taken if each[1] >= 5), key=lambda each: -each[1])[:number])


def counts_of(report: Path, rc: int) -> Counts:
    """A part without a report counts as one check. A part that failed with a green report (coverage) counts as one
    failure."""
    counts = junit_counts(report) if report.exists() else Counts(passed=int(rc == 0))
    if rc != 0 and not counts.failed:
        counts = counts._replace(failed=1)
    return counts


def environment(work: Path) -> dict[str, str]:
    """The caller's environment without settings of Ansible and Molecule, and with caches outside the copy.

    Python stores its bytecode whatever the caller has set, since ansible-playbook starts hundreds of times."""
    keep = {"ANSIBLE_COLLECTIONS_PATH"}
    drop = {"PYTHONDONTWRITEBYTECODE"}
    env = {
        name: value
        for name, value in os.environ.items()
        if name in keep or (name not in drop and not name.startswith(("ANSIBLE_", "MOLECULE_", "COVERAGE_", "PYTEST_")))
    }
    cache = os.environ["K8S_EDGE_CACHE"]
    env.update(
        ANSIBLE_HOME=f"{cache}/ansible",
        ANSIBLE_NOCOLOR="1",
        CHECKOUT=str(CHECKOUT),
        COVERAGE_FILE=str(work / "coverage"),
        HYPOTHESIS_STORAGE_DIRECTORY=f"{cache}/hypothesis",
        LC_ALL="C.UTF-8",
        NO_COLOR="1",
        PY_COLORS="0",
        REPORT=str(work / "junit.xml"),
        VIRTUAL_ENV=os.environ["VENV"],
        WORK=str(work),
    )
    return env


def run(part: Part, logs: Path, clock: Clock = CLOCK) -> Outcome:
    """Run one part in the copy of the checkout. Its output goes to its log, and is shown if it fails."""
    reason = blocker(part)
    if reason:
        say(f"skip    {part.name}: {reason}")
        return Outcome(part, Counts(skipped=1), 0.0, reason)

    work = logs / part.name
    subprocess.run(["rm", "-rf", str(work)], check=True)
    work.mkdir(parents=True)
    log = work / "log"
    say(f"start   {part.name}")
    started = time.monotonic()
    prelude = f"set -euo pipefail; . {shlex.quote(str(CHECKOUT / 'bin/bootstrap.sh'))}; "
    with open(log, "wb") as sink:
        child = subprocess.Popen(
            ["bash", "-c", prelude + part.script],
            cwd=os.environ["COLLECTION"],
            env=environment(work),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _running.add(child)
        note = watch(child, log, part, clock)
        if note:
            family.end(child.pid)
        rc = child.wait()
        _running.discard(child)
    seconds = time.monotonic() - started

    if rc == 0 and (work / "skipped").exists():
        reason = (work / "skipped").read_text().strip()
        say(f"skip    {part.name}: {reason}")
        return Outcome(part, Counts(skipped=1), seconds, reason)
    report = work / "junit.xml"
    outcome = Outcome(part, counts_of(report, rc), seconds, note, longest(report))
    if outcome.counts.failed:
        said = log.read_text(errors="replace").splitlines()
        with _print:
            print(f"FAILED  {part.name}  {seconds:.1f} s  {note}  the end of {log}:", flush=True)
            print("\n".join(f"  | {line}" for line in said[-TAIL_LINES:]), flush=True)
    else:
        say(f"ok      {part.name}  {seconds:.1f} s")
    return outcome


def watch(child: subprocess.Popen[bytes], log: Path, part: Part, clock: Clock) -> str:
    """Wait until a part ends. Returns why it had to be ended, or an empty string."""
    started = clock.now()
    stillness = family.Stillness(started)
    while not clock.pause(child):
        now = clock.now()
        computed = sum(one.seconds for one in family.family(child.pid))
        if stillness.look(now, log.stat().st_size, computed) > part.quiet:
            return f"hangs: for {part.quiet} s it has said nothing and computed nothing"
        if now - started > WALL_LIMIT:
            return f"does not end: still at work after {WALL_LIMIT} s"
    return ""


def table(outcomes: list[Outcome], wall: float) -> str:
    rows: list[tuple[str, ...]] = [("part", "result", "passed", "failed", "skipped", "seconds")]
    rows += [(o.part.name, o.word, *map(str, o.counts), f"{o.seconds:.1f}") for o in outcomes]
    rows.append(("in all", "", *(str(sum(column)) for column in zip(*(o.counts for o in outcomes))), f"{wall:.1f}"))
    widths = [max(map(len, column)) for column in zip(*rows)]
    aligned = (
        "  ".join(cell.ljust(width) if i < 2 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths)))
        for row in rows
    )
    return "\n".join(aligned)


def chosen_parts(names: list[str]) -> list[Part]:
    known = {part.name: part for part in PARTS}
    unknown = sorted(set(names) - set(known))
    if unknown:
        sys.exit(f"bin/test: no such part: {', '.join(unknown)}. There are: {', '.join(known)}.")
    return [part for part in PARTS if not names or part.name in names]


def main() -> int:
    cli = argparse.ArgumentParser(prog="bin/test", description="Run all that is checked before a change goes in.")
    cli.add_argument("parts", metavar="NAME", nargs="*", help="only these parts")
    cli.add_argument("--list", action="store_true", help="say what the parts are, and stop")
    options = cli.parse_args()
    if options.list:
        width = max(len(part.name) for part in PARTS)
        print("\n".join(f"{part.name.ljust(width)}  {part.about}" for part in PARTS))
        return 0

    parts = chosen_parts(options.parts)
    logs = Path(os.environ["K8S_EDGE_CACHE"]) / "test"
    started = time.monotonic()
    results: dict[str, Outcome] = {}
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        light = [part for part in parts if not part.alone]
        try:
            for outcome in pool.map(lambda part: run(part, logs), light):
                results[outcome.part.name] = outcome
            for part in (part for part in parts if part.alone):
                results[part.name] = run(part, logs)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in list(_running):
                family.end(child.pid)
            return 130

    outcomes = [results[part.name] for part in parts]
    total = Counts(*(sum(column) for column in zip(*(outcome.counts for outcome in outcomes))))
    print()
    print(table(outcomes, time.monotonic() - started))
    for outcome in outcomes:
        if outcome.note:
            print(f"{outcome.part.name}: {outcome.note}")
        if outcome.longest:
            took = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in outcome.longest)
            print(f"{outcome.part.name}, the longest: {took}")
    print()
    skipped = f", {total.skipped} skipped" if total.skipped else ""
    print(f"{total.passed} passed, {total.failed} failed{skipped}", flush=True)
    return int(total.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
