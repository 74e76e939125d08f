# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's access to the hosts: a key pair, the hosts' keys, and an ssh_config that works from any
directory."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab import network
from lab.command import run, succeeds
from lab.declaration import Lab

CONFIG = "ssh_config"
_HERE = Path(__file__).parent


def prepare(lab: Lab, state: Path) -> None:
    """Create the keys (existing ones are kept), known_hosts and ssh_config in ``state``."""
    for name in ("id", "host"):
        if not (state / f"{name}.pub").exists():
            (state / name).unlink(missing_ok=True)
            run(*("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{lab.instance} lab", "-f", str(state / name)))
    shutil.copy(_HERE / "connect.py", state / "connect.py")
    (state / "known_hosts").write_text(known_hosts(lab, (state / "host.pub").read_text()))
    (state / CONFIG).write_text(config(lab, state))


def known_hosts(lab: Lab, key: str) -> str:
    """One line for each host: its name and addresses, and the host key, which all hosts share."""
    kind, value = key.split()[:2]
    lines = []
    for host in lab.hosts:
        names = [host.name, *(address.partition("/")[0] for address in host.addresses)]
        lines.append(f"{','.join(names)} {kind} {value}\n")
    return "".join(lines)


def config(lab: Lab, state: Path) -> str:
    """An ssh_config with the hosts' addresses, the key, and a ProxyCommand that enters the lab's network without a
    route."""
    names = "".join(f"Host {h.name}\n  HostName {h.addresses[0].partition('/')[0]}\n" for h in lab.hosts)
    way = " ".join(network.inside(lab, "/usr/bin/env", "python3", "-IS", str(state / "connect.py")))
    return names + (
        "Host *\n"
        "  User root\n"
        f"  IdentityFile {state}/id\n"
        "  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {state}/known_hosts\n"
        "  GlobalKnownHostsFile none\n"
        "  StrictHostKeyChecking yes\n"
        "  PreferredAuthentications publickey\n"
        "  LogLevel ERROR\n"
        "  ConnectTimeout 10\n"
        "  ServerAliveInterval 2\n"
        "  ServerAliveCountMax 3\n"
        f"  ProxyCommand {way} %h %p\n"
        "  ProxyUseFdpass yes\n"
    )


def hang_up(state: Path) -> None:
    """Close the connections that Ansible keeps open for its next task (see inventories/lab)."""
    for path in state.glob("ssh/*"):
        succeeds("ssh", "-o", f"ControlPath={path}", "-O", "exit", "anyone")
