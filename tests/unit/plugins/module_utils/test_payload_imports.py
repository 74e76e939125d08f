# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A start from a payload: modules compiled once and not to be told from ordinary ones, the collector at rest."""

from __future__ import annotations

import gc
import subprocess
import sys
import zipfile

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import PayloadFinder, start_lean

PACKAGES = ["ansible_collections", "k8s_edge", "ha", "plugins", "module_utils"]

PROGRAM = """
import builtins, gc, sys, traceback, zipimport
sys.path.insert(0, sys.argv[1])
compiled = []
real = compile
def counting(source, file, *rest, **more):
    compiled.append(file)
    return real(source, file, *rest, **more)
builtins.compile = counting
import zipimport
zipimport.compile = counting
from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean
start_lean(zipimport.zipimporter(sys.argv[1]))
assert not gc.isenabled()
from ansible_collections.k8s_edge.ha.plugins.module_utils import _sample, _pack
import ansible_collections.other
assert _pack.VALUE == 2
print(_sample.VALUE, _sample.__file__, sum(file.endswith("_sample.py") for file in compiled))
try:
    _sample.fail()
except ZeroDivisionError:
    print(traceback.format_exc())
"""


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "payload.zip"
    with zipfile.ZipFile(path, "w") as payload:
        for depth in range(1, len(PACKAGES) + 1):
            payload.writestr("/".join(PACKAGES[:depth]) + "/__init__.py", "")
        directory = "/".join(PACKAGES)
        payload.writestr(f"{directory}/_sample.py", "VALUE = 1\ndef fail():\n    return 1 / 0  # here\n")
        payload.writestr(f"{directory}/_pack/__init__.py", "VALUE = 2\n")
        payload.writestr("ansible_collections/other.py", "")
        payload.writestr(
            f"{directory}/_payload_imports.py", open(sys.modules[PayloadFinder.__module__].__file__).read()
        )
    return path


def test_a_module_is_compiled_once_and_tells_where_it_is_from(archive):
    done = subprocess.run([sys.executable, "-I", "-c", PROGRAM, str(archive)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines()
    assert first == f"1 {archive}/{'/'.join(PACKAGES)}/_sample.py 1"
    assert any("return 1 / 0  # here" in line for line in rest), "a traceback shows the source"


def test_outside_a_payload_nothing_changes():
    before = list(sys.meta_path)
    start_lean(__loader__)
    start_lean(None)
    assert sys.meta_path == before
    assert gc.isenabled()
