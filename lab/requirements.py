# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this machine needs for a lab, and the messages about what is missing."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterable

from lab.command import LabError
from lab.declaration import CONTAINER, MACHINE

# Command → the Debian package that contains it: for every lab, and for each kind of host.
COMMANDS = {
    "mmdebstrap": "mmdebstrap",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "openssl": "openssl",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
}
COMMANDS_OF = {
    CONTAINER: {"podman": "podman", "runc": "runc"},
    MACHINE: {"linux.uml": "user-mode-linux", "mke2fs": "e2fsprogs"},
}


def commands(kinds: Iterable[str]) -> dict[str, str]:
    """The commands that a lab with hosts of these kinds calls."""
    return {**COMMANDS, **{name: package for kind in kinds for name, package in COMMANDS_OF[kind].items()}}


def packages(kinds: Iterable[str]) -> tuple[str, ...]:
    """The Debian packages with these commands."""
    return tuple(dict.fromkeys([*commands(kinds).values(), "debian-archive-keyring"]))


def missing(
    which: Callable[[str], str | None], root: bool, platform: str, kinds: Collection[str] = (CONTAINER,)
) -> list[str]:
    """One sentence for each missing requirement of hosts of these kinds; pure. No kinds: the lab exists, and so do the
    tools that built it."""
    if platform != "linux":
        return [f"The lab needs Linux (network namespaces, podman with systemd inside); this is {platform}."]
    said = []
    if not root:
        said.append("The lab needs root, for network namespaces and system containers. Run it with sudo.")
    called = commands(kinds) if kinds else {}
    absent = [name for name in called if which(name) is None]
    if absent:
        there = " ".join(dict.fromkeys(called[name] for name in absent))
        said.append(
            f"Not installed: {', '.join(absent)}. On Debian and Ubuntu: apt-get install {there}. "
            "Elsewhere: the packages of the same names, where your distribution has them."
        )
    return said


# The inotify instances of systemd and its daemons on one host. If the kernel has none left, systemd waits for ever.
INOTIFY_PER_HOST = 5


def check_inotify(hosts: int) -> None:
    """Check by trying that the kernel grants the inotify instances for that many hosts. Raises LabError otherwise."""
    libc = ctypes.CDLL(None, use_errno=True)
    asked = [libc.inotify_init1(os.O_CLOEXEC) for _ in range(hosts * INOTIFY_PER_HOST)]
    given = [descriptor for descriptor in asked if descriptor >= 0]
    for descriptor in given:
        os.close(descriptor)
    if len(given) < len(asked):
        raise LabError(
            f"{hosts} hosts need about {len(asked)} inotify instances, and the kernel has {len(given)} left for root. "
            "Take down another lab, or: sysctl fs.inotify.max_user_instances=1024"
        )


def check(kinds: Collection[str] = ()) -> None:
    """Raises LabError with everything in the list of `missing`."""
    said = missing(_which, os.geteuid() == 0, sys.platform, kinds)
    if said:
        raise LabError("\n".join(said))


def _which(name: str) -> str | None:
    # runc and ip are in sbin, which may be missing in the PATH of an ordinary user, and of su.
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
