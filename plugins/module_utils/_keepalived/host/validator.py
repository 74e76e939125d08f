# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the installed keepalived check a candidate file.

The exit code of ``keepalived -t`` is not reliable: 4 and 5 are also returned for files that work, and 0 for files that
are only partly used. So its messages on the candidate are compared with those on the current file, and the new ones
decide. It runs with a time limit (a file can make it hang), and with SIGTERM ignored (2.2.7 kills itself when it has a
script user).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import DaemonRefused, DaemonSays, Lacking
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.live import version
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System

TIME_LIMIT = 20.0
MISSING = (
    "keepalived is not installed (no such program on the PATH or in sbin), so it cannot check the file. Install the "
    "package first, or set validate: false to write the file unchecked."
)

#: Prefix of keepalived's messages where they are passed on.
SAYS = "keepalived says: "

#: Exit codes that mean that the whole file was read, whatever the messages.
_READ = (0, 4, 5, 6)
_WHERE = re.compile(r"^\((?:[^()]*: )?Line \d+\) ")
#: New messages that do not mean that something is ignored, shortened or replaced.
_HARMLESS = re.compile(
    r"is not used$|deprecated|SECURITY VIOLATION|default user '[^']*' for script execution does not exist"
    r"|No VIP specified; at least one is sensible|probably (isn't|is not|not) what you want"
)
#: In check mode, also what an earlier task of the same run would have created.
_NOT_YET = re.compile(
    r"[Uu]nable to access script|[Ss]cript .*(not found|disabling|user)|doesn't exist|does not exist"
    r"|Error setting global script uid/gid|Unable to set (default user|uid/gid) for"
)
#: An include with a relative path: at the beginning of a line, under a condition, after a brace or in a definition.
_INCLUDE = re.compile(rb"(?m)((?:^|[{}=])[ \t]*(?:@[^ \t\n]*[ \t]+)?include[rmwba]?[ \t]+)([^/\s][^\n]*)$")
#: The directory of the file, unless a definition gives the name another meaning.
_DIRECTORY = re.compile(rb"\$(?:\{_PWD\}|_PWD(?=[ \t,)\r\n]|$))")
_PARAMETER = re.compile(rb"\$\{?(\w+)")


def is_not_yet(message: str) -> bool:
    """Whether a message is about something that an earlier task of the same run would have created."""
    return bool(_NOT_YET.search(message))


class Validator:
    """``validate(candidate, current) -> warnings`` for ConfigFile. Raises DaemonRefused."""

    def __init__(self, system: System, *, rehearsal: bool, time_limit: float = TIME_LIMIT) -> None:
        self.system = system
        self.rehearsal = rehearsal
        self.time_limit = time_limit

    def __call__(self, candidate: str, current: str) -> Sequence[str]:
        program = self.system.which("keepalived")
        if program is None:
            if self.rehearsal:
                return [Lacking("keepalived is not installed yet, so it could not check the file.", "keepalived")]
            raise DaemonRefused(MISSING)
        if os.path.dirname(candidate) != os.path.dirname(current):
            _anchor(candidate, os.path.dirname(current))
        judged = self._run(program, candidate)
        new = _messages(judged, candidate, os.path.dirname(current))
        if judged.rc == 0 and not new:
            return []
        known = self._known(program, current)
        fresh = _without(new, known)
        grave = [message for message in fresh if not self._is_harmless(message)]
        if grave:
            raise DaemonRefused(
                "keepalived would misread the new file. Output of keepalived -t (exit code {0}): {1}. "
                "The file was not changed.{2}".format(judged.rc, "; ".join(grave), self._too_old(grave))
            )
        if judged.rc not in _READ and not known:
            raise DaemonRefused(
                "keepalived -t ended with exit code {0} on the new file: {1}. The file was not changed.".format(
                    judged.rc, "; ".join(new) or "no output"
                )
            )
        return [DaemonSays(SAYS + message, is_not_yet(message)) for message in new]

    def _too_old(self, messages: Sequence[str]) -> str:
        """A hint at keywords that the installed keepalived does not know: its own messages decide, not our table of
        versions."""
        if not any(message.startswith("Unknown keyword") for message in messages):
            return ""
        return " This host has keepalived {0}: leave out what it does not know, or install a newer one.".format(
            version(self.system)
        )

    def _is_harmless(self, message: str) -> bool:
        return bool(_HARMLESS.search(message) or (self.rehearsal and is_not_yet(message)))

    def _known(self, program: str, current: str) -> list[str]:
        """keepalived's messages on the current file. Empty where there is no file, or the check fails."""
        if not os.path.exists(current):
            return []
        try:
            return _messages(self._run(program, current), current, os.path.dirname(current))
        except DaemonRefused:
            return []

    def _run(self, program: str, path: str) -> Completed:
        done = self.system.run([program, "-t", "-f", path], timeout=self.time_limit, ignore_sigterm=True)
        if done.timed_out:
            raise DaemonRefused(
                "keepalived -t did not end within {0:g} s on the new file. The file was not changed. Look for ~SEQ "
                "loops "
                "that make very many blocks.".format(self.time_limit)
            )
        if done.rc < 0 or done.rc >= 126:
            number = -done.rc if done.rc < 0 else done.rc - 128
            raise DaemonRefused(
                "keepalived -t was ended by signal {0} on the new file and gave no verdict. Its output: {1}. "
                "The file was not changed.".format(
                    number, "; ".join(_messages(done, path, os.path.dirname(path))) or "none"
                )
            )
        return done


def _messages(done: Completed, path: str, directory: str) -> list[str]:
    """The messages of a run without the parts that differ between two runs: their position, the name of the file, and
    the directory that a rehearsal puts before relative paths."""
    name = os.path.basename(path)
    lines = (done.stderr + "\n" + done.stdout).split("\n")
    return [
        _WHERE.sub("", line.strip()).replace(path, "the file").replace(directory + "/", "").replace(name, "the file")
        for line in lines
        if line.strip()
    ]


def _without(messages: Sequence[str], known: Sequence[str]) -> list[str]:
    left = list(known)
    fresh = []
    for message in messages:
        if message in left:
            left.remove(message)
        else:
            fresh.append(message)
    return fresh


def _anchor(candidate: str, directory: str) -> None:
    """Keep the meaning of relative includes and of ``${_PWD}`` in a rehearsal's candidate, which is in another
    directory."""
    with open(candidate, "rb") as file:
        content = file.read()
    anchored = anchor(content, os.fsencode(directory))
    if anchored != content:
        with open(candidate, "wb") as file:
            file.write(anchored)


def anchor(content: bytes, directory: bytes) -> bytes:
    """A configuration whose meaning does not depend on its directory: as if it were in ``directory``."""
    if b"_PWD" in content and b"$_PWD=" not in content:
        content = _DIRECTORY.sub(lambda _match: directory, content)

    def anchored(match: re.Match[bytes]) -> bytes:
        include, path = match.groups()
        return include + path if _is_absolute(path, content) else include + directory + b"/" + path

    return _INCLUDE.sub(anchored, content) if b"include" in content else content


def _is_absolute(path: bytes, content: bytes, depth: int = 0) -> bool:
    """Whether a path that may begin with a parameter is absolute, or cannot be determined."""
    parameter = _PARAMETER.match(path)
    if parameter is None:
        return path.startswith(b"/")
    values = re.findall(rb"\$" + parameter.group(1) + rb"=[ \t]*([^\n]*)", content)
    return not values or depth > 9 or _is_absolute(values[-1], content, depth + 1)
