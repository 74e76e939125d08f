# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's network: a network namespace with a bridge, where the controller has its addresses, and a namespace per
host.

The machine's own namespace gets no address, route or firewall rule that could conflict. A host's namespace stands for
its network card: it exists before the host boots, contains eth0, and is removed by a power cut."""

from __future__ import annotations

import os

from lab.command import run, succeeds
from lab.declaration import Host, Lab

BRIDGE = "edge"
DIRECTORY = "/run/netns"


def card(lab: Lab, host: Host) -> str:
    """The name of the host's namespace."""
    return f"{lab.instance}-{host.name}"


def exists(namespace: str) -> bool:
    return os.path.exists(f"{DIRECTORY}/{namespace}")


def lay(lab: Lab) -> None:
    """Create the lab's namespace with its bridge unless it exists."""
    if exists(lab.instance):
        if run("ip", "-n", lab.instance, "link", "show", "type", "bridge", "up"):
            return
        run("ip", "netns", "del", lab.instance)  # left over from an interrupted run
    run("ip", "netns", "add", lab.instance)
    _batch(
        lab.instance,
        "link set lo up",
        f"link add {BRIDGE} type bridge mcast_snooping 0",
        *(f"addr add {address} dev {BRIDGE}{_at_once(address)}" for address in lab.gateways),
        f"link set {BRIDGE} up",
    )


def plug(lab: Lab, host: Host) -> None:
    """A new card for the host: eth0 with its addresses, and the cable, an interface of the bridge with the host's
    name."""
    namespace = card(lab, host)
    unplug(lab, host)
    run("ip", "netns", "add", namespace)
    _batch(
        lab.instance,
        f"link add {host.name} type veth peer name eth0 netns {namespace}",
        f"link set {host.name} master {BRIDGE} up",
    )
    _batch(
        namespace,
        "link set lo up",
        *_set_up(lab, host),
    )


def plug_tap(lab: Lab, host: Host) -> None:
    """A new cable in the bridge, a tap interface with the host's name. The machine's kernel is its card; `orders` sets
    it up."""
    cut(lab, host)
    _batch(lab.instance, f"tuntap add {host.name} mode tap", f"link set {host.name} master {BRIDGE} up")


def orders(lab: Lab, host: Host) -> str:
    """The input of `ip -batch` on a machine at every start: what `plug` does for a container."""
    lines = ["link set lo up", "link set vec0 name eth0", *_set_up(lab, host)]
    return "\n".join(lines) + "\n"


def cut(lab: Lab, host: Host) -> None:
    """Remove the cable: from now on no packet of the host is received."""
    succeeds("ip", "-n", lab.instance, "link", "del", host.name)


def unplug(lab: Lab, host: Host) -> None:
    """Remove the host's cable and card."""
    cut(lab, host)
    if exists(card(lab, host)):
        run("ip", "netns", "del", card(lab, host))


def remove(lab: Lab) -> None:
    """Remove the namespaces of the lab and of every host."""
    for host in lab.hosts:
        unplug(lab, host)
    if exists(lab.instance):
        run("ip", "netns", "del", lab.instance)


def inside(lab: Lab, *argv: str) -> list[str]:
    """The command that runs argv in the lab's network."""
    return ["nsenter", f"--net={DIRECTORY}/{lab.instance}", "--", *argv]


def _set_up(lab: Lab, host: Host) -> list[str]:
    return [
        "link set eth0 up",
        *(f"addr add {address} dev eth0{_at_once(address)}" for address in host.addresses),
        *(f"route add default via {address.partition('/')[0]}" for address in lab.gateways),
    ]


def _at_once(address: str) -> str:
    """IPv6 addresses are usable at once, without duplicate address detection: the lab's are unique by construction."""
    return " nodad" if ":" in address else ""


def _batch(namespace: str, *lines: str) -> None:
    run("ip", "-n", namespace, "-batch", "-", stdin="\n".join(lines).encode())
