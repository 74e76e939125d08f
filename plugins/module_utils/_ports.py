# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doors to the operating system that a plane's thought does not open itself: commands."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from typing import NamedTuple

#: Daemons live in sbin, which a non-login PATH often lacks.
_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")


class Completed(NamedTuple):
    """A command that ended, or was ended. ``rc`` is negative for a signal, as in subprocess."""

    rc: int
    stdout: str
    stderr: str
    timed_out: bool


class Ports:
    """Effects behind names, so that tests can put a recording in their place."""

    def which(self, name: str) -> str | None:
        """The path of an executable on PATH or in the usual sbin folders, or None."""
        for directory in os.environ.get("PATH", os.defpath).split(os.pathsep) + list(_SBIN):
            candidate = os.path.join(directory, name)
            if os.path.isfile(candidate) and os.access(candidate, os.X_OK):
                return candidate
        return None

    def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        stdin: str | None = None,
        ignore_sigterm: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run an argument list (never a shell string) for at most ``timeout`` seconds.

        The command gets a session of its own, so that on time-out its children end with it. ``ignore_sigterm`` is
        for programs that signal their own process group (keepalived 2.2.7 in test mode). ``environment`` stands in
        the place of our own; its messages are English either way.
        """
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
        return Completed(child.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), timed_out)


def _ignore_sigterm() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _end(child: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """Kill the child's whole session and give back what it had said."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    try:
        return child.communicate(timeout=2)
    except subprocess.TimeoutExpired:
        # A grandchild that left the session holds the pipes: what it says is not waited for.
        child.wait()
        return b"", b""
