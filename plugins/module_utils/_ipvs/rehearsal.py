# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be asked before anything changes: whose the services are, and whether the kernel has what they need."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.model import Key, Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.ownership import Owner
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.planner import Batch, Order, Start, Stop
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.wishes import Wish
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan
from ansible_collections.k8s_edge.ha.plugins.module_utils._ports import Ports

_MODULES = "/sys/module"
_SECONDS = 60.0


def judge(plan: Plan, current: Table, wish: Wish, owner: Owner | None, ports: Ports) -> list[str]:
    """Warnings about a plan; InputError where it must not be carried out."""
    options = {one.key: one.option.rstrip(".") for one in wish.services}
    orders = [order for step in plan.steps if isinstance(step.do, Batch) for order in step.do.orders]
    problems: list[Problem] = []
    if owner is not None:
        problems += _owned(orders, options, owner)
        if owner.syncs and any(isinstance(step.do, (Start, Stop)) for step in plan.steps):
            reason = f"is run by keepalived: {owner.path} has lvs_sync_daemon"
            problems.append(Problem("sync_daemon", None, reason, "Change it there, or leave it out here"))
    problems += _unknown(orders, current, options, ports)
    refuse(problems)
    if owner is None:
        return []
    return [
        f"{owner.path} has the virtual server {name}, and nobody but keepalived knows what that is: if it is one of "
        "those that changed here, keepalived and this module undo each other's work."
        for name in owner.unread
    ]


def modprobe(name: str, ports: Ports, *options: str) -> None:
    """Have a kernel module loaded."""
    tool = ports.which("modprobe")
    if tool is None:
        raise EdgeError(f"The kernel module {name} cannot be loaded: there is no modprobe. Install the package kmod.")
    ended = ports.run([tool, *options, "--", name], timeout=_SECONDS)
    if ended.rc != 0:
        raise EdgeError(
            f"The kernel module {name} cannot be loaded: {ended.stderr.strip() or 'no reason'}. Install the kernel's "
            "modules (on Enterprise Linux kernel-modules-extra); in a container, load it on the machine below."
        )


def _owned(orders: list[Order], options: dict[Key, str], owner: Owner) -> Iterator[Problem]:
    for key in dict.fromkeys([order.service.key for order in orders]):
        if owner.covers(key):
            reason = f"belongs to the running keepalived: {owner.path} has it, and keepalived would not know of the change"
            remedy = "Change it there (k8s_edge.ha.keepalived_config), and leave it out here"
            if key not in options:
                remedy = "List it, and nothing of it but what identifies it, so that it stays; or give purge: false"
            yield Problem(options.get(key, "purge") or "virtual server", str(key), reason, remedy)


def _unknown(orders: list[Order], current: Table, options: dict[Key, str], ports: Ports) -> Iterator[Problem]:
    """Schedulers and engines that come into use, and that the kernel does not have and cannot load."""
    seen: dict[str, bool] = {}
    for verb, service, server in orders:
        if verb == "del" or server is not None:
            continue
        was = current.services.get(service.key)
        for option, name, old, module in (
            ("scheduler", service.scheduler, was and was.scheduler, "ip_vs_" + service.scheduler),
            ("persistence_engine", service.engine, was and was.engine, "ip_vs_pe_" + service.engine),
        ):
            if not name or name in (old, "none"):
                continue
            if module not in seen:
                seen[module] = _there(module, ports)
            if not seen[module]:
                reason = f"is unknown to this kernel: it has no module {module}, and none can be loaded"
                remedy = "Correct the name, or install the kernel's modules (on Enterprise Linux kernel-modules-extra)"
                place = options.get(service.key, "")
                yield Problem(f"{place}.{option}".lstrip("."), name, reason, remedy)


def _there(module: str, ports: Ports) -> bool:
    """Whether a module is there or can be had. Where nobody can tell, the kernel will."""
    if os.path.isdir(os.path.join(_MODULES, module)) or ports.which("modprobe") is None:
        return True
    try:
        modprobe(module, ports, "--dry-run", "--quiet")
    except EdgeError:
        return False
    return True
