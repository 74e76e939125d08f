# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules ``selinux_access`` and ``selinux_info`` do: parameters in, result out."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import plan_result
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.kernel import Kernel
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

PATHS = ("path", "reads", "runs", "sockets")


def access(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """Grant the programs the SELinux access they need, and nothing more."""
    kernel = Kernel()
    if not kernel.enabled:
        note = "SELinux is off on this host: there is nothing to do."
        return {**plan_result(Plan("", ""), "SELinux"), "mode": "disabled", "notes": [note], "time": time.time()}
    from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile
    from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.model import Desired
    from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.resource import Customisations
    from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.store import Store

    desired = desired_of(params) if params["state"] == "present" else Desired()
    begun = time.time()
    resource = Customisations(desired, system, kernel, Store())
    plan = reconcile(resource, check_mode=check_mode)
    mode = "enforcing" if kernel.enforcing else "permissive"
    notes = list(resource.decision.notes)
    if mode == "permissive":
        notes.append("This host is permissive: SELinux denies nothing now. Everything is ready for enforcing.")
    return {**plan_result(plan, "SELinux"), "mode": mode, "notes": notes, "time": begun}


def information(params: dict[str, Any], system: System, _check_mode: bool) -> dict[str, Any]:
    """The mode of SELinux, and what it denied."""
    kernel = Kernel()
    now = time.time()
    if not kernel.enabled:
        return {"changed": False, "mode": "disabled", "denials": [], "time": now}
    from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux import denials

    since = params["since"] if params["since"] is not None else now - 600
    found = denials.parse(denials.read(since, system), since, _domains(params["programs"], kernel))
    return {
        "changed": False,
        "mode": "enforcing" if kernel.enforcing else "permissive",
        "denials": found,
        "time": now,
    }


def desired_of(params: dict[str, Any]) -> Any:
    """The module's parameters as desired state. Raises InputError for invalid ports and paths."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.model import Desired, Program

    problems = []
    programs = []
    for number, given in enumerate(params["programs"] or ()):
        place = f"programs[{number}]"
        for field in ("binds", "connects"):
            problems += [
                Problem(f"{place}.{field}[{index}]", port, "is not a port", "Give a number from 1 to 65535.")
                for index, port in enumerate(given[field] or ())
                if not 1 <= port <= 65535
            ]
        for field in PATHS:
            paths = [given[field]] if field == "path" else given[field] or ()
            problems += [
                Problem(f"{place}.{field}", path, "is not an absolute path", "Give the absolute path.")
                for path in paths
                if not path.startswith("/") or any(not character.isprintable() for character in path)
            ]
        lists = {name: tuple(given[name] or ()) for name in ("binds", "connects", "reads", "runs", "sockets")}
        programs.append(Program(path=given["path"], boolean=given["any_port_boolean"], **lists))
    problems += [
        Problem(f"booleans.{name}", value, "is neither true nor false", "Give true or false.")
        for name, value in (params["booleans"] or {}).items()
        if not isinstance(value, bool)
    ]
    refuse(problems)
    return Desired(tuple(programs), params["booleans"] or {}, tuple(params["permissive"] or ()))


def _domains(programs: list[str] | None, kernel: Kernel) -> set[str]:
    """The domains in which systemd would run some programs."""
    if not programs:
        return set()
    from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.host import domain_of

    return {domain_of(path, kernel) for path in programs}
