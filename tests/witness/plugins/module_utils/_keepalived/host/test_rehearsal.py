# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode's candidate lies in another directory, and keepalived reads there what it would read in place."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.validator import Validator, anchor
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

needs_daemon = pytest.mark.skipif(not shutil.which("keepalived"), reason="needs keepalived")
HOST = os.uname().nodename
FORMS = {
    "relative": "include conf.d/*.conf",
    "of the own directory": "include ${_PWD}/conf.d/*.conf",
    "a variant": "includer ./conf.d/a.conf",
    "under a condition": f"@{HOST} include conf.d/a.conf",
    "behind a brace": "global_defs { include conf.d/a.conf\n}",
    "by a definition": "$D=conf.d\ninclude $D/a.conf\ninclude ${D}/a.conf",
    "by a definition of the own directory": "$D=${_PWD}/conf.d\ninclude ${D}/a.conf",
    "by a definition of a definition": "$C=conf\n$D=${C}.d\ninclude ${D}/a.conf",
    "a definition that includes": "$I=include conf.d/a.conf\n$I",
    "a continued definition": "$I= \\\n include conf.d/a.conf \\\n router 7\n$I",
    "with a definition of the name": "$_PWD=conf.d\ninclude ${_PWD}/a.conf",
    "with choices": "include {conf.d,more}/a.conf",
    "in a comment": "# include conf.d/a.conf\n",
}


def said(path: Path) -> list[str]:
    done = subprocess.run(["keepalived", "-t", "-f", path], capture_output=True, text=True, timeout=60, check=False)
    return sorted(line.split(") ")[-1] for line in (done.stdout + done.stderr).splitlines())


@needs_daemon
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_include_is_found_from_another_directory(form: str, tmp_path: Path) -> None:
    place, elsewhere = tmp_path / "place", tmp_path / "elsewhere"
    (place / "conf.d").mkdir(parents=True)
    elsewhere.mkdir()
    (place / "conf.d" / "a.conf").write_text("seen 1\ninclude b.inc\n")
    (place / "conf.d" / "b.inc").write_text("deeper 1\n")
    current, candidate = place / "keepalived.conf", elsewhere / "keepalived.conf"
    current.write_text(form + "\n")
    candidate.write_bytes(anchor(current.read_bytes(), os.fsencode(place)))
    in_place = said(current)
    assert any("seen" in line for line in in_place) is (not form.startswith("#"))
    assert [line.replace(f"{place}/", "") for line in said(candidate)] == [
        line.replace(f"{place}/", "") for line in in_place
    ]
    candidate.write_text(form + "\n# edited\n")
    assert Validator(System(), rehearsal=True)(str(candidate), str(current)) is not None
