# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts themselves: containers under podman, with systemd inside."""

from __future__ import annotations

import json
import resource
import time

from lab import image, network
from lab.command import LabError, run, succeeds
from lab.declaration import Host, Lab

LABEL = "k8s_edge.lab"
BOOT_SECONDS = 60
# Beyond podman's default: keepalived's addresses and raw sockets; what Debian's haproxy.service mounts for itself.
CAPABILITIES = "NET_ADMIN,NET_RAW,SYS_ADMIN"
# Asking for more than we have ourselves needs CAP_SYS_RESOURCE, which is not there on every machine.
LIMITS = (("nofile", resource.RLIMIT_NOFILE, 20000), ("nproc", resource.RLIMIT_NPROC, 10000))


def container(lab: Lab, host: Host) -> str:
    return f"{lab.instance}-{host.name}"


def states(lab: Lab) -> dict[str, str]:
    """Host name → podman's word for its state (`running`, `exited`, …), for the hosts that were made."""
    listing = run("podman", "ps", "--all", "--filter", f"label={LABEL}={lab.instance}", "--format", "json")
    return {entry["Names"][0].removeprefix(f"{lab.instance}-"): entry["State"] for entry in json.loads(listing)}


def make(lab: Lab, host: Host, luggage: bytes) -> None:
    """A new host, switched off. `luggage` is a tar of the files it has beside the image's own."""
    name = container(lab, host)
    network.plug(lab, host)  # podman wants to see it now already
    run(
        *("podman", "--runtime", "runc", "create", "--name", name, "--hostname", host.name),
        *("--label", f"{LABEL}={lab.instance}"),
        *("--network", f"ns:{network.FOLDER}/{network.card(lab, host)}", "--no-hosts"),
        *("--dns", lab.gateways[0].partition("/")[0]),  # nobody there: names outside fail at once, not after seconds
        *("--systemd", "always", "--cap-add", CAPABILITIES, "--security-opt", "unmask=/proc/sys"),
        *("--security-opt", "apparmor=unconfined", "--security-opt", "label=disable"),  # else no mounts inside
        *_limits(),
        *(image.name(), "/sbin/init"),
    )
    try:
        run("podman", "cp", "-", f"{name}:/", stdin=luggage)
    except BaseException:  # a host without its luggage is none
        succeeds("podman", "rm", "--force", name)
        raise


def power_on(lab: Lab, host: Host) -> None:
    """Switch the host on, with a fresh network card. It boots on its own; see `wait`. One that is on stays as it is."""
    if states(lab).get(host.name) == "running":
        return
    network.plug(lab, host)
    run("podman", "--runtime", "runc", "start", container(lab, host))


def power_cut(lab: Lab, host: Host) -> None:
    """Take the host's power: the cable first, so that nothing it says while dying is heard."""
    network.cut(lab, host)
    succeeds("podman", "--runtime", "runc", "kill", "--signal", "KILL", container(lab, host))
    run("podman", "wait", container(lab, host))
    network.unplug(lab, host)


def wait(lab: Lab, host: Host, seconds: float = BOOT_SECONDS) -> None:
    """Wait until systemd has started whatever it can (`running` or `degraded`); sshd listens then."""
    deadline = time.monotonic() + seconds
    while (said := system_state(lab, host)) not in ("running", "degraded"):
        if time.monotonic() > deadline:
            raise LabError(f"{host.name} did not start within {seconds:.0f} s; systemd says {said or 'nothing'}.")
        time.sleep(0.1)


def failed_units(lab: Lab, host: Host) -> str:
    """What did not start on a running host, a line each; empty where all did."""
    return run("podman", "exec", container(lab, host), "systemctl", "--failed", "--plain", "--no-legend").strip()


def system_state(lab: Lab, host: Host) -> str:
    """systemd's word for the state of the whole host; empty where it does not answer (yet)."""
    try:
        # --wait: until the boot is over. Exits with 1 on anything but `running`, so the shell swallows it.
        asked = "timeout 10 systemctl is-system-running --wait 2>/dev/null || true"
        return run("podman", "exec", container(lab, host), "/bin/sh", "-c", asked).strip()
    except LabError:
        return ""


def remove(lab: Lab) -> None:
    """Remove every container of this lab, by its label, switched off or not."""
    ids = run("podman", "ps", "--all", "--quiet", "--filter", f"label={LABEL}={lab.instance}").split()
    if ids:
        succeeds("podman", "--runtime", "runc", "kill", "--signal", "KILL", *ids)  # no shutdown to wait for
        run("podman", "--runtime", "runc", "rm", "--force", *ids)


def _limits() -> list[str]:
    limits = []
    for name, kind, most in LIMITS:
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(hard, most)
        limits += ["--ulimit", f"{name}={value}:{value}"]
    return limits
