# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common interface to both kinds of hosts: containers, which share this machine's kernel, and machines with their
own."""

from __future__ import annotations

import json
import subprocess
import time
from types import ModuleType

from lab import containers, machines
from lab.command import LabError, run
from lab.declaration import CONTAINER, MACHINE, Host, Lab

_KINDS: dict[str, ModuleType] = {CONTAINER: containers, MACHINE: machines}
LOST = containers.LOST
BOOT_SECONDS = {CONTAINER: 60, MACHINE: 180}


def of(host: Host) -> ModuleType:
    """The module for hosts of this kind."""
    return _KINDS[host.kind]


def used(lab: Lab) -> list[ModuleType]:
    """The kinds of the lab's hosts."""
    return [_KINDS[name] for name in sorted({host.kind for host in lab.hosts})]


def states(lab: Lab) -> dict[str, str]:
    """The state (`running`, `exited`, …) by host name, for the hosts that exist."""
    return {name: state for kind in used(lab) for name, state in kind.states(lab).items()}


def power_on(lab: Lab, host: Host) -> None:
    """Switch the host on, with a new network interface, and return at once; see `wait`. A running host is not
    changed."""
    if of(host).states(lab).get(host.name) != "running":
        of(host).power_on(lab, host)


def power_cut(lab: Lab, host: Host) -> None:
    """Cut the host's power. The cable goes first, so that nothing that dying programs send is received."""
    of(host).power_cut(lab, host)


def say(lab: Lab, host: Host, *argv: str) -> str:
    """The output of a command on a running host. Raises LabError if it fails."""
    return run(*of(host).entry(lab, host), *argv)


def wait(lab: Lab, host: Host) -> None:
    """Wait until systemd has finished starting units (`running` or `degraded`). sshd then listens."""
    deadline = time.monotonic() + BOOT_SECONDS[host.kind]
    while (said := system_state(lab, host)) not in ("running", "degraded"):
        if time.monotonic() > deadline:
            raise LabError(
                f"{host.name} did not start within {BOOT_SECONDS[host.kind]} s; systemd says {said or 'nothing'}."
            )
        time.sleep(0.1)


def failed_units(lab: Lab, host: Host) -> str:
    """The failed units of a running host, one per line; empty if there are none."""
    return say(lab, host, "systemctl", "--failed", "--plain", "--no-legend").strip()


def system_state(lab: Lab, host: Host) -> str:
    """systemd's state of the host; empty if it does not answer (yet)."""
    # --wait: until the boot has finished. The exit code is 1 for every state but `running`.
    argv = [*of(host).entry(lab, host), "timeout", "10", "systemctl", "is-system-running", "--wait"]
    asked = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return asked.stdout.strip()


def addresses(lab: Lab, host: Host) -> list[str]:
    """The global addresses (without prefix) on a running host's eth0, VIPs included."""
    listing = json.loads(say(lab, host, "ip", "-json", "address", "show", "dev", "eth0", "scope", "global"))
    return [info["local"] for link in listing for info in link.get("addr_info", ()) if "local" in info]
