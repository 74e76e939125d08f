# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's programs: run one, and say clearly what went wrong."""

from __future__ import annotations

import subprocess


class LabError(Exception):
    """Something a person can act on; str(e) is the whole message."""


def run(*argv: str, stdin: bytes = b"") -> str:
    """Run argv and return its standard output. LabError with its standard error where it fails."""
    done = subprocess.run(argv, input=stdin, capture_output=True)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip() or done.stdout.decode(errors="replace").strip()
        raise LabError(f"{' '.join(argv)}\nexited with {done.returncode}: {said}")
    return done.stdout.decode(errors="replace")


def succeeds(*argv: str) -> bool:
    """Whether argv is there and exits with 0; what it says is dropped."""
    try:
        return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False
