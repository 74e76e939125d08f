#!/usr/bin/env python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ipvs_config costs with 1,000 virtual servers of 10 real servers each, beside what the kernel itself takes.

    python3 bench/ipvs_config.py                                                   where the kernel has IPVS
    tests/kernel/inside.sh WORK python3 bench/ipvs_config.py                       in a kernel of its own

Needs root, ipvsadm, ansible-core importable and the checkout at .../ansible_collections/k8s_edge/ha (or
ANSIBLE_COLLECTIONS_PATH set to where it is). Works in a network namespace of its own. Best of some runs, interleaved
with their peers, so that a busy machine does not count. Limits:

- to create all of it, in the module: 1.3 times the bare batch, and a fifth of what ipvsadm -R takes;
- a run that changes nothing, as a process of its own: 1.2 times the bare dump and a module that does nothing with the
  same parameters;
- one changed weight: one message, and no more than the whole table and that one service looked at.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable

SERVICES, SERVERS, RUNS = 1000, 10, 5
CREATE_LIMIT, IPVSADM_LIMIT, NO_CHANGE_LIMIT = 1.3, 5.0, 1.2
PACKAGE = "ansible_collections.k8s_edge.ha.plugins"
EMPTY = f"""
from {PACKAGE}.module_utils._ipvs.arguments import config_arguments
from {PACKAGE}.module_utils._run_module import run_module
run_module(config_arguments(), lambda _params, _ports, _check_mode: {{"changed": False}})
"""


def table() -> dict[str, Any]:
    """The parameters of a large edge."""
    servers = [{"address": f"10.0.1.{number}", "forwarding_method": "nat", "port": 8080} for number in range(SERVERS)]
    services = [
        {
            "protocol": "tcp",
            "address": f"10.1.{number // 250}.{number % 250 + 1}",
            "port": 80,
            "scheduler": "rr",
            "real_servers": servers,
            "purge_real_servers": True,
        }
        for number in range(SERVICES)
    ]
    return {"virtual_servers": services, "purge": True}


def seconds(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def process(argv: list[str], args: dict[str, Any]) -> dict[str, Any]:
    """A module as Ansible runs it on the host."""
    given = {"ANSIBLE_MODULE_ARGS": {**args, "_ansible_check_mode": False, "_ansible_diff": False}}
    done = subprocess.run([sys.executable, *argv], input=json.dumps(given).encode(), capture_output=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def bare_batch(channel: Any, services: dict[Any, Any]) -> None:
    """What a plain client does: pack every message, send fifty at a time, and wait for the answer to each."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import messages
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import wire as netlink

    requests = []
    for service in services.values():
        key = messages.key_body(service.key)
        requests.append((messages.NEW_SERVICE, messages.service_body(service)))
        requests += [(messages.NEW_SERVER, messages.server_body(key, server)) for server in service.servers.values()]
    for start in range(0, len(requests), 50):
        together = requests[start : start + 50]
        packed = [netlink.message(channel.family, command, netlink.ACK, 1, body) for command, body in together]
        channel.socket.send(b"".join(packed))
        left = len(together)
        while left:
            for answer in netlink.answers(channel.socket.recv(1 << 16)):
                assert answer.error == 0, answer
                left -= 1


def bare_dump(channel: Any, bodies: list[bytes], commands: tuple[int, int]) -> None:
    """Every service and every server of it, as the kernel's bytes and no further."""
    assert len(list(channel.dump(commands[0]))) == SERVICES
    for body in bodies:
        assert len(list(channel.dump(commands[1], body))) == SERVERS


def main() -> int:
    roots = [str(directory) for directory in Path(__file__).resolve().parents[4:5]]
    roots += os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(":")
    sys.path[:0] = roots
    os.environ["PYTHONPATH"] = os.pathsep.join(roots)
    assert ctypes.CDLL(None).unshare(0x40000000) == 0, "no network namespace: only root may make one"
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import messages
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import table as kernel
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan import desired
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan.target import target
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync import action as actions
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync import resource
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary import arguments
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.rules import rules
    from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

    def checked(given: dict[str, Any]) -> dict[str, Any]:
        """As Ansible hands them on."""
        validator = ArgumentSpecValidator(arguments.config_arguments())
        found: dict[str, Any] = validator.validate(json.loads(json.dumps(given))).validated_parameters
        return found

    args = table()
    params = checked(args)
    channel = kernel.connect(load=True)
    assert channel is not None, "this kernel has no IPVS"
    whole = target(resource.NOTHING, desired.desired_of(params), [])
    text = "\n".join(rules(whole.services.values())) + "\n"
    bodies = [messages.key_body(key) for key in whole.services]
    commands = (messages.GET_SERVICE, messages.GET_SERVER)

    def clear() -> None:
        subprocess.run(["ipvsadm", "-C"], check=True)
        time.sleep(1)  # The kernel frees what was removed a while later.

    def create() -> None:
        assert actions.config(params, System(), False)["changed"]

    def restore() -> None:
        subprocess.run(["ipvsadm", "-R"], input=text.encode(), check=True)

    taken: dict[str, list[float]] = {}

    def measure(name: str, work: Callable[[], Any], before: Callable[[], None] = lambda: None) -> None:
        before()
        taken.setdefault(name, []).append(seconds(work))

    gc.disable()  # as in a module's own process (docs/adr/0007)
    for _run in range(RUNS):
        measure("bare batch", lambda: bare_batch(channel, whole.services), clear)
        measure("created", create, clear)
        measure("bare dump", lambda: bare_dump(channel, bodies, commands))
        measure("empty module", lambda: process(["-c", EMPTY], args))
        measure("no change", lambda: process(["-m", f"{PACKAGE}.modules.ipvs_config"], args))
    measure("ipvsadm -R", restore, clear)
    best = {name: min(times) for name, times in taken.items()}

    sent, looked = [], []
    order, dump = type(channel).order, type(channel).dump
    type(channel).order = lambda self, requests: sent.extend(requests) or order(self, requests)
    type(channel).dump = lambda self, *what: looked.append(what) or dump(self, *what)
    changed = json.loads(json.dumps(args))
    changed["virtual_servers"][7]["real_servers"][3]["weight"] = 2
    actions.config(checked(changed), System(), False)
    type(channel).order, type(channel).dump = order, dump

    print(
        f"{SERVICES} virtual servers of {SERVERS} real servers"
        + "".join(f"\n  {name:<16} {value:>7.3f} s" for name, value in best.items())
    )
    ratios = [
        ("created / bare batch", best["created"] / best["bare batch"], CREATE_LIMIT),
        ("created x 5 / ipvsadm -R", best["created"] * IPVSADM_LIMIT / best["ipvsadm -R"], 1.0),
        ("no change / (bare dump + empty module)", best["no change"] / (best["bare dump"] + best["empty module"]), 1.2),
        ("messages for one changed weight", len(sent), 1),
        ("looks at services for it", len(looked), 1 + SERVICES + 1 + 2),
    ]
    for name, value, limit in ratios:
        print(f"{name:<40} {value:>7.2f}   limit {limit}{'' if value <= limit else '   MISSED'}")
    return int(any(value > limit for _name, value, limit in ratios))


if __name__ == "__main__":
    sys.exit(main())
