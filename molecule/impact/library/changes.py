#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans changes, makes them and looks at what runs, one after the other in one process on a host.

``changes`` has a dictionary for each: ``kind``, one plane with the options that edge_plan has for it, and perhaps
``settle``, the seconds to wait before the look. The plan is edge_plan's; a module's change is made by the module's own
action, with the options as edge_plan checks them; the rest is made with the host's programs, as Ansible's own modules
would. Returns ``look`` (what runs at last), ``records`` for lab/impact/verdict.py, and ``failures``, in words.
A look asks systemd, /proc, HAProxy's socket and the kernel, and nothing of the collection.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import subprocess
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.arguments import ARGUMENTS, BLOCK, FILE, UNIT
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host.blocks import with_block
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.plan import _checked, plan
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.planes import PLANES
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

LOOKS = ("packages", "users", "files", "blocks", "units")
ENTRIES = {"files": FILE, "blocks": BLOCK, "units": UNIT}
SOCKET = "/run/haproxy/admin.sock"
#: Of each line of `show servers state` (management.txt): backend, server, address, states, weight, port.
STATE = (1, 3, 4, 6, 7, 18)
#: Seconds in which keepalived may take an address again after a reload.
SETTLE = {"keepalived_config": 3}


def run(*argv):
    try:
        return subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    except FileNotFoundError:
        return ""


def must(*argv):
    subprocess.run(argv, capture_output=True, text=True, check=True)


def started(pid):
    """A process and when it started; empty where there is none."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return f"{pid} {file.read().rpartition(')')[2].split()[19]}" if pid not in ("", "0") else ""
    except FileNotFoundError:
        return ""


def unit(name):
    told = run("systemctl", "show", name, "-p", "MainPID,ActiveState,StateChangeTimestampMonotonic")
    return dict(line.split("=", 1) for line in told.splitlines())


def haproxy():
    """Loaded anew it has a new worker, the one that answers on its socket."""
    process = started(unit("haproxy").get("MainPID", ""))
    worker = [line.partition(":")[2].strip() for line in ask("show info").splitlines() if line.startswith("Pid:")]
    return {"started": process, "loaded": "".join(worker) if process else ""}


def keepalived():
    """Loaded anew systemd has seen it reloading."""
    found = unit("keepalived")
    process = started(found.get("MainPID", ""))
    return {"started": process, "loaded": found.get("StateChangeTimestampMonotonic", "") if process else ""}


def ask(command):
    """What HAProxy replies; empty where it does not run."""
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.settimeout(10)
            connection.connect(SOCKET)
        except OSError:
            return ""
        connection.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def servers():
    rows = [line.split() for line in ask("show servers state").splitlines()[1:] if not line.startswith("#")]
    limits = [line.split(",") for line in ask("show stat").splitlines() if line and not line.startswith("#")]
    state = [[row[place] for place in STATE] for row in rows if len(row) > max(STATE)]
    return json.dumps([state, [[row[0], row[1], row[6]] for row in limits]])


def settings():
    """Every parameter of the network; what only counts is none."""
    found = []
    for directory, _below, names in os.walk("/proc/sys/net"):
        for name in names:
            if name.endswith("_count"):
                continue
            try:
                with open(os.path.join(directory, name)) as file:
                    found.append(f"{directory}/{name} {file.read()}")
            except OSError:
                continue
    return "\n".join(sorted(found))


def ipvs():
    """All of IPVS that is set, and nothing that is counted: the last two columns beside thresholds are connections."""
    limits = [line.split()[:-2] for line in run("ipvsadm", "-Ln", "--thresholds").splitlines()[3:]]
    return json.dumps([run("ipvsadm", "-Sn"), run("ipvsadm", "-Ln", "--timeout"), limits])


def policy():
    """What of SELinux is in the kernel."""
    try:
        with open("/sys/fs/selinux/policy", "rb") as file:
            return hashlib.sha256(file.read()).hexdigest() + run("getsebool", "-a")
    except OSError:
        return ""


def look():
    said = {
        "servers": servers(),
        "settings": settings(),
        "firewall": run("nft", "-s", "list", "ruleset"),
        "loopback": run("ip", "-oneline", "address", "show", "dev", "lo"),
        "ipvs": ipvs(),
        "selinux": policy(),
    }
    running = {name: hashlib.sha256(text.encode()).hexdigest()[:12] for name, text in said.items()}
    return {"at": time.time(), "haproxy": haproxy(), "keepalived": keepalived(), "running": running}


def entries(plane, given):
    """The entries of a plane that edge_plan looks at itself, with every option."""
    spec = ENTRIES.get(plane)
    return [{**{name: one.get("default") for name, one in spec.items()}, **each} for each in given] if spec else given


def asked(plane, given):
    """The options of edge_plan for one plane."""
    options = dict.fromkeys(ARGUMENTS)
    return {**options, **({plane: entries(plane, given)} if plane in LOOKS else {"modules": {plane: given}})}


def make(plane, given, system):
    if plane in PLANES:
        module = PLANES[plane]()
        module.action(_checked(module, dict(given), plane, set()), system, False)
        if plane == "keepalived_config":
            must("systemctl", "reload", "keepalived")
        return
    for each in given:
        MAKERS[plane](each)


def package(name):
    must("apt-get", "-q", "-y", "install", name)


def user(name):
    must("useradd", "--system", name)


def write(entry):
    if entry.get("state") == "absent":
        os.unlink(entry["path"])
        return
    with open(entry["path"], "w") as file:
        file.write(entry["content"])
    os.chmod(entry["path"], int(entry["mode"], 8))


def block(entry):
    with open(entry["path"], "rb") as file:
        old = file.read()
    with open(entry["path"], "wb") as file:
        file.write(with_block(old, entry["marker"], entry.get("block", "")))


def bring(entry):
    if entry.get("enabled") is not None:
        must("systemctl", "enable" if entry["enabled"] else "disable", entry["name"])
    if entry.get("active") is not None:
        must("systemctl", "start" if entry["active"] else "stop", entry["name"])


MAKERS = {"packages": package, "users": user, "files": write, "blocks": block, "units": bring}


def change(entry, before, host, system):
    """One record, and the look after it."""
    (plane,) = (name for name in entry if name not in ("kind", "settle", "short"))
    planned = plan(asked(plane, entry[plane]), system, False)
    (told,) = planned["planes"].values()
    if told["failed"] or not told["changed"]:
        raise ValueError(f"{entry['kind']}: {told['msg'] or 'nothing to do'}")
    make(plane, entry[plane], system)
    time.sleep(entry.get("settle", SETTLE.get(plane, 0.3)))
    after = look()
    return {
        "kind": entry["kind"],
        "predicted": planned["impact"],
        "cuts": cuts(told, entry.get("settle", 0)),
        "steps": told["steps"],
        "said": [*told["warnings"], *planned["unforeseen"]],
        "before": {host: before},
        "after": {host: after},
    }


def cuts(told, seconds):
    """The long-lived connections that a plan says are cut: those of a server that goes to maintenance, and those
    that an old process may keep for less than the time until the look."""
    ended = sum(int(each) for each in re.findall(r"ends (\d+) session", " ".join(told["warnings"])))
    limit = str(told.get("hard_stop_after") or "")
    stopped = limit.endswith("s") and int(limit[:-1]) < seconds
    return ended + (told["connections"]["sessions"] if stopped else 0)


def main():
    arguments = {"changes": {"type": "list", "elements": "raw", "default": []}}
    module = AnsibleModule(argument_spec=arguments)
    host, system = os.uname().nodename, System()
    records, failures, last = [], [], look()
    for entry in module.params["changes"]:
        try:
            records.append(change(entry, last, host, system))
            last = records[-1]["after"][host]
        except (Exception, SystemExit) as error:  # the others are worth seeing all the same
            failures.append(f"{entry['kind']}: {type(error).__name__}: {error}")
            last = look()
    module.exit_json(changed=bool(records), look=last, records=records, failures=failures)


if __name__ == "__main__":
    main()
