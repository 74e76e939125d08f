# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes ``ansible_collections.k8s_edge.ha`` importable from the checkout, wherever it lies, and offers the
fixture that calls a module through its front door.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Callable

import hypothesis
import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


def _collection_root() -> Path:
    """A directory for sys.path whose ansible_collections/k8s_edge/ha is this checkout."""
    if CHECKOUT.parts[-3:] == ("ansible_collections", "k8s_edge", "ha"):
        return CHECKOUT.parents[2]
    root = Path(tempfile.mkdtemp(prefix="k8s_edge-unit-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    namespace = root / "ansible_collections" / "k8s_edge"
    namespace.mkdir(parents=True)
    (namespace / "ha").symlink_to(CHECKOUT)
    return root


# A slow machine is not a finding.
hypothesis.settings.register_profile("k8s_edge", deadline=None, print_blob=True)
hypothesis.settings.load_profile("k8s_edge")

COLLECTION_ROOT = _collection_root()
sys.path.insert(0, str(COLLECTION_ROOT))


@pytest.fixture(scope="session")
def collection_root() -> Path:
    """The directory to put on a Python path so that it finds ansible_collections.k8s_edge.ha."""
    return COLLECTION_ROOT


@pytest.fixture(autouse=True)
def _as_on_a_target(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of filters make their process a controller, where a module's warnings go to the screen: not for modules.

    ansible-core before 2.19 does not tell them apart.
    """
    if "plugins/module" in request.path.as_posix() and find_spec("ansible.module_utils._internal"):
        monkeypatch.setattr("ansible.module_utils._internal.is_controller", False, raising=False)


@dataclass(frozen=True)
class ModuleRun:
    """What one run of a module ended with: the exit code, its JSON as a mapping, and what else it said."""

    rc: int
    result: dict[str, Any]
    stderr: str

    @property
    def failed(self) -> bool:
        return self.rc != 0 or bool(self.result.get("failed"))


@pytest.fixture(scope="session")
def run_module_process() -> Callable[..., ModuleRun]:
    """Call a module through its front door: a Python process of its own, JSON in on stdin, JSON out on stdout.

    ``run_module_process(name, args, check_mode=False, diff=True, env=None, timeout=60)``. A process that prints
    anything but one JSON document fails the test.
    """

    def call(
        name: str,
        args: Mapping[str, Any],
        *,
        check_mode: bool = False,
        diff: bool = True,
        env: Mapping[str, str] | None = None,
        timeout: float = 60,
    ) -> ModuleRun:
        internal = {"_ansible_check_mode": check_mode, "_ansible_diff": diff, "_ansible_module_name": name}
        search = [str(COLLECTION_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        ended = subprocess.run(
            [sys.executable, "-m", f"ansible_collections.k8s_edge.ha.plugins.modules.{name}"],
            input=json.dumps({"ANSIBLE_MODULE_ARGS": {**args, **internal}}).encode(),
            capture_output=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(search), **(env or {})},
            timeout=timeout,
        )
        stderr = ended.stderr.decode(errors="replace")
        try:
            result = json.loads(ended.stdout)
        except ValueError:
            pytest.fail(f"{name} printed no JSON (rc {ended.returncode}):\n{ended.stdout.decode()}\n{stderr}")
        return ModuleRun(ended.returncode, result, stderr)

    return call
