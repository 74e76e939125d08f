# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of this collection. Below ``_run_module`` every failure is one of these exceptions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class Problem(NamedTuple):
    """One problem with the input.

    ``option`` is the option's path as the user wrote it (``virtual_ipaddress[1].address``), ``value`` its value (never
    a secret; None where nothing was given), ``reason`` why it is not valid, ``remedy`` what to write instead.
    """

    option: str
    value: object
    reason: str
    remedy: str

    def __str__(self) -> str:
        value = "" if self.value is None else f"{self.value!r} "
        reason, remedy = self.reason.rstrip("."), self.remedy.rstrip(".")
        return f"{self.option}: {value}{reason}. {remedy}."


def os_reason(error: OSError) -> str:
    """The operating system's message, with a remedy where permission was denied."""
    reason = error.strerror or str(error)
    return f"{reason}. This needs root: set become: true" if error.errno in (1, 13) else reason  # EPERM, EACCES


class Lacking(str):
    """A warning about something that the host lacks. ``lacks`` is its name: a program, a user, a path or a kernel
    parameter. A plan that brings it leaves the warning out."""

    lacks: str

    def __new__(cls, text: str, lacks: str) -> Lacking:
        made = super().__new__(cls, text)
        made.lacks = lacks
        return made


class DaemonSays(str):
    """A warning in a daemon's own words. ``not_found``: they are about something that the daemon did not find; which
    thing, only the words tell."""

    not_found: bool

    def __new__(cls, text: str, not_found: bool = False) -> DaemonSays:
        made = super().__new__(cls, text)
        made.not_found = not_found
        return made


class EdgeError(Exception):
    """A failure with a message for people. ``facts`` are further keys of the module's result."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.facts = facts


class InputError(EdgeError):
    """The input is not valid. All problems are found in one pass and reported together, before anything changes."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class DaemonRefused(EdgeError):
    """The daemon's own check refused the candidate file. The live file is unchanged."""


class ApplyError(EdgeError):
    """Applying failed, and restoring failed too. The message gives both reasons, the first failure first."""

    def __init__(self, first: BaseException, undo_failures: Sequence[BaseException]) -> None:
        lines = [str(first), "Restoring the previous state failed too:"]
        lines.extend(f"  {failure}" for failure in undo_failures)
        super().__init__("\n".join(lines), **getattr(first, "facts", {}))


def refuse(problems: Sequence[Problem]) -> None:
    """Raise InputError if there are problems."""
    if problems:
        raise InputError(problems)
