# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a keepalived configuration: the main file, and those it includes."""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.lexer import is_plain

_BRACES = re.compile(r"\{([^{}]*)\}")
#: Limit for files that include each other.
_MOST_FILES = 1000


class ReadFile(NamedTuple):
    """A file of the configuration. ``changed`` is its ctime, in seconds."""

    path: str
    text: str
    changed: float


class Reading(NamedTuple):
    """The files of a configuration in the order in which they are read, the latest change of any of them, and the
    resulting text.

    A directory that an include pattern searches counts as changed too, as a file may have been added or removed.
    Unreadable files are left out; there are none where there is no configuration.
    """

    files: list[ReadFile]
    changed: float
    document: Document

    @property
    def paths(self) -> list[str]:
        return [file.path for file in self.files]


class _Finder:
    """Reads included files, as the expansion requests them, and records them."""

    def __init__(self) -> None:
        self.files: list[ReadFile] = []
        self.directories: list[float] = []

    def __call__(self, pattern: str, directory: str) -> Iterator[tuple[str, str]]:
        full = os.path.join(directory, pattern)
        if glob.has_magic(full):
            self.directories.extend(_changed(os.path.dirname(full)))
        for one in _expand(full):
            for path in sorted(glob.glob(one)):
                text = self.read(path) if len(self.files) < _MOST_FILES else None
                if text is not None:
                    yield os.path.dirname(os.path.realpath(path)), text

    def read(self, path: str, included: bool = True) -> str | None:
        """The text of a file. keepalived includes no directories and no executable files."""
        try:
            with open(path, "rb") as file:
                status = os.fstat(file.fileno())
                if included and (not stat.S_ISREG(status.st_mode) or status.st_mode & 0o111):
                    return None
                text = decode(file.read())
            changed = max(status.st_ctime, os.lstat(path).st_ctime)
        except OSError:
            return None
        self.files.append(ReadFile(path, text, changed))
        return text


def read_configuration(path: str, config_id: str = "", text: str | None = None) -> Reading:
    """Read a configuration as keepalived would on this host. ``config_id`` is the name for ``@`` conditions; where
    empty, the host name. A ``text`` is read in the place of the file's own."""
    finder = _Finder()
    own = finder.read(path, included=False) if text is None else text
    if own is None:
        return Reading([], 0.0, parse(""))
    if is_plain(own):
        document = parse(own)
    else:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.expansion import expand

        directory = os.path.dirname(os.path.realpath(path))
        document = parse(expand(own, directory, config_id or os.uname().nodename, finder))
    changed = max([file.changed for file in finder.files] + finder.directories, default=0.0)
    return Reading(finder.files, changed, document)


def included_twins(path: str, before: str, after: str) -> list[Problem]:
    """Blocks that an edit adds to a file although an included file has them already. keepalived would skip the second
    one."""
    if "include" not in after:
        return []
    new = _headers(parse(after)) - _headers(parse(before))
    if not new:
        return []
    return [
        Problem(
            keyword,
            name,
            "is already in the included file {0}".format(file.path),
            "Manage it there: name that file in path.",
        )
        for file in read_configuration(path, text=before).files
        for keyword, name in sorted(new & _headers(parse(file.text)))
    ]


def _headers(document: Document) -> set[tuple[str, str]]:
    """Keyword and name of every named top-level block."""
    words = (document.header(block) for block in document.root.blocks)
    return {(found[0], " ".join(found[1:])) for found in words if len(found) > 1}


def _expand(pattern: str) -> list[str]:
    """A pattern with its braces expanded, as GLOB_BRACE does."""
    match = _BRACES.search(pattern)
    if match is None:
        return [pattern]
    before, after = pattern[: match.start()], pattern[match.end() :]
    return [one for choice in match.group(1).split(",") for one in _expand(before + choice + after)]


def _changed(directory: str) -> list[float]:
    try:
        return [os.stat(directory).st_mtime]
    except OSError:
        return []
