#!/usr/bin/env python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make COPY contain exactly the files of CHECKOUT: tracked files, and new files that are not ignored.

Usage: copy_checkout.py CHECKOUT COPY

Only files that differ are written, each by a rename, so that a concurrent reader never sees a partial file. Files that
were removed from the checkout are removed from the copy. A lock serializes concurrent runs."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path


def files_of(checkout: Path) -> set[str]:
    """Paths relative to the checkout, without files whose deletion is not yet committed."""
    git = ["git", "-c", f"safe.directory={checkout}", "-C", str(checkout)]
    listing = subprocess.run(
        [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True, stdout=subprocess.PIPE
    ).stdout
    return {name for name in os.fsdecode(listing).split("\0") if name and os.path.lexists(checkout / name)}


def same(source: Path, copy: Path) -> bool:
    if source.is_symlink() or copy.is_symlink():
        return source.is_symlink() and copy.is_symlink() and os.readlink(source) == os.readlink(copy)
    if not copy.is_file():
        return False
    ours, theirs = source.stat(), copy.stat()
    return (ours.st_size, ours.st_mtime_ns, ours.st_mode) == (theirs.st_size, theirs.st_mtime_ns, theirs.st_mode)


def synchronise(checkout: Path, copy: Path, record: Path) -> None:
    """``record`` lists the files of the last copy. Only these may be removed, since tools create other files in the
    copy."""
    wanted = files_of(checkout)
    copied = set(record.read_text().split("\0")) if record.exists() else set()
    record.write_text("\0".join(sorted(wanted | copied)))
    for name in filter(None, copied - wanted):
        (copy / name).unlink(missing_ok=True)
    for name in sorted(wanted):
        source, target = checkout / name, copy / name
        if not same(source, target):
            target.parent.mkdir(parents=True, exist_ok=True)
            fresh = target.with_name(f".{target.name}.new")
            shutil.copy2(source, fresh, follow_symlinks=False)
            os.replace(fresh, target)
    for directory in {str(Path(name).parent) for name in copied - wanted}:
        shutil.rmtree(copy / directory / "__pycache__", ignore_errors=True)
        with contextlib.suppress(OSError):  # not empty: it contains other files
            os.removedirs(copy / directory)
    record.write_text("\0".join(sorted(wanted)))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    checkout, copy = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    copy.mkdir(parents=True, exist_ok=True)
    with open(copy.parent / ".copy.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        synchronise(checkout, copy, copy.parent / ".copied")
