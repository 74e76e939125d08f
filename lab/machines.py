# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab hosts as virtual machines with their own kernel (User-Mode Linux). Used through `kinds`.

A machine has a copy-on-write disk based on the shared one, a second disk with its luggage, and a tap interface as its
cable. Its files in the lab's state directory are HOST.disk, HOST.luggage, HOST.pid and HOST.console (the kernel's
output)."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from lab import disk, network, ssh
from lab.command import LabError
from lab.declaration import MACHINE, Host, Lab, state_of

_BOOT = (
    "seccomp=auto",  # the faster way to intercept system calls, where kernel and machine have it
    *("root=/dev/ubda", "rw", "quiet", "systemd.show_status=0", "con=null", "con0=null,fd:1", "console=tty0"),
    # There is nothing to plug in, and udev takes as long to start as everything else together.
    *(f"systemd.mask=systemd-udev{unit}" for unit in ("d.service", "-trigger.service", "d-kernel.socket")),
    "systemd.mask=systemd-udevd-control.socket",
)
_SELINUX = ("security=selinux", "selinux=1", "enforcing=1", "audit=1")
_NO_SELINUX = ("lsm=capability",)  # otherwise SELinux is enabled anyway, without a policy
MEMORY, MEMORY_SELINUX = "384M", "512M"


def states(lab: Lab) -> dict[str, str]:
    """`running` or `off` by host name, for the machines that exist."""
    state = state_of(lab.instance)
    made = [host.name for host in lab.hosts if (state / f"{host.name}.luggage").exists()]
    return {name: "running" if _process(state, name) else "off" for name in made}


def build(lab: Lab, say: Callable[[str], None], log: Path) -> None:
    """Build every disk that the lab's machines start from, unless it exists. The output of the tools goes to
    ``log``."""
    for selinux in sorted({host.selinux for host in lab.hosts if host.kind == MACHINE}):
        disk.build(say, log, selinux)


def made_of(host: Host) -> str:
    """A text that changes with what the machine starts from."""
    return disk.path(host.selinux).name


def make(lab: Lab, host: Host, luggage: bytes) -> None:
    """Create a machine, switched off. ``luggage``: a tar of the files that it has in addition to the disk's."""
    state = state_of(lab.instance)
    (state / f"{host.name}.disk").unlink(missing_ok=True)
    (state / f"{host.name}.luggage").touch(mode=0o600)
    (state / f"{host.name}.luggage").write_bytes(luggage)


def power_on(lab: Lab, host: Host) -> None:
    """Boot the machine. Its disk keeps its content."""
    state = state_of(lab.instance)
    network.plug_tap(lab, host)
    argv = network.inside(
        lab,
        *(disk.KERNEL, f"mem={MEMORY_SELINUX if host.selinux else MEMORY}", f"umid={host.name}"),
        *(f"uml_dir={state}/uml/", f"ubd0={_disk(state, host)}", f"ubd1r={state}/{host.name}.luggage"),
        # Without gro, bulk transfers to the machine stall.
        *(f"vec0:transport=tap,ifname={host.name},depth=64,gro=1,mac={_mac(host)}", *_BOOT),
        *(_SELINUX if host.selinux else _NO_SELINUX),
    )
    with open(state / f"{host.name}.console", "ab") as console:
        child = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True, cwd="/"
        )
    (state / f"{host.name}.pid").write_text(f"{child.pid}\n")


def _disk(state: Path, host: Host) -> str:
    """The kernel argument for the machine's disk. An existing copy-on-write file names its base itself, even if the
    recipe has changed since."""
    own = state / f"{host.name}.disk"
    return str(own) if own.exists() else f"{own},{disk.path(host.selinux)}"


def power_cut(lab: Lab, host: Host) -> None:
    """Cut the machine's power. The cable goes first, so that nothing that dying programs send is received."""
    network.cut(lab, host)
    _kill(state_of(lab.instance), host.name)


def entry(lab: Lab, host: Host) -> list[str]:
    """The command prefix that runs a program on the machine, by ssh. ssh joins the arguments to one string, so none of
    them may contain a blank."""
    return ["ssh", "-F", str(state_of(lab.instance) / ssh.CONFIG), host.name]


def shell(lab: Lab, host: Host) -> list[str]:
    """The command of an interactive root shell."""
    return entry(lab, host)


def remove(lab: Lab) -> None:
    """Switch every machine off. Their files are removed with the lab's state directory."""
    for host in lab.hosts:
        _kill(state_of(lab.instance), host.name)


def _process(state: Path, name: str) -> int | None:
    """The PID of the machine's process, which leads a process group with all its children; None if it does not run."""
    try:
        pid = int((state / f"{name}.pid").read_text())
        said = Path(f"/proc/{pid}/cmdline").read_bytes()
        return pid if f"umid={name}".encode() in said and bytes(state) in said else None
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None


def _kill(state: Path, name: str) -> None:
    if pid := _process(state, name):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while _process(state, name):
            if time.monotonic() > deadline:
                raise LabError(f"the machine {name} (process {pid}) does not end.")
            time.sleep(0.02)
    (state / f"{name}.pid").unlink(missing_ok=True)


def _mac(host: Host) -> str:
    """Computed from the name, so that peers need not learn a new address after a power cut. 02: locally
    administered."""
    return ":".join(f"{number:02x}" for number in (0x02, *hashlib.sha256(host.name.encode()).digest()[:5]))
