# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command. Loaded only when one is run."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence


def run_command(
    argv: Sequence[str],
    timeout: float,
    stdin: str | None,
    ignore_sigterm: bool,
    environment: Mapping[str, str] | None,
) -> tuple[int, str, str, bool]:
    """Run a command; returns the fields of a ``Completed``. See ``System.run``."""
    child = subprocess.Popen(
        list(argv),
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ if environment is None else environment, LC_ALL="C", LANG="C"),
        start_new_session=True,
        preexec_fn=_ignore_sigterm if ignore_sigterm else None,
    )
    timed_out = False
    try:
        out, err = child.communicate(None if stdin is None else stdin.encode(), timeout=timeout)
    except subprocess.TimeoutExpired:
        timed_out = True
        out, err = _end(child)
    except BaseException:
        _end(child)
        raise
    return child.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), timed_out


def _ignore_sigterm() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _end(child: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Kill the child's whole session and return its output so far."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    try:
        return child.communicate(timeout=2)
    except subprocess.TimeoutExpired:
        # A grandchild that left the session keeps the pipes open: its output is not waited for.
        child.wait()
        return b"", b""
