# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run external programs, and report their failures clearly."""

from __future__ import annotations

import subprocess


class LabError(Exception):
    """An error that the user can act on. str(error) is the complete message."""


def run(*argv: str, stdin: bytes = b"") -> str:
    """Run argv and return its standard output. Raises LabError with its standard error if it fails."""
    done = subprocess.run(argv, input=stdin, capture_output=True)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip() or done.stdout.decode(errors="replace").strip()
        raise LabError(f"{' '.join(argv)}\nexited with {done.returncode}: {said}")
    return done.stdout.decode(errors="replace")


def succeeds(*argv: str) -> bool:
    """Whether argv exists and exits with 0. Its output is dropped."""
    try:
        return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
