# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether this host could load a module into its kernel, without loading it."""

from __future__ import annotations

import os

#: The number of the first PID namespace (PROC_PID_INIT_INO in include/linux/proc_ns.h).
_FIRST_PIDS = 0xEFFFFFFC
_CAP_SYS_MODULE = 16


def no_modules(root: str = "/") -> str | None:
    """Why the kernel cannot load another module, as the rest of a sentence; empty where it may load one. None where
    that cannot be determined: for a container, the kernel looks on the container's host."""
    if not os.path.exists(os.path.join(root, "proc/modules")):
        return "this kernel was built without loadable modules"
    if _text(root, "proc/sys/kernel/modules_disabled") == "1":
        return "kernel.modules_disabled is 1 until the next boot"
    release = os.uname().release
    if os.path.exists(os.path.join(root, "lib/modules", release, "modules.dep")):
        return ""
    if not _as_init_sees_it(root):
        return None
    return (
        f"/lib/modules has no modules for the running kernel {release}: if another kernel was installed since, boot it"
    )


def may_load(root: str = "/") -> bool:
    """Whether this process may load modules itself (CAP_SYS_MODULE): root in most containers may not."""
    for line in _text(root, "proc/self/status").split("\n"):
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> _CAP_SYS_MODULE & 1)
    return True


def _as_init_sees_it(root: str) -> bool:
    """Whether the files here are those that the kernel's own modprobe uses: the host's, not a container's."""
    try:
        pids = os.stat(os.path.join(root, "proc/self/ns/pid")).st_ino
        return pids == _FIRST_PIDS and os.path.samefile(os.path.join(root, "proc/1/root"), root)
    except OSError:
        return False


def _text(root: str, path: str) -> str:
    try:
        with open(os.path.join(root, path), encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""
