# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Molecule says passes through, and becomes a report of its actions with the time that each took."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

REPORT = Path(__file__).resolve().parents[3] / "bin" / "molecule_report.py"
BEGINS = "INFO     [load > converge] Executing\n"
INSIDE = "TASK [INFO [load > converge] Executing] ***\n"
WELL = "INFO     [load > converge] Executed: Successful\n"
NEXT = "INFO     [load > verify] Executing\n"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (BEGINS + INSIDE + WELL + NEXT + WELL.replace("converge", "verify"), [("converge", None), ("verify", None)]),
        (BEGINS + "ERROR    [load > converge] Executed: Failed\n", [("converge", "Failed")]),
        (BEGINS + WELL + NEXT + INSIDE, [("converge", None), ("verify", "did not end")]),
        (BEGINS + NEXT, [("converge", "did not end"), ("verify", "did not end")]),
        ("nothing\n", []),
    ],
    ids=["well", "failed", "ended in the midst", "no end is said", "nothing"],
)
def test_each_action_is_counted(said, found, tmp_path):
    path = tmp_path / "junit.xml"
    done = subprocess.run([sys.executable, REPORT, path], input=said, text=True, capture_output=True, check=True)
    assert done.stdout == said
    suite = ElementTree.parse(path).getroot()
    cases = [(each.get("name"), each.find("failure")) for each in suite]
    assert [(name, None if bad is None else bad.get("message")) for name, bad in cases] == found
    failed = sum(bad is not None for _name, bad in found)
    assert (suite.get("tests"), suite.get("failures")) == (str(len(found)), str(failed))
    assert all(each.get("classname") == "load" and float(each.get("time")) < 60 for each in suite)
