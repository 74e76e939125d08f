# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's wires: one network namespace with a bridge, the controller's place, and one namespace per host.

Nothing of it is in the machine's own namespace: no address, route or firewall rule that could conflict.
A host's namespace is its network card: it is there before the host boots, as eth0, and goes with a power cut.
"""

from __future__ import annotations

import os

from lab.command import run, succeeds
from lab.declaration import Host, Lab

BRIDGE = "edge"
FOLDER = "/run/netns"


def card(lab: Lab, host: Host) -> str:
    """The name of the host's namespace."""
    return f"{lab.instance}-{host.name}"


def exists(namespace: str) -> bool:
    return os.path.exists(f"{FOLDER}/{namespace}")


def lay(lab: Lab) -> None:
    """The lab's own namespace with its bridge, if it is not there."""
    if exists(lab.instance):
        if run("ip", "-n", lab.instance, "link", "show", "type", "bridge", "up"):
            return
        run("ip", "netns", "del", lab.instance)  # left half done
    run("ip", "netns", "add", lab.instance)
    _batch(
        lab.instance,
        "link set lo up",
        f"link add {BRIDGE} type bridge mcast_snooping 0",
        *(f"addr add {address} dev {BRIDGE}{_at_once(address)}" for address in lab.gateways),
        f"link set {BRIDGE} up",
    )


def plug(lab: Lab, host: Host) -> None:
    """A fresh card for the host: eth0 with its addresses, and the cable (named as the host) in the bridge."""
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
    """A fresh cable in the bridge, named as the host, for a machine, whose kernel is the card; `orders` sets it up."""
    cut(lab, host)
    _batch(lab.instance, f"tuntap add {host.name} mode tap", f"link set {host.name} master {BRIDGE} up")


def orders(lab: Lab, host: Host) -> str:
    """What a machine tells `ip -batch` at every start, as `plug` does for a container."""
    lines = ["link set lo up", "link set vec0 name eth0", *_set_up(lab, host)]
    return "\n".join(lines) + "\n"


def cut(lab: Lab, host: Host) -> None:
    """Pull the cable: from here on nothing the host says is heard."""
    succeeds("ip", "-n", lab.instance, "link", "del", host.name)


def unplug(lab: Lab, host: Host) -> None:
    """Remove the host's cable and card."""
    cut(lab, host)
    if exists(card(lab, host)):
        run("ip", "netns", "del", card(lab, host))


def remove(lab: Lab) -> None:
    """Remove the lab's namespace and every host's."""
    for host in lab.hosts:
        unplug(lab, host)
    if exists(lab.instance):
        run("ip", "netns", "del", lab.instance)


def inside(lab: Lab, *argv: str) -> list[str]:
    """The argument list that runs argv in the lab's network."""
    return ["nsenter", f"--net={FOLDER}/{lab.instance}", "--", *argv]


def _set_up(lab: Lab, host: Host) -> list[str]:
    return [
        "link set eth0 up",
        *(f"addr add {address} dev eth0{_at_once(address)}" for address in host.addresses),
        *(f"route add default via {address.partition('/')[0]}" for address in lab.gateways),
    ]


def _at_once(address: str) -> str:
    """IPv6 addresses without the second of duplicate detection: ours are unique by construction."""
    return " nodad" if ":" in address else ""


def _batch(namespace: str, *lines: str) -> None:
    run("ip", "-n", namespace, "-batch", "-", stdin="\n".join(lines).encode())
