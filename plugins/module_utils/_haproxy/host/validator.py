# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the installed HAProxy check a candidate file before it goes live.

``haproxy -c`` exits with 0 (valid), 2 (valid, but no listener) or 1 (refused). It binds nothing, but resolves names and
loads certificates, so its answer holds for this host only. It does not find what fails only at start (an address that
is not local, a busy port, a missing directory, too many open files), and it does not tell which messages are new. So
the current file is checked too. A new alert, whatever the exit status, or a new warning that something is ignored, is a
refusal; messages that the current file causes too are passed on. A last line without a line feed stops HAProxy's
parser: then both files are checked with a line feed added.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import DaemonRefused, DaemonSays, EdgeError, Lacking
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.cut_lines import cut_lines
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host import directories as start_faults
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host import invocation, open_files_allowed
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.messages import (
    Messages,
    normal,
    read_messages,
    unfulfilled,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import UNENDED, Document, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System

TIME_LIMIT = 60.0
_UNENDED = "Missing LF on last line, file might have been truncated"


def judge(candidate: str, current: str, system: System, *, check_mode: bool = False) -> list[str]:
    """The warnings HAProxy gives for the candidate. Raises DaemonRefused. ``current`` need not exist.

    Without HAProxy on the host nothing can be checked: an error, in check mode a warning, as the same playbook may be
    about to install the package. Only the limit of open files is checked beforehand.
    """
    program = system.which("haproxy")
    if program is None:
        message = f"haproxy is not installed on this host, so the new {current} cannot be checked."
        if check_mode:
            problems = open_files_allowed.before_install(_document(candidate), system)
            if problems:
                raise DaemonRefused("\n".join(map(str, problems)))
            return [Lacking(message, "haproxy")]
        raise EdgeError(f"{message} Install it first, or set validate: false.")
    return _Trial(program, candidate, current, system).judge()


class _Checked(NamedTuple):
    """``ended`` is the exit code of a check, ``messages`` its messages, ``documents`` are the files it read."""

    ended: Completed
    messages: Messages
    documents: list[Document]


class _Trial:
    """A candidate and the file that it would replace, each checked as the service would read it."""

    def __init__(self, program: str, candidate: str, current: str, system: System) -> None:
        self.program = program
        self.candidate = candidate
        self.current = current
        self.system = system
        self.service = invocation.invocation(current, system)

    def judge(self) -> list[str]:
        new = self._check(self.candidate)
        if new.ended.timed_out:
            raise DaemonRefused(
                f"haproxy -c did not end within {TIME_LIMIT:.0f} s on the new {self.current} (it resolves "
                "names and loads files while it checks). The file was not changed."
            )
        old = self._before(new.messages)
        alerts, warnings = new.messages
        known = {normal(message) for message in (*old.messages.alerts, *old.messages.warnings)}
        refused = new.ended.rc not in (0, 2)
        fresh = [alert for alert in alerts if normal(alert) not in known]
        if fresh or (refused and not alerts):
            raise DaemonRefused(_refusal(new.ended, fresh, self.current))
        # A refusal for the same reasons as before is no fault of this change.
        passed = [f"HAProxy refuses {self.current}, as it did before this change: {alert}" for alert in alerts]
        if refused:
            return [*passed, *self._unended()]
        fresh = [warning for warning in warnings if normal(warning) not in known]
        idle = unfulfilled(fresh, old.documents, new.documents)
        if idle:
            text = "\n".join(idle)
            raise DaemonRefused(
                f"HAProxy would ignore a part of the new {self.current}:\n{text}\nThe file was not changed."
            )
        self._refuse_cut(old.documents, new.documents)
        absent = start_faults.missing(old.documents, new.documents)
        files = open_files_allowed.judge(old.documents, new.documents, self.current, self.service, self.system)
        if absent or files.refused:
            problems = "\n".join(map(str, [*absent, *files.refused]))
            raise DaemonRefused(f"{problems}\n{self.current} was not changed.")
        passed += [DaemonSays(f"HAProxy on {self.current}: {warning}") for warning in warnings]
        return [*passed, *map(str, files.doubtful), *self._unended()]

    def _refuse_cut(self, before: Sequence[Document], after: Sequence[Document]) -> None:
        """Refuse words that are empty because a variable is not set: versions up to 3.0 do not report them."""
        known = {cut._replace(line=0) for cut in cut_lines(before, self.service.environment)}
        fresh = [cut for cut in cut_lines(after, self.service.environment) if cut._replace(line=0) not in known]
        if fresh:
            text = "\n".join(map(str, fresh))
            raise DaemonRefused(
                f"{text}\nSet the variable for HAProxy, or leave the word out. The file was not changed."
            )

    def _before(self, messages: Messages) -> _Checked:
        """HAProxy's messages about the current file; read only if there are any about the new one."""
        if not os.path.exists(self.current):
            return _Checked(Completed(0, "", "", False), Messages([], []), [])
        if messages.alerts or messages.warnings:
            return self._check(self.current)
        return _Checked(Completed(0, "", "", False), Messages([], []), [_document(self.current)])

    def _unended(self) -> list[str]:
        """A last line without a line feed that was so before: restoring it introduces no new fault."""
        if _is_ended(self.candidate):
            return []
        if os.path.exists(self.current) and (not _is_ended(self.current) or _is_marked(self.current)):
            return [f"HAProxy refuses {self.current}, as it did before this change: {_UNENDED}."]
        raise DaemonRefused(f"HAProxy refuses the new {self.current}:\n{_UNENDED}.\nThe file was not changed.")

    def _check(self, path: str) -> _Checked:
        with _with_line_feed(path, self.candidate) as read:
            files = self.service.in_place_of(self.current, read)
            ended = self.system.run(
                [self.program, *self.service.arguments(files)],
                timeout=TIME_LIMIT,
                environment=self.service.environment,
            )
            documents = [_document(file) for file in files if os.path.isfile(file)]
        shown = dict.fromkeys(sorted((read, path), key=len, reverse=True), self.current)
        return _Checked(ended, read_messages(ended.stderr + ended.stdout, shown), documents)


@contextmanager
def _with_line_feed(path: str, candidate: str) -> Iterator[str]:
    """The path of a file with the same content that ends in a line feed: the file itself, or a temporary copy beside
    it."""
    if _is_ended(path):
        yield path
        return
    copy = f"{candidate}-ended"
    descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with open(path, "rb") as source, os.fdopen(descriptor, "wb") as file:
            file.write(source.read() + b"\n")
        yield copy
    finally:
        os.unlink(copy)


def _is_ended(path: str) -> bool:
    with open(path, "rb") as file:
        return file.read()[-1:] in (b"", b"\n")


def _is_marked(path: str) -> bool:
    """Whether our lines were added after a last line without a line feed."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return any(line.rstrip("\n").endswith(UNENDED) for line in file)


def _document(path: str) -> Document:
    with open(path, "rb") as file:
        return parse(decode(file.read()))


def _refusal(verdict: Completed, alerts: Sequence[str], current: str) -> str:
    if alerts:
        text = "\n".join(alerts)
        return f"HAProxy refuses the new {current}:\n{text}\nThe file was not changed."
    end = f"with status {verdict.rc}" if verdict.rc >= 0 else f"by signal {-verdict.rc}"
    words = redact((verdict.stderr or verdict.stdout).strip())[-2000:]
    return f"haproxy -c ended {end} on the new {current} and gave no verdict: {words or 'it printed nothing'}"
