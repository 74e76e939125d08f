# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many files HAProxy may open on this host: after a reload by the limit of its master, after a start by that of its
unit.

The hard limit counts, as HAProxy raises the soft one itself. With CAP_SYS_RESOURCE it raises the hard one too, up to
the kernel's fs.nr_open (setrlimit(2)). A container's root has that capability only in its own user namespace, where it
has no effect.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.open_files import Limit, desired_limits, fault
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.invocation import UNIT, Invocation
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.processes import masters_of, workers
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

_SYS_RESOURCE = 1 << 24
_TIME_LIMIT = 20.0
_PROPERTIES = ("LoadState", "LimitNOFILE", "LimitNOFILESoft", "CapabilityBoundingSet", "User")
_UNITS = "/etc/systemd/system"
_LINES = f"write the lines [Service] and LimitNOFILE={{files}} to {_UNITS}/{UNIT}.d/limits.conf"
_DROP_IN = f"{_LINES} and run systemctl daemon-reload && systemctl restart haproxy"


class Verdict(NamedTuple):
    """``refused`` would certainly fail; ``doubtful`` may fail, or fails only at a reload, or only at a start."""

    refused: list[Problem]
    doubtful: list[Problem]


def judge(
    before: Sequence[Document], after: Sequence[Document], path: str, service: Invocation, system: System
) -> Verdict:
    """Problems of the open files that the new files need. What was missing before the change is only doubtful."""
    threads = len(os.sched_getaffinity(0))
    desired = desired_limits(after, threads)
    # -n on the command line takes precedence over the file's maxconn.
    if desired is None or "-n" in service.options:
        return Verdict([], [])
    limits = [after_reload(path), after_start(system)]
    # Where a limit is not known, the file may still set one.
    known: list[Limit | None] = [limit for limit in limits if limit is not None]
    known = known or [None]
    faults = [fault(desired, limit) for limit in known]
    sure = [problem for problem in faults if problem]
    old = desired_limits(before, threads)
    if len(sure) == len(faults) and (old is None or not any(fault(old, limit) for limit in known)):
        return Verdict(sure[:1], [])
    maybe = [problem for problem in (fault(desired, limit, likely=True) for limit in known) if problem]
    return Verdict([], (sure or maybe)[:1])


def before_install(after: Document, system: System) -> list[Problem]:
    """Problems for a HAProxy that is still to be installed: the limit is systemd's default for services that set none.
    Empty where there is a drop-in for its unit already."""
    desired = desired_limits([after])
    limit = after_install(system) if desired else None
    problem = fault(desired, limit) if desired and limit else None
    return [problem] if problem else []


def after_reload(path: str, proc: str = "/proc") -> Limit | None:
    """The limit that the master of ``path`` may raise its own to; None where none runs, or it is not known.

    Without master-worker mode the process has dropped its privileges, and a new one is started by the service manager.
    """
    masters = [pid for pid in masters_of(path, proc) if workers(pid, proc)]
    if len(masters) != 1:
        return None
    pid = masters[0]
    for line in _lines(f"{proc}/{pid}/limits"):
        if line.startswith("Max open files"):
            soft, hard = line.split()[3:5]
            bounded = _may_raise(pid, "CapEff", proc)
            return _limit(hard, soft, bounded, f"the limit of the running HAProxy (process {pid})", proc)
    return None


def after_start(system: System, proc: str = "/proc", unit: str = UNIT) -> Limit | None:
    """The limit with which systemd starts HAProxy; None where systemd does not know the unit, or does not answer."""
    properties = _unit_properties(system, unit)
    if properties.get("LoadState") != "loaded" or not properties.get("LimitNOFILE"):
        return None
    named = properties.get("CapabilityBoundingSet", "cap_sys_resource").split()
    may_raise = properties.get("User", "") in ("", "root", "0") and "cap_sys_resource" in named
    may_raise = may_raise and _may_raise(1, "CapBnd", proc)
    hard = properties["LimitNOFILE"]
    return _limit(hard, properties.get("LimitNOFILESoft", hard), may_raise, f"LimitNOFILE of {unit}", proc)


def after_install(system: System, proc: str = "/proc", unit: str = UNIT, units: str = _UNITS) -> Limit | None:
    """The limit with which systemd would start HAProxy once its unit is installed: no distribution's package sets one.
    None where the unit exists, or where there is a drop-in for it, which systemd does not read until then."""
    properties = _unit_properties(system, unit)
    if (
        properties.get("LoadState") != "not-found"
        or not properties.get("LimitNOFILE")
        or os.path.isdir(f"{units}/{unit}.d")
    ):
        return None
    # Without the package's name: a message that names it counts as solved by installing the package.
    where, remedy = "systemd (DefaultLimitNOFILE, for every service)", f"{_LINES} before it is installed"
    hard = properties["LimitNOFILE"]
    return _limit(hard, properties.get("LimitNOFILESoft", hard), _may_raise(1, "CapBnd", proc), where, proc, remedy)


def _unit_properties(system: System, unit: str) -> dict[str, str]:
    """The properties of a unit; empty where systemd does not answer. For a unit that does not exist systemd returns
    defaults."""
    program = system.which("systemctl")
    argv = ["show", unit, "--property=" + ",".join(_PROPERTIES)]
    answer = program and system.run([program, *argv], timeout=_TIME_LIMIT)
    if not answer or answer.rc != 0:
        return {}
    return dict(line.partition("=")[::2] for line in answer.stdout.splitlines())


def _limit(hard: str, soft: str, may_raise: bool, where: str, proc: str, remedy: str = _DROP_IN) -> Limit | None:
    most = "".join(_lines(f"{proc}/sys/fs/nr_open")).strip()
    if not most.isdigit():
        return None
    limits = [int(each) if each.isdigit() else int(most) for each in (hard, soft)]
    if may_raise and int(most) >= limits[0]:
        return Limit(int(most), limits[1], "the kernel's sysctl fs.nr_open", "set fs.nr_open to at least {files}")
    return Limit(limits[0], limits[1], where, remedy)


def _may_raise(pid: int, name: str, proc: str) -> bool:
    """Whether a process may raise its hard limit; True where reading that is not permitted."""
    values = [line.split()[1] for line in _lines(f"{proc}/{pid}/status") if line.startswith(f"{name}:")]
    spaces = [line.split() for line in _lines(f"{proc}/{pid}/uid_map")]
    return not values or (bool(int(values[0], 16) & _SYS_RESOURCE) and spaces in ([], [["0", "0", "4294967295"]]))


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []
