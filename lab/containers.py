# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts as containers under podman, with systemd inside. `kinds` is the door to them."""

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
# Beyond podman's default: keepalived's addresses and raw sockets; what Debian's haproxy.service mounts for itself.
CAPABILITIES = "NET_ADMIN,NET_RAW,SYS_ADMIN"
# Asking for more than we have ourselves needs CAP_SYS_RESOURCE, which is not there on every machine.
LIMITS = (("nofile", resource.RLIMIT_NOFILE, 20000), ("nproc", resource.RLIMIT_NPROC, 10000))


def container(lab: Lab, host: Host) -> str:
    return f"{lab.instance}-{host.name}"


def states(lab: Lab) -> dict[str, str]:
    """Host name → podman's word for its state (`running`, `exited`, …), for the hosts that were made.

    Where both the host and podman's watcher beside it were killed, podman still says `running`, and no command of its
    brings the host back: such a one is LOST.
    """
    listing = run("podman", "ps", "--all", "--filter", f"label={LABEL}={lab.instance}", "--format", "json")
    return {
        entry["Names"][0].removeprefix(f"{lab.instance}-"): LOST
        if entry["State"] == "running" and not _lives(entry["Pid"], entry["Id"])
        else entry["State"]
        for entry in json.loads(listing)
    }


def build(_lab: Lab, say: Callable[[str], None], log: Path) -> None:
    """The image, unless it is there as its recipe says. What the tools say goes to log."""
    if not image.built():
        say(f"building the image {image.name()} (once, about half a minute)")
        image.build(log)


def made_of(_host: Host) -> str:
    """Changes with what the host starts from."""
    return image.name()


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
    """Switch the host on, with a fresh network card."""
    network.plug(lab, host)
    run("podman", "--runtime", "runc", "start", container(lab, host))


def power_cut(lab: Lab, host: Host) -> None:
    """Take the host's power: the cable first, so that nothing it says while dying is heard."""
    network.cut(lab, host)
    succeeds("podman", "--runtime", "runc", "kill", "--signal", "KILL", container(lab, host))
    run("podman", "wait", container(lab, host))
    network.unplug(lab, host)


def entry(lab: Lab, host: Host) -> list[str]:
    """What goes before a command's argument list to run it on the host, past the network."""
    return ["podman", "exec", container(lab, host)]


def shell(lab: Lab, host: Host) -> list[str]:
    """The argument list of a root shell for a person."""
    return ["podman", "exec", "-it", container(lab, host), "/bin/bash"]


def discard(lab: Lab, host: Host) -> None:
    """Remove a host that was made, with what is on it."""
    _remove(f"name=^{container(lab, host)}$")


def remove(lab: Lab) -> None:
    """Remove every container of this lab, by its label, switched off or not."""
    _remove(f"label={LABEL}={lab.instance}")


def _remove(which: str) -> None:
    ids = run("podman", "ps", "--all", "--quiet", "--no-trunc", "--filter", which).split()
    if ids:
        succeeds("podman", "--runtime", "runc", "kill", "--signal", "KILL", *ids)  # no shutdown to wait for
        run("podman", "--runtime", "runc", "rm", "--force", *ids)
    for one in ids:
        succeeds("runc", "delete", "--force", one)  # what podman forgets of a lost one


def _lives(pid: int, identity: str) -> bool:
    """Whether that process is the container's first, and not another that has got its number since."""
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
