# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the lab."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from lab import kinds, lifecycle, network, requirements
from lab.command import LabError
from lab.declaration import DEFAULT_INSTANCE, read_inventory

INVENTORY = Path(__file__).parent.parent / "inventories" / "lab"
EPILOG = """\
Reach the hosts from anywhere on this machine:
  ssh -F /var/lib/k8s_edge-lab/INSTANCE/ssh_config HOST
  ansible-playbook -i inventories/lab …            (-e lab_instance=INSTANCE for another than k8s-edge)
"""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="lab",
        description="The hosts of an inventory as containers or machines with systemd, in a network of their own.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--instance", metavar="NAME", help=f"which lab ({DEFAULT_INSTANCE}); several stand side by side")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")

    for name, text in (
        ("build", "build the image that containers start from, and machines' disks, if their recipe changed"),
        ("up", "make what is missing, switch on what is off, wait until all is ready"),
    ):
        bring = command(name, text)
        bring.add_argument("-i", "--inventory", default=str(INVENTORY), help="what to build (inventories/lab)")
        bring.add_argument("--packages", action="store_true", help="only say which Debian packages that needs")
    remove = command("down", "remove the lab: hosts, network, keys")
    remove.add_argument("--all", action="store_true", help="every instance, image and disks")
    remove.add_argument("--image", action="store_true", help="image and disks too, unless another lab is there")
    command("status", "show every host's state and addresses")
    for name, text in (
        ("power-cut", "take a host's power: no shutdown, no last word on the network"),
        ("power-on", "switch a host on again and wait until it is ready"),
        ("shell", "a root shell on a host, past the network"),
    ):
        command(name, text).add_argument("host")
    inside = command("exec", "run a command of this machine in the lab's network")
    inside.add_argument("argv", nargs=argparse.REMAINDER, metavar="COMMAND…")
    return top


def main(chosen: argparse.Namespace) -> None:
    if chosen.command in ("build", "up"):
        lab = read_inventory(chosen.inventory, chosen.instance)
        kinds_used = sorted({host.kind for host in lab.hosts})
        if chosen.packages:
            say(" ".join(requirements.packages(kinds_used)))
            return
        requirements.check(kinds_used)
        (lifecycle.build if chosen.command == "build" else lifecycle.up)(lab, say)
        return
    requirements.check()
    instance = chosen.instance or DEFAULT_INSTANCE
    if chosen.command == "down":
        for name in lifecycle.instances() if chosen.all else [instance]:
            lifecycle.down(name, say)
        if chosen.all or (chosen.image and not lifecycle.instances()):
            lifecycle.remove_image()
    elif chosen.command == "status":
        print(lifecycle.status(instance))
    elif chosen.command == "exec":
        inside = network.inside(lifecycle.recall(instance), *(chosen.argv or ["/bin/bash"]))
        os.execvp(inside[0], inside)  # noqa: S606
    else:
        lab = lifecycle.recall(instance)
        host = lab.host(chosen.host)
        if chosen.command == "power-cut":
            kinds.power_cut(lab, host)
        elif chosen.command == "power-on":
            kinds.power_on(lab, host)
            kinds.wait(lab, host)
        else:
            enter = kinds.of(host).shell(lab, host)
            os.execvp(enter[0], enter)  # noqa: S606


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    try:
        main(parser().parse_args())
    except LabError as error:
        sys.exit(f"lab: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
