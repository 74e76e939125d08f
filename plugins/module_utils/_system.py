# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access to the operating system for the planes: commands."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

#: Daemons are in sbin, which a non-login PATH often lacks.
_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")


class Completed(NamedTuple):
    """A command that ended, or was ended by a timeout. ``rc`` is negative for a signal, as in subprocess."""

    rc: int
    stdout: str
    stderr: str
    timed_out: bool


class System:
    """Effects behind an object, so that tests can replace it."""

    def which(self, name: str) -> str | None:
        """The path of an executable on PATH or in the usual sbin directories, or None."""
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

        The command gets its own session, so that on timeout its children are ended with it. ``ignore_sigterm`` is for
        programs that signal their own process group (keepalived 2.2.7 in test mode). ``environment`` replaces the
        current one; messages are in English either way.
        """
        from ansible_collections.k8s_edge.ha.plugins.module_utils._run_command import run_command

        return Completed(*run_command(argv, timeout, stdin, ignore_sigterm, environment))
