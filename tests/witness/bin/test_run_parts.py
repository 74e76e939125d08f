# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""bin/test counts honestly: what failed, what erred, what was skipped, and what never said a word."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

BIN = str(Path(__file__).resolve().parents[3] / "bin")


@pytest.fixture(scope="module")
def run_parts():
    sys.path.insert(0, BIN)
    try:
        import run_parts

        yield run_parts
    finally:
        sys.path.remove(BIN)


@pytest.fixture(scope="module")
def family(run_parts):
    return run_parts.family


@pytest.fixture
def part(run_parts, tmp_path, monkeypatch):
    """Runs a script as a part and gives its outcome."""
    monkeypatch.setenv("VENV", "/nowhere")
    monkeypatch.setenv("COLLECTION", str(tmp_path))
    monkeypatch.setenv("K8S_EDGE_CACHE", str(tmp_path))

    def run(script, clock=run_parts.CLOCK, **more):
        return run_parts.run(run_parts.Part("some", "about", script, **more), tmp_path / "logs", clock)

    return run


def report(tests, failures=0, errors=0, skipped=0):
    return (
        f'<testsuites><testsuite tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"/>'
        "</testsuites>"
    )


@pytest.mark.parametrize(
    ("script", "counts", "word"),
    [
        ("true", (1, 0, 0), "ok"),
        ("false", (0, 1, 0), "FAILED"),
        ("false; true", (0, 1, 0), "FAILED"),
        (f"echo '{report(9)}' >$REPORT", (9, 0, 0), "ok"),
        (f"echo '{report(9, failures=1, errors=2, skipped=3)}' >$REPORT; exit 1", (3, 3, 3), "FAILED"),
        (f"echo '{report(9)}' >$REPORT; exit 1", (9, 1, 0), "FAILED"),  # too little coverage
        ("kill -9 $$", (0, 1, 0), "FAILED"),
    ],
)
def test_outcomes(part, script, counts, word):
    outcome = part(script)
    assert outcome.counts == counts
    assert outcome.word == word


class Clock:
    """Time stands still until a file is there, however long that takes; from then on each look is a day later."""

    def __init__(self, begins):
        self.begins = begins
        self.days = 0

    def now(self):
        self.days += self.begins.exists()
        return self.days * 86400.0

    def pause(self, child):
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=0.02)
        return child.returncode is not None


def running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    "script",
    [
        "sleep 300 & echo $! >{pid}; wait",
        "setsid sleep 300 & echo $! >{pid}; wait",
        "(trap '' TERM; while true; do sleep 0.1; done) & echo $! >{pid}; trap 'exit 1' TERM; wait",
    ],
    ids=["a child", "one in a session of its own", "one that will not stop"],
)
def test_a_part_that_hangs_is_ended_with_all_it_started(part, family, monkeypatch, tmp_path, script):
    monkeypatch.setattr(family.end, "__defaults__", (0.5, *family.end.__defaults__[1:]))
    pid = tmp_path / "pid"
    begins = tmp_path / "begins"
    outcome = part(script.format(pid=pid).replace("wait", f"touch {begins}; wait"), clock=Clock(begins))
    assert outcome.counts == (0, 1, 0)
    assert "said nothing and computed nothing" in outcome.note
    assert not running(pid.read_text().strip())


def test_a_part_that_takes_long_is_not_ended_while_it_does_something(family):
    stillness = family.Stillness(0.0)
    for minute in range(1, 1000):  # a line now and then
        assert stillness.look(60.0 * minute, minute // 5, 0.0) <= 300
    stillness = family.Stillness(0.0)
    for minute in range(1, 1000):  # a sixth of a processor, in silence
        assert stillness.look(60.0 * minute, 0, 10.0 * minute) == 0
    stillness = family.Stillness(0.0)
    for minute in range(1, 12):  # an ansible-playbook that waits for ever
        still = stillness.look(60.0 * minute, 0, 3.0 * minute)
    assert still == 660


def test_one_that_never_ends_though_it_works_meets_the_limit_of_all(run_parts, part, monkeypatch, tmp_path):
    begins = tmp_path / "begins"
    busy = "while :; do echo more; done"
    monkeypatch.setattr(run_parts.family.Stillness, "look", lambda *_: 0.0)
    outcome = part(f"touch {begins}; {busy}", clock=Clock(begins))
    assert "does not end" in outcome.note


def test_a_family_is_a_session_and_all_who_descend_from_it(family):
    def one(pid, parent, session):
        return family.Process(pid, parent, session, session, "S", 0.0, 0)

    everybody = [one(1, 0, 1), one(5, 1, 5), one(6, 5, 5), one(7, 6, 7), one(8, 7, 8), one(9, 1, 5), one(10, 1, 10)]
    assert [found.pid for found in family.family(5, everybody)] == [5, 6, 7, 8, 9]
    assert family.family(4, everybody) == []


def test_what_this_process_computes_is_seen(family):
    def computed():
        return next(one.seconds for one in family.processes() if one.pid == os.getpid())

    before = computed()
    while computed() == before:
        sum(range(100000))
    assert before > 0


def test_a_part_with_nothing_to_do_is_skipped(part):
    outcome = part("false", needs=("playbooks/nothing.yml",))
    assert outcome.counts == (0, 0, 1)
    assert "playbooks/nothing.yml" in outcome.note


def test_the_users_own_settings_stay_outside(part, monkeypatch):
    monkeypatch.setenv("ANSIBLE_STDOUT_CALLBACK", "nonsense")
    assert part('[ -z "${ANSIBLE_STDOUT_CALLBACK:-}" ]').word == "ok"


def test_a_failure_shows_the_end_of_what_was_said(part, capsys):
    part("echo 'the reason'; false")
    assert "the reason" in capsys.readouterr().out


def test_an_unknown_part_is_refused_with_those_there_are(run_parts):
    with pytest.raises(SystemExit, match=r"no such part: nonsense\. There are: .*unit"):
        run_parts.chosen_parts(["unit", "nonsense"])


def test_parts_keep_their_order(run_parts):
    assert [part.name for part in run_parts.chosen_parts(["unit", "ruff"])] == ["ruff", "unit"]


def test_the_longest_tests_are_named(part):
    cases = "".join(
        f'<testcase classname="tests.unit.test_{at}" name="one" time="{seconds}"/>'
        for at, seconds in enumerate([5.5, 60.4, 0.1, 7, 6])
    )
    outcome = part(f"echo '<testsuite tests=\"5\">{cases}</testsuite>' >$REPORT")
    assert outcome.longest == (("test_1 one", 60.4), ("test_3 one", 7.0), ("test_4 one", 6.0))
    assert part("true").longest == ()


def test_python_keeps_what_it_has_compiled(part, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert part('[ -z "${PYTHONDONTWRITEBYTECODE:-}" ]').word == "ok"


def test_every_scenario_of_molecule_runs_once(run_parts):
    scenarios = sorted(path.parent.name for path in Path(BIN).parent.glob("molecule/*/molecule.yml"))
    scenarios.remove("impact_short")  # run_molecule.sh takes it for impact, unless all kinds are asked for
    scripts = [one.script.split() for one in run_parts.PARTS if "run_molecule" in one.script]
    assert sorted(name for script in scripts for name in script[3:]) == scenarios
    assert len({script[2] for script in scripts}) == len(scripts), "two parts have one lab"
