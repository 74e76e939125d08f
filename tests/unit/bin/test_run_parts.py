# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""bin/test counts honestly: what failed, what erred, what was skipped, and what never said a word."""

from __future__ import annotations

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


@pytest.fixture
def part(run_parts, tmp_path, monkeypatch):
    """Runs a script as a part and gives its outcome."""
    monkeypatch.setenv("VENV", "/nowhere")
    monkeypatch.setenv("COLLECTION", str(tmp_path))
    monkeypatch.setenv("K8S_EDGE_CACHE", str(tmp_path))

    def run(script, **more):
        return run_parts.run(run_parts.Part("some", "about", script, **more), tmp_path / "logs")

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


def test_a_part_that_hangs_is_ended_with_all_it_started(part, tmp_path):
    outcome = part(f"sleep 300 & echo $! >{tmp_path}/pid; wait", limit=1)
    assert outcome.counts == (0, 1, 0)
    assert "time limit" in outcome.note
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/root").exists()


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
