# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be checked before anything changes: which services belong to keepalived, and whether the kernel has what
they need."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from collections.abc import Iterable, Iterator

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host.ownership import Owner, owner
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.channel import Channel
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.table import connect
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan.batches import Batch, Order, Start, Stop
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan.desired import Desired
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import Daemon, Key, Table, Timeouts
from ansible_collections.k8s_edge.ha.plugins.module_utils._kernel.modules import no_modules
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

_MODULES = "/sys/module"
#: The modules that this host's modprobe knows. In a container there are none, and the kernel loads modules by itself.
_KNOWN_MODULES = "/lib/modules/{0}/modules.dep"
_SECONDS = 60.0
#: Request for an interface's MTU (linux/sockios.h, linux/if.h).
_SIOCGIFMTU, _IFREQ = 0x8921, struct.Struct("16si12x")
#: Options in keepalived's global_defs, by keyword, and the changes that would conflict with them.
_SETTINGS: tuple[tuple[str, str, tuple[type, ...]], ...] = (
    ("sync_daemon", "lvs_sync_daemon", (Start, Stop)),
    ("timeouts", "lvs_timeouts", (Timeouts,)),
)
_REMEDY = "run a kernel that has IPVS or its module ip_vs; in a container, run modprobe ip_vs on the container's host"
_INSTALL = "install the kernel's modules (on Enterprise Linux kernel-modules-extra)"


def judge(plan: Plan, current: Table, desired: Desired, system: System, *, known: bool, check_mode: bool) -> list[str]:
    """Warnings about a plan. Raises EdgeError where it must not or cannot be applied. ``known``: the kernel has IPVS
    already. ``check_mode``: the kernel will not be asked to load it."""
    options = {one.key: one.option.rstrip(".") for one in desired.services}
    orders = [order for step in plan.steps if isinstance(step.apply, Batch) for order in step.apply.orders]
    problems = list(_unavailable(orders, current, options, system))
    problems += _daemon_problems([step.apply.daemon for step in plan.steps if isinstance(step.apply, Start)])
    running = owner(system)
    if running is not None:
        problems += _owned(dict.fromkeys([order.service.key for order in orders]), options, running)
        for option, setting, changes in _SETTINGS:
            if setting in running.settings and any(isinstance(step.apply, changes) for step in plan.steps):
                reason = f"belongs to keepalived: {running.path} has {setting}"
                problems.append(Problem(option, None, reason, "Change it there, or leave it out here"))
    refuse(problems)
    unseen = [] if known else _without(system)
    warnings = unseen if check_mode else []
    if running is None:
        return warnings
    if not running.there:
        return [
            *warnings,
            f"keepalived runs with {running.path}, which is missing or cannot be read, so it is unknown which "
            "virtual servers are its own. If one of those that changed here is, keepalived and this module undo each "
            "other's changes.",
        ]
    warnings += [
        f"{running.path} has the virtual server {name}, which only keepalived can resolve. If it is one of those that "
        "changed here, keepalived and this module undo each other's changes."
        for name in running.unread
    ]
    return warnings


def _without(system: System) -> list[str]:
    """Warnings about a kernel that has not loaded IPVS yet. Raises EdgeError where it cannot be loaded."""
    why = no_modules()
    if why:
        raise EdgeError(f"This kernel has no IPVS and cannot load it: {why}. Remedy: {_REMEDY}.")
    if _loadable("ip_vs", system) is False:
        raise EdgeError(f"This kernel has no IPVS: modprobe knows no module ip_vs. Remedy: {_INSTALL}.")
    if why is None:
        return [
            "It cannot be seen from here, as in a container, whether the kernel has the module ip_vs. Loading it will "
            "show."
        ]
    return []


def load(system: System) -> Channel:
    """Make the kernel load IPVS: it does so by itself when asked for the netlink family. Raises EdgeError."""
    channel = connect(load=True)
    tool = system.which("modprobe")
    reason = ""
    if channel is None and tool is not None:
        reason = system.run([tool, "--", "ip_vs"], timeout=_SECONDS).stderr.strip()
        channel = connect(load=True)
    if channel is None:
        raise EdgeError(
            f"The kernel cannot load IPVS{': ' * bool(reason)}{reason}. Remedy: {_INSTALL}; in a container, "
            "run modprobe ip_vs on the container's host."
        )
    return channel


def _owned(keys: Iterable[Key], options: dict[Key, str], running: Owner) -> Iterator[Problem]:
    for key in keys:
        if running.covers(key):
            reason = f"belongs to the running keepalived, by {running.path}, which would not know of the change"
            remedy = "Change it there (k8s_edge.ha.keepalived_config), and leave it out here"
            if key not in options:
                remedy = "List it with its identifying options only, so that it stays, or set purge: false"
            yield Problem(options.get(key, "purge") or "virtual server", str(key), reason, remedy)


def _unavailable(orders: list[Order], current: Table, options: dict[Key, str], system: System) -> Iterator[Problem]:
    """Problems of newly used schedulers and engines that the kernel does not have and cannot load."""
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
                seen[module] = os.path.isdir(os.path.join(_MODULES, module)) or _loadable(module, system) is not False
            if not seen[module]:
                reason = f"is unknown to this kernel: it has no module {module}, and none can be loaded"
                place = options.get(service.key, "")
                yield Problem(f"{place}.{option}".lstrip("."), name, reason, f"Correct the name, or {_INSTALL}")


def _daemon_problems(daemons: list[Daemon]) -> Iterator[Problem]:
    """Problems of sync daemons: interfaces that do not exist, and messages larger than the interface's MTU (or than
    1500 bytes, where its MTU is smaller), which the kernel would shorten."""
    for daemon in daemons:
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
                answer = fcntl.ioctl(door, _SIOCGIFMTU, _IFREQ.pack(daemon.interface.encode(), 0))
        except OSError:
            reason = "is not an interface of this host"
            yield Problem("sync_daemon.interface", daemon.interface, reason, "Name one that is there and up")
            continue
        longest = max(_IFREQ.unpack(answer)[1], 1500) - (48 if ":" in daemon.group else 28)
        if daemon.maxlen > longest:
            reason = f"does not fit into the packets of {daemon.interface}, and the kernel would truncate it"
            yield Problem("sync_daemon.maxlen", daemon.maxlen, reason, f"Give at most {longest}, or leave it out")


def _loadable(module: str, system: System) -> bool | None:
    """Whether the kernel could load a module; None where that cannot be determined here."""
    tool = system.which("modprobe")
    if tool is None or not os.path.exists(_KNOWN_MODULES.format(os.uname().release)):
        return None
    return system.run([tool, "--dry-run", "--quiet", "--", module], timeout=_SECONDS).rc == 0
