# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a keepalived configuration: the one named, and those it includes."""

from __future__ import annotations

import glob
import os
import re
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._config_resource import decode
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.document import INCLUDES, Document, parse

_DEEPEST = 16
_BRACES = re.compile(r"\{([^{}]*)\}")
#: An include anywhere in a file, at the end of a block's first line too; the pattern is the rest of the line.
_INCLUDE = re.compile(r"(?:^|(?<=[{}]))[ \t]*(?:@[^ \t\n]*[ \t]+)*(include[rmwba]?)[ \t]+([^\n]*)", re.MULTILINE)


class ReadFile(NamedTuple):
    """A file of the configuration. ``changed`` is its time of change (ctime, in seconds)."""

    path: str
    document: Document
    changed: float


def read_files(path: str) -> tuple[list[ReadFile], float]:
    """The files of a configuration in the order they are read, and when any of them last changed.

    A folder that an include pattern looks into counts too, as a file may have come or gone. Files that cannot be read
    are left out; there are none where ``path`` does not exist.
    """
    files: list[ReadFile] = []
    folders: list[float] = []
    _read(path, files, folders, 0)
    return files, max([file.changed for file in files] + folders, default=0.0)


def _read(path: str, files: list[ReadFile], folders: list[float], depth: int) -> None:
    try:
        with open(path, "rb") as file:
            changed = max(os.fstat(file.fileno()).st_ctime, os.lstat(path).st_ctime)
            document = parse(decode(file.read()))
    except OSError:
        return
    files.append(ReadFile(path, document, changed))
    if depth >= _DEEPEST:
        return
    for pattern in include_patterns(document):
        full = os.path.join(os.path.dirname(path), pattern)
        if glob.has_magic(full):
            folders.extend(_changed(os.path.dirname(full)))
        for one in _expand(full):
            for found in sorted(glob.glob(one)):
                if os.path.isfile(found):
                    _read(found, files, folders, depth + 1)


def included_twins(path: str, before: str, after: str) -> list[Problem]:
    """The blocks that an edit adds to a file although a file that it includes has them already. keepalived would skip
    the one that comes second."""
    if "include" not in after:
        return []
    new = _headers(parse(after)) - _headers(parse(before))
    if not new:
        return []
    return [
        Problem(
            keyword,
            name,
            "stands in the included file {0} already".format(file.path),
            "Manage it there: name that file in path.",
        )
        for file in read_files(path)[0][1:]
        for keyword, name in sorted(new & _headers(file.document))
    ]


def _headers(document: Document) -> set[tuple[str, str]]:
    """Keyword and name of every named top-level block."""
    words = (document.header(block) for block in document.root.blocks)
    return {(found[0], " ".join(found[1:])) for found in words if len(found) > 1}


def include_patterns(document: Document) -> list[str]:
    """What a file includes, as it is written there."""
    return [
        document.text[match.start(2) : match.start(2) + len(match.group(2).rstrip())]
        for match in _INCLUDE.finditer(document.mask)
        if match.group(1) in INCLUDES
    ]


def _expand(pattern: str) -> list[str]:
    """A pattern's braces written out, as GLOB_BRACE does."""
    match = _BRACES.search(pattern)
    if match is None:
        return [pattern]
    before, after = pattern[: match.start()], pattern[match.end() :]
    return [one for choice in match.group(1).split(",") for one in _expand(before + choice + after)]


def _changed(folder: str) -> list[float]:
    try:
        return [os.stat(folder).st_mtime]
    except OSError:
        return []
