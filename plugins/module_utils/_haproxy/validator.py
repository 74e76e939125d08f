# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the installed HAProxy judge a candidate file before it goes live.

``haproxy -c`` ends with 0 (valid), 2 (valid, but nothing listens) or 1 (refused). It binds nothing, but resolves names
and loads certificates, so it speaks for this host only. Two things it does not say: what fails only at start (an
address that is not local, a busy port, a missing directory), and what of it is new. So the current file is asked too:
a new alert, or a new warning that something is ignored, is a refusal; what was said before already is passed on.
"""

from __future__ import annotations

import os
import re

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import DaemonRefused, EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.edits import UNENDED
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.secrets import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._ports import Completed, Ports

#: Resolving names can wait for a resolver that does not answer; longer than this, no one should. In seconds.
TIME_LIMIT = 60.0

_MESSAGE = re.compile(r"\[(ALERT|WARNING|NOTICE|DIAG|EMERG|INFO)\]\s+(?:\d+/\d+\s+)?\(\d+\)\s*:\s*(?:config : )?(.*)")
_VERDICTS = re.compile(r"(Fatal errors found in configuration|Error\(s\) found in configuration file)")
_LINE_NUMBER = re.compile(r"(?<=:)\d+(?=[\]).,: ]|$)|(?<=line )\d+")
_CHROOT = re.compile(r"^[ \t]*chroot[ \t]+\"?(/[^\s\"$#]*)\"?[ \t]*(?:#.*)?$", re.MULTILINE)
_TRUNCATED = re.compile("Missing LF on last line")
_IGNORED = re.compile(r"\b(ignor(ed|ing)|no effect|truncated|falling back|never match)", re.IGNORECASE)


def judge(candidate: str, current: str, ports: Ports, *, check_mode: bool = False) -> list[str]:
    """The warnings HAProxy gives the candidate. Raises DaemonRefused. ``current`` need not exist.

    Without HAProxy on the host nothing can be judged: an error, in check mode a warning, as the package may be about
    to be installed by the same playbook.
    """
    program = ports.which("haproxy")
    if program is None:
        message = f"haproxy is not installed on this host, so the new {current} cannot be checked."
        if check_mode:
            return [message]
        raise EdgeError(f"{message} Install it first, or set validate: false.")
    verdict = _ask(program, candidate, ports)
    alerts, warnings = _messages(verdict, candidate, current)
    if verdict.timed_out:
        raise DaemonRefused(
            f"haproxy -c did not come to an end within {TIME_LIMIT:.0f} s on the new {current} (it resolves names and "
            "loads files while it checks). The file is as it was."
        )
    known_alerts, known_warnings = _known(program, current, ports) if alerts or warnings else (set(), set())
    if verdict.rc not in (0, 2):
        if any(_TRUNCATED.search(alert) for alert in alerts) and _was_unended(current):
            # The file had no final line feed before lines of ours came; giving it back as it was is no new fault.
            known_alerts.update(_normal(alert) for alert in alerts if _TRUNCATED.search(alert))
        fresh = [alert for alert in alerts if _normal(alert) not in known_alerts]
        if fresh or not alerts:
            raise DaemonRefused(_refusal(verdict, fresh, current))
        # What was refused before and is refused for the same reasons now is none the worse for this change.
        return [f"HAProxy refuses {current}, as it did before this change: {alert}" for alert in alerts]
    serious = [warning for warning in warnings if _IGNORED.search(warning) and _normal(warning) not in known_warnings]
    if serious:
        said = "\n".join(serious)
        raise DaemonRefused(f"HAProxy would not do all that the new {current} says:\n{said}\nThe file is as it was.")
    _refuse_missing_root(candidate, current)
    return [f"HAProxy on {current}: {warning}" for warning in warnings]


def _refuse_missing_root(candidate: str, current: str) -> None:
    """A folder to chroot to that is missing shows only in the new worker; seeing that worker end, the master ends all
    others too (mworker.c, exit-on-failure). Nothing could be rolled back in time, so it must not come that far."""
    for root in _roots(candidate) - _roots(current):
        if not os.path.isdir(root):
            raise DaemonRefused(
                f"global.chroot: {root!r} is no folder on this host, and HAProxy would end, with all connections. "
                f"Make the folder first. {current} is as it was."
            )


def _roots(path: str) -> set[str]:
    if not os.path.exists(path):
        return set()
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return set(_CHROOT.findall(file.read()))


def _was_unended(current: str) -> bool:
    if not os.path.exists(current):
        return False
    with open(current, encoding="utf-8", errors="surrogateescape") as file:
        return any(line.rstrip("\n").endswith(UNENDED) for line in file)


def _ask(program: str, path: str, ports: Ports) -> Completed:
    return ports.run([program, "-c", "-f", path], timeout=TIME_LIMIT)


def _known(program: str, current: str, ports: Ports) -> tuple[set[str], set[str]]:
    """What HAProxy says about the file as it is: alerts and warnings in normal form. Nothing where there is no file."""
    if not os.path.exists(current):
        return set(), set()
    alerts, warnings = _messages(_ask(program, current, ports), current, current)
    return {_normal(alert) for alert in alerts}, {_normal(warning) for warning in warnings}


def _messages(verdict: Completed, path: str, shown_as: str) -> tuple[list[str], list[str]]:
    """What HAProxy said: (alerts, warnings), secrets masked, the candidate under the name it will have."""
    said: dict[str, list[str]] = {}
    level = ""
    for line in redact((verdict.stderr + verdict.stdout).replace(path, shown_as)).splitlines():
        match = _MESSAGE.match(line)
        if match is not None:
            level = match.group(1)
            said.setdefault(level, []).append(match.group(2))
        elif line.lstrip().startswith("|") and said.get(level):
            said[level][-1] += " " + line.lstrip(" |")
    alerts = [alert for alert in said.get("ALERT", []) + said.get("EMERG", []) if not _VERDICTS.search(alert)]
    return alerts, said.get("WARNING", [])


def _normal(message: str) -> str:
    """A message without what an edit elsewhere in the file changes."""
    return _LINE_NUMBER.sub("N", message)


def _refusal(verdict: Completed, alerts: list[str], current: str) -> str:
    if alerts:
        said = "\n".join(alerts)
        return f"HAProxy refuses the new {current}:\n{said}\nThe file is as it was."
    end = f"with status {verdict.rc}" if verdict.rc >= 0 else f"by signal {-verdict.rc}"
    words = redact((verdict.stderr or verdict.stdout).strip())[-2000:]
    return f"haproxy -c ended {end} on the new {current} and gave no verdict: {words or 'it said nothing'}"
