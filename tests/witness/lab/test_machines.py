# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process is taken for a host with a kernel of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lab import machines


def test_only_a_process_of_this_very_machine_is_taken_for_it(tmp_path: Path) -> None:
    ours = ["sleep", "60", "60", f"umid=edge-1 uml_dir={tmp_path}/uml/"]
    for argv, state, taken in (
        (["bash", "-c", "sleep 60; :", *ours[3:]], tmp_path, True),
        (["bash", "-c", "sleep 60; :", *ours[3:]], tmp_path / "other", False),
        (["sleep", "60"], tmp_path, False),
    ):
        state.mkdir(exist_ok=True)
        child = subprocess.Popen(argv, start_new_session=True)
        while not Path(f"/proc/{child.pid}/cmdline").read_bytes():
            pass  # in the middle of exec
        try:
            (state / "edge-1.pid").write_text(f"{child.pid}\n")
            assert (machines._process(state, "edge-1") == child.pid) is taken
        finally:
            (state / "edge-1.pid").write_text(f"{child.pid}\n")
            machines._kill(state, "edge-1")
            if not taken:
                assert child.poll() is None  # nobody else's process is killed
                child.kill()
            child.wait()
    assert machines._process(tmp_path, "edge-1") is None
