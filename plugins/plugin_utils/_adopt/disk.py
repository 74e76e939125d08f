# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing on the controller: the directory with the hosts' files, and that of the new inventory."""

from __future__ import annotations

import os
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, refuse

_NAMES = {"keepalived.conf": "keepalived", "haproxy.cfg": "haproxy"}
_SUFFIXES = {".conf": "keepalived", ".cfg": "haproxy"}


def read_directory(directory: Path) -> dict[str, dict[str, Any]]:
    """Read the hosts in a directory, in the form that ``sources_of`` takes. Each subdirectory is a host; its files may
    lie at any depth. A file directly in the directory is the file of a host named after it.

    Raises InputError if ``directory`` is no directory, and EdgeError if a file cannot be read or a host has two files
    of one kind."""
    if not directory.is_dir():
        remedy = "Name one with the files of the hosts: HOST/keepalived.conf and HOST/haproxy.cfg"
        refuse([Problem("directory", str(directory), "is no directory on the controller", remedy)])
    found: dict[str, dict[str, Any]] = {}
    for host, kind, path in _files(directory):
        known = found.setdefault(host, {"address": host if parse_address(host) else ""})
        if kind in known:
            raise EdgeError(f"{path} is a second file of that kind of host {host}. Keep one of them.")
        try:
            known[kind] = b64encode(path.read_bytes()).decode()
        except OSError as error:
            raise EdgeError(f"{path} cannot be read: {error.strerror}.") from error
    return found


def _files(directory: Path) -> Iterator[tuple[str, str, Path]]:
    for path in sorted(directory.rglob("*")):
        below = path.relative_to(directory)
        if len(below.parts) > 1 and path.name in _NAMES and path.is_file():
            yield below.parts[0], _NAMES[path.name], path
        elif len(below.parts) == 1 and path.suffix in _SUFFIXES and path.is_file():
            yield path.stem, _SUFFIXES[path.suffix], path


def require_free(directory: Path) -> None:
    """Raises InputError if something exists at the path of the inventory. Nothing is ever overwritten."""
    if directory.exists() or directory.is_symlink():
        refuse(
            [Problem("to", str(directory), "exists, and nothing is written over", "Name a directory that does not yet")]
        )


def write_directory(directory: Path, files: Sequence[Mapping[str, str]]) -> None:
    """Write all files or none. Each of ``files`` has ``path``, ``content`` and ``mode``. Raises EdgeError on
    failure."""
    require_free(directory)
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
        try:
            for each in files:
                path = beside / each["path"]
                path.parent.mkdir(parents=True, exist_ok=True)
                # Created with its final mode, so that a secret is never readable by others.
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(each["content"].encode())
                path.chmod(int(each["mode"], 8))
            beside.chmod(0o755)
            beside.rename(directory)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
    except OSError as error:
        raise EdgeError(
            f"{error.filename or directory} cannot be written: {error.strerror}. Nothing was left there."
        ) from error
