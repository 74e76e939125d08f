# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many open files a configuration needs, compared with how many HAProxy may have.

``haproxy -c`` opens none and so accepts every ``maxconn``. At start HAProxy raises its limit of open files to
``ulimit-n``, or without it to its own estimate (haproxy.c and limits.c, ``compute_ideal_maxsock``): two for each
connection of ``maxconn``, 10, one for each listener and each check, three for each thread. Where it may not raise the
limit, or the limit is below its estimate, it exits, unless the file has ``no strict-limits``. Seen with 2.6, 3.0, 3.2
and 3.4. Without ``maxconn`` it derives ``maxconn`` from the limit instead.

The number that counts as certain is never more than HAProxy's estimate (threads, port ranges, pipes and checks are not
all visible), so whatever is refused would have failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document, conditional
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings

_NUMBERS = ("maxconn", "ulimit-n", "fd-hard-limit", "nbthread")
#: HAProxy's own files, before anything is configured (haproxy.c, ``global.maxsock``).
_OWN = 10
_OF_A_THREAD = 3
#: Reserve for listeners, checks and threads that are not counted here, when a lower maxconn is advised.
_SPARE = 100


class Limit(NamedTuple):
    """How many files may be open: ``soft`` is the limit at HAProxy's start, ``files`` the most that it can raise that
    to. ``where`` says in words what sets it, ``remedy`` how to raise it; ``{files}`` in it is the number needed."""

    files: int
    soft: int
    where: str
    remedy: str


class DesiredLimits(NamedTuple):
    """Numbers of the section ``global``, None where not given. ``files`` is the least number of files beside those of
    connections; ``likely`` is the number with all that is configured."""

    maxconn: int | None
    ulimit: int | None
    ceiling: int | None
    files: int
    likely: int

    def counted(self, files: int) -> int:
        """HAProxy's estimate with this number of other files; 0 where it fits ``maxconn`` to the limit."""
        return 2 * self.maxconn + files if self.maxconn else 0


def desired_limits(documents: Sequence[Document], threads: int = 1) -> DesiredLimits | None:
    """What the files of one HAProxy need. None where nothing could fail, or where it is not known: ``.if`` and
    variables are only evaluated by HAProxy. ``threads`` is the number that it will probably start."""
    numbers: dict[str, str] = {}
    strict = True
    for document in documents:
        for section in document.sections:
            if section.kind != "global":
                continue
            for index in document.body(section):
                keyword = document.lines[index].keyword
                if keyword not in (*_NUMBERS, "strict-limits", "no"):
                    continue
                if conditional(document, section):
                    return None
                words = meanings(document.content(index))
                if words[-1] == "strict-limits":
                    # Once strict limits are off, nothing turns them on again (cfgparse-global.c; seen with all four).
                    strict = strict and keyword != "no"
                # Of two, HAProxy takes the first, with an alert.
                elif keyword in _NUMBERS and len(words) > 1 and numbers.setdefault(keyword, words[1]) != words[1]:
                    return None
    if not strict or not all(number.isascii() and number.isdigit() for number in numbers.values()):
        return None
    value = {keyword: int(number) for keyword, number in numbers.items()}
    if not (value.get("maxconn") or value.get("ulimit-n")):
        return None
    listeners, checks = _listeners_and_checks(documents)
    files = _OWN + listeners + _OF_A_THREAD * max(1, value.get("nbthread", 1))
    likely = _OWN + listeners + checks + _OF_A_THREAD * (value.get("nbthread") or threads)
    return DesiredLimits(value.get("maxconn"), value.get("ulimit-n"), value.get("fd-hard-limit"), files, likely)


def fault(desired: DesiredLimits, limit: Limit | None, *, likely: bool = False) -> Problem | None:
    """Why HAProxy would not start: if that is certain, or with ``likely`` also if it is likely. ``limit`` is None where
    it is not known."""
    if desired.ceiling and (limit is None or desired.ceiling < limit.files):
        soft = min(limit.soft, desired.ceiling) if limit else desired.ceiling
        limit = Limit(
            desired.ceiling, soft, "fd-hard-limit of the section global", "set fd-hard-limit to at least {files}"
        )
    if limit is None:
        return None
    counted = desired.counted(desired.likely if likely else desired.files)
    if desired.ulimit and desired.ulimit > limit.files:
        reason = f"is more than the {limit.files} open files that {limit.where} allows, and HAProxy would not start"
        more = limit.remedy.format(files=max(desired.ulimit, counted))
        return Problem("global.ulimit-n", desired.ulimit, reason, f"Leave it out, since HAProxy computes it, or {more}")
    if counted > limit.files:
        reason = (
            f"needs {'about' if likely else 'at least'} {counted} open files (two for each connection, and others), "
            f"and {limit.where} allows {limit.files}: HAProxy {'may' if likely else 'would'} not start"
        )
        more = limit.remedy.format(files=counted + _SPARE)
        most = (limit.files - desired.likely - _SPARE) // 2
        less = f"Set maxconn to {most - most % (100 if most > 1000 else 10)} or less, or " if most >= 10 else ""
        return Problem("global.maxconn", desired.maxconn, reason, less + more if less else more[0].upper() + more[1:])
    if desired.ulimit and counted > max(desired.ulimit, limit.soft):
        reason = f"is less than the {counted} open files that maxconn {desired.maxconn} needs: HAProxy would not start"
        return Problem("global.ulimit-n", desired.ulimit, reason, "Leave it out, since HAProxy computes it")
    return None


def _listeners_and_checks(documents: Sequence[Document]) -> tuple[int, int]:
    """The number of listeners and checks: the least, and the probable one."""
    listeners = checks = 0
    for document in documents:
        for section in document.sections:
            every = False
            lines = [
                document.content(index)
                for index in document.body(section)
                if document.lines[index].keyword in ("bind", "server", "default-server")
            ]
            if not lines or conditional(document, section):
                continue
            for words in map(meanings, lines):
                if words[0] == "bind":
                    listeners += 1
                elif words[0] == "default-server":
                    every = "check" in words
                elif (every or "check" in words[3:]) and "no-check" not in words:
                    checks += 1
    return listeners, checks
