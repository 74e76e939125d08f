# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lab hosts as podman containers that run systemd. Used through `kinds`."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable
from pathlib import Path

from lab import image, network
from lab.command import run, succeeds
from lab.declaration import Host, Lab

LABEL = "k8s_edge.lab"
LOST = "lost"
# In addition to podman's default: VIPs and raw sockets for keepalived; the mounts of Debian's haproxy.service.
CAPABILITIES = "NET_ADMIN,NET_RAW,SYS_ADMIN"
# Higher limits than our own need CAP_SYS_RESOURCE, which not every machine has.
LIMITS = (("nofile", resource.RLIMIT_NOFILE, 20000), ("nproc", resource.RLIMIT_NPROC, 10000))


def container(lab: Lab, host: Host) -> str:
    return f"{lab.instance}-{host.name}"


def states(lab: Lab) -> dict[str, str]:
    """The podman state (`running`, `exited`, …) by host name, for the hosts that exist.

    If both the host and podman's monitor process were killed, podman still reports `running` and cannot start the host
    again. The state of such a host is LOST."""
    listing = run("podman", "ps", "--all", "--filter", f"label={LABEL}={lab.instance}", "--format", "json")
    return {
        entry["Names"][0].removeprefix(f"{lab.instance}-"): LOST
        if entry["State"] == "running" and not _lives(entry["Pid"], entry["Id"])
        else entry["State"]
        for entry in json.loads(listing)
    }


def build(_lab: Lab, say: Callable[[str], None], log: Path) -> None:
    """Build the image unless the one of the current recipe exists. The output of the tools goes to ``log``."""
    if not image.built():
        say(f"building the image {image.name()} (once, about half a minute)")
        image.build(log)


def made_of(_host: Host) -> str:
    """A text that changes with what the host starts from."""
    return image.name()


def make(lab: Lab, host: Host, luggage: bytes) -> None:
    """Create a host, switched off. ``luggage``: a tar of the files that it has in addition to the image's."""
    name = container(lab, host)
    network.plug(lab, host)  # podman requires it to exist already
    run(
        *("podman", "--runtime", "runc", "create", "--name", name, "--hostname", host.name),
        *("--label", f"{LABEL}={lab.instance}"),
        *("--network", f"ns:{network.DIRECTORY}/{network.card(lab, host)}", "--no-hosts"),
        *("--dns", lab.gateways[0].partition("/")[0]),  # no server there: unknown names fail at once, not after seconds
        *("--systemd", "always", "--cap-add", CAPABILITIES, "--security-opt", "unmask=/proc/sys"),
        *("--security-opt", "apparmor=unconfined", "--security-opt", "label=disable"),  # else no mounts inside
        *_limits(),
        *(image.name(), "/sbin/init"),
    )
    try:
        run("podman", "cp", "-", f"{name}:/", stdin=luggage)
    except BaseException:  # a host without its luggage is useless
        succeeds("podman", "rm", "--force", name)
        raise


def power_on(lab: Lab, host: Host) -> None:
    """Switch the host on, with a new network interface."""
    network.plug(lab, host)
    run("podman", "--runtime", "runc", "start", container(lab, host))


def power_cut(lab: Lab, host: Host) -> None:
    """Cut the host's power. The cable goes first, so that nothing that dying programs send is received."""
    network.cut(lab, host)
    succeeds("podman", "--runtime", "runc", "kill", "--signal", "KILL", container(lab, host))
    run("podman", "wait", container(lab, host))
    network.unplug(lab, host)


def entry(lab: Lab, host: Host) -> list[str]:
    """The command prefix that runs a program on the host, without the network."""
    return ["podman", "exec", container(lab, host)]


def shell(lab: Lab, host: Host) -> list[str]:
    """The command of an interactive root shell."""
    return ["podman", "exec", "-it", container(lab, host), "/bin/bash"]


def discard(lab: Lab, host: Host) -> None:
    """Remove a host with its data."""
    _remove(f"name=^{container(lab, host)}$")


def remove(lab: Lab) -> None:
    """Remove every container of this lab, found by its label, whether it runs or not."""
    _remove(f"label={LABEL}={lab.instance}")


def _remove(which: str) -> None:
    ids = run("podman", "ps", "--all", "--quiet", "--no-trunc", "--filter", which).split()
    if ids:
        succeeds("podman", "--runtime", "runc", "kill", "--signal", "KILL", *ids)  # without waiting for a shutdown
        run("podman", "--runtime", "runc", "rm", "--force", *ids)
    for one in ids:
        succeeds("runc", "delete", "--force", one)  # podman does not clean up after a lost one


def _lives(pid: int, identity: str) -> bool:
    """Whether the process is the container's first process, and not another one that has got its PID since."""
    try:
        return identity in Path(f"/proc/{pid}/cgroup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _limits() -> list[str]:
    limits = []
    for name, kind, most in LIMITS:
        hard = resource.getrlimit(kind)[1]
        value = most if hard == resource.RLIM_INFINITY else min(hard, most)
        limits += ["--ulimit", f"{name}={value}:{value}"]
    return limits
