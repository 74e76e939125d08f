# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One door to both kinds of hosts: containers, which share this machine's kernel, and machines with their own."""

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
    """What builds hosts of this kind, and switches them on and off."""
    return _KINDS[host.kind]


def used(lab: Lab) -> list[ModuleType]:
    """The kinds that the lab has hosts of."""
    return [_KINDS[name] for name in sorted({host.kind for host in lab.hosts})]


def states(lab: Lab) -> dict[str, str]:
    """Host name → a word for its state (`running`, `exited`, …), for the hosts that were made."""
    return {name: state for kind in used(lab) for name, state in kind.states(lab).items()}


def power_on(lab: Lab, host: Host) -> None:
    """Switch the host on, with a fresh network card. It boots on its own; see `wait`. One that is on stays as it is."""
    if of(host).states(lab).get(host.name) != "running":
        of(host).power_on(lab, host)


def power_cut(lab: Lab, host: Host) -> None:
    """Take the host's power: the cable first, so that nothing it says while dying is heard."""
    of(host).power_cut(lab, host)


def say(lab: Lab, host: Host, *argv: str) -> str:
    """What a command on a running host says. LabError where it fails."""
    return run(*of(host).entry(lab, host), *argv)


def wait(lab: Lab, host: Host) -> None:
    """Wait until systemd has started whatever it can (`running` or `degraded`); sshd listens then."""
    deadline = time.monotonic() + BOOT_SECONDS[host.kind]
    while (said := system_state(lab, host)) not in ("running", "degraded"):
        if time.monotonic() > deadline:
            raise LabError(
                f"{host.name} did not start within {BOOT_SECONDS[host.kind]} s; systemd says {said or 'nothing'}."
            )
        time.sleep(0.1)


def failed_units(lab: Lab, host: Host) -> str:
    """What did not start on a running host, a line each; empty where all did."""
    return say(lab, host, "systemctl", "--failed", "--plain", "--no-legend").strip()


def system_state(lab: Lab, host: Host) -> str:
    """systemd's word for the state of the whole host; empty where it does not answer (yet)."""
    # --wait: until the boot is over. Exits with 1 on anything but `running`.
    argv = [*of(host).entry(lab, host), "timeout", "10", "systemctl", "is-system-running", "--wait"]
    asked = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return asked.stdout.strip()


def addresses(lab: Lab, host: Host) -> list[str]:
    """The global addresses (without prefix) on a running host's eth0, VIPs among them."""
    listing = json.loads(say(lab, host, "ip", "-json", "address", "show", "dev", "eth0", "scope", "global"))
    return [info["local"] for link in listing for info in link.get("addr_info", ()) if "local" in info]
