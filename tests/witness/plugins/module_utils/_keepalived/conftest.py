# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""keepalived itself, in a network of its own, as the witness of what a configuration means."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Callable

import pytest

#: An interface with an address; pid files go to a /run of its own.
ALONE = (
    "mount -t tmpfs tmpfs /run; ip link set lo up; ip link add v0 type veth peer name v1;"
    ' ip addr add 10.9.9.9/24 dev v0; ip link set v1 up; ip link set v0 up; exec "$@"'
)
#: Seconds after which a keepalived is ended that has not told of its interfaces, which come last.
PATIENCE = 5.0


@pytest.fixture
def told_by_keepalived() -> Callable[..., str]:
    """What it says of a configuration, its dump among it, without the time of day: ``(path, *options, before="")``.

    ``before`` are commands of a shell that go first.
    """
    if os.geteuid() != 0 or not shutil.which("keepalived") or not shutil.which("unshare"):
        pytest.skip("needs keepalived, and root for a network of its own")

    def tell(path: Path, *options: str, before: str = "") -> str:
        command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        command += ["sh", "-c", before + ALONE, "sh", "keepalived", "-n", "-d", "-l", "-P", *options, "-f", str(path)]
        said = []
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
            end = threading.Timer(PATIENCE, running.kill)
            end.start()
            assert running.stdout
            for line in running.stdout:
                said.append(line)
                if "< Interfaces >" in line:
                    running.kill()
            end.cancel()
        text = "".join(said)
        if "Operation not permitted" in text:
            pytest.skip("no network of its own here")
        return re.sub(r"(?m)^\w{3} \w{3} .{16}: ", "", text)

    return tell
