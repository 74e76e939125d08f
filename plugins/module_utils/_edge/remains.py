# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of this collection that are left on a host: if there are any, it has been applied there; and when last."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Any

#: Where directories of ours and of the daemons may be, and their names.
_ABOVE, _NAMES = ("etc", "usr/libexec", "var/lib"), ("keepalived", "k8s_edge")
_DIRECTORIES = ("etc", "etc/sysctl.d", "etc/modules-load.d", "etc/systemd/system")
_OURS = (
    "check-haproxy",
    "check-apiserver",
    "kube-ca-????????????.crt",
    "*-k8s-edge-*.conf",
    "k8s-edge-*",
    "k8s_edge-*",
    "firewalld.json",
    "nftables.json",
    "selinux.json",
)
_BLOCK = b"# BEGIN k8s_edge.ha: VIPs and hosts"


def remains(keepalived_path: str, haproxy_path: str, hosts_path: str, root: str = "/") -> dict[str, Any]:
    """``files`` with the paths found, and the hosts file if it has a block of ours.

    ``last_written`` is the newest of the files that are ours alone and the daemons' files: its path and time, in
    seconds since 1970; None where no file is ours alone. A run that changes nothing writes nothing.
    """
    daemons = [os.path.dirname(path) for path in (keepalived_path, haproxy_path)]
    above = [*(os.path.join(root, directory) for directory in _ABOVE), *map(os.path.dirname, daemons)]
    names = [*_NAMES, *map(os.path.basename, daemons)]
    directories = [os.path.join(directory, name) for directory in above for name in names]
    directories += [os.path.join(root, directory) for directory in _DIRECTORIES]
    found = [path for directory in dict.fromkeys(directories) for path in _files(directory)]
    return {
        "changed": False,
        "files": [{"path": path} for path in [*found, *_with_block(hosts_path)]],
        "last_written": _newest([*found, keepalived_path, haproxy_path]) if found else None,
    }


def _newest(paths: Sequence[str]) -> dict[str, Any] | None:
    times = []
    for path in paths:
        with suppress(FileNotFoundError, NotADirectoryError):
            times.append((os.stat(path).st_mtime, path))
    return {"path": max(times)[1], "at": max(times)[0]} if times else None


def _files(directory: str) -> Iterator[str]:
    try:
        names = sorted(os.listdir(directory))
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        path = os.path.join(directory, name)
        if any(fnmatchcase(name, pattern) for pattern in _OURS) and stat.S_ISREG(os.lstat(path).st_mode):
            yield path


def _with_block(path: str) -> Iterator[str]:
    try:
        with open(path, "rb") as file:
            if any(line.startswith(_BLOCK) for line in file):
                yield path
    except FileNotFoundError:
        return
