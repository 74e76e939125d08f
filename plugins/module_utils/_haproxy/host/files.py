# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other files that HAProxy reads beside one; a reload loads all of them: ``-f`` given several times, or a
directory."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.invocation import from_words, invocation
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.processes import Loaded, started_at, words_of
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

if TYPE_CHECKING:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.file import Others

#: A master that re-executes itself has no command line for a moment.
_LOOKS = 10


def read_others(path: str, system: System) -> Others:
    """The files that the service reads before and after a file. Raises EdgeError where one cannot be read."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.file import Others

    files = invocation(path, system).in_place_of(path, path)
    place = files.index(path)
    return Others(*(tuple(_document(file) for file in part) for part in (files[:place], files[place + 1 :])))


def read_by(master: int, proc: str = "/proc") -> list[str]:
    """Every file that a master reads at a reload, in order."""
    try:
        directory = os.readlink(f"{proc}/{master}/cwd")
    except OSError:
        directory = "/"
    files: list[str] = []
    for _again in range(_LOOKS):
        files = from_words(words_of(master, proc), directory).files()
        if files:
            break
        time.sleep(0.02)
    return files


def have_loaded(loaded: Loaded, pid: int, master: int, path: str, proc: str = "/proc") -> Loaded:
    """The state of a process and ``path``, corrected by the other files of its master: everything is loaded only if
    none of them changed since it started."""
    started = started_at(proc, pid)
    for file in read_by(master, proc) if loaded.loaded else ():
        if os.path.realpath(file) != os.path.realpath(path) and os.path.exists(file):
            changed = os.stat(file).st_ctime
            if started <= changed:
                return Loaded(False, f"{file} was changed {changed - started:.2f} s after the serving process started")
    return loaded


def _document(path: str) -> Document:
    try:
        with open(path, "rb") as file:
            return parse(decode(file.read()))
    except OSError as error:
        raise EdgeError(f"HAProxy also reads {path}, which cannot be read: {error.strerror}.") from error
