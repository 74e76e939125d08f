# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module ``firewall_access`` does: find out which firewall the host has, and apply the desired state to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable, Protocol

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.dbus import Bus
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.model import Desired, addresses, openings
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Resource, worst
from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import plan_result
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

FIREWALLD, NFTABLES, NONE, AUTO = "firewalld", "nftables", "none", "auto"
_UNITS = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")
_STOPPED = (
    "firewalld does not run, so it blocks nothing now. Its permanent configuration is complete for its next start. "
    "This module "
    "does not start it."
)
_NOTHING = "No firewall is in use on this host, so nothing is blocked and nothing had to be opened."


class Backend(Resource, Protocol):
    """The openings in one firewall, as a resource."""

    found: Any
    """What was read last."""


def access(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """Make the host's firewall accept what is listed. Of the rules that are ours, no others remain."""
    desired = desired_of(params)
    running = _firewalld_runs()
    backend = params["backend"]
    notes = []
    if backend == AUTO:
        backend = FIREWALLD if running or unit_enabled("firewalld") else NFTABLES if unit_enabled("nftables") else NONE
        if backend == NONE:
            notes.append(_NOTHING)
    _require_backend(backend, running, system)
    others = [other for other in _left_in() if other != backend]
    plans, left = [], []
    if desired.close:  # first, so that rules in another backend are removed when the host has changed its firewall
        plans += [_reconcile(other, Desired(), running, system, check_mode)[0] for other in others]
    else:
        left += [f"what is left in {other}" for other in others]
    if backend != NONE:
        plan, later = _reconcile(backend, desired, running, system, check_mode)
        plans.append(plan)
        left += later
    if backend == FIREWALLD and not running:
        notes.append(_STOPPED)
    combined = _combined(plans)
    if desired.openings and params["backend"] != NONE:
        closed = _closed_by_others(backend, combined, system)
        combined = combined._replace(warnings=(*combined.warnings, *closed))
        if closed:
            notes = [note for note in notes if note != _NOTHING]
    return {**plan_result(combined, backend), "backend": backend, "notes": notes, "left": left}


def desired_of(params: dict[str, Any]) -> Desired:
    """The module's parameters as desired state. Raises InputError with all problems."""
    if params["state"] == "absent":
        return Desired()
    problems: list[Any] = []
    desired = Desired(
        openings(params["openings"] or (), problems),
        tuple(params["interfaces"] or ()),
        addresses("guarded", params["guarded"] or (), problems),
        params["close"],
    )
    refuse(problems)
    return desired


def unit_file(name: str) -> str | None:
    """The unit file of a service; ``/dev/null`` where it is masked; None where there is none."""
    for directory in _UNITS:
        path = f"{directory}/{name}.service"
        if os.path.lexists(path):
            return os.path.realpath(path)
    return None


def unit_enabled(name: str) -> bool:
    """Whether a service starts at boot."""
    directory = _UNITS[0]
    wants = [each for each in os.listdir(directory) if each.endswith(".wants")] if os.path.isdir(directory) else []
    return unit_file(name) not in (None, "/dev/null") and any(
        os.path.lexists(f"{directory}/{each}/{name}.service") for each in wants
    )


def _firewalld_runs() -> bool:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.firewalld import NAME

    try:
        with Bus() as bus:
            return bus.running(NAME)
    except OSError:  # no bus, so nothing runs on it
        return False


def _require_backend(backend: str, running: bool, system: System) -> None:
    """Raise EdgeError where the requested backend is not available."""
    if backend == FIREWALLD and not running:
        if unit_file("firewalld") is None:
            raise EdgeError("firewalld is not installed. Install it, or choose another backend.")
        if unit_file("firewalld") == "/dev/null":
            raise EdgeError(
                "firewalld is masked, so it never starts and its configuration would have no effect. Run "
                "`systemctl unmask firewalld`, or choose another backend."
            )
    if backend == NFTABLES:
        if running:
            raise EdgeError(
                "firewalld runs on this host, and nftables rules cannot open what firewalld blocks. Use backend "
                "firewalld, or disable firewalld: `systemctl disable --now firewalld`."
            )
        if not system.which("nft"):
            raise EdgeError("nft is not installed. Install the package nftables, or choose another backend.")


def _closed_by_others(backend: str, plan: Plan, system: System) -> list[str]:
    """Warnings where other rules drop what should be open. With firewalld this is read only when something is opened,
    to keep a run without changes fast."""
    if backend == NFTABLES or not (backend == NONE or plan.steps or unit_enabled(NFTABLES)):
        return []
    from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall import others

    both = backend == FIREWALLD and unit_enabled(FIREWALLD) and unit_enabled(NFTABLES)
    find = others.closed_without_backend if backend == NONE else others.closed_beside_firewalld
    return [others.BOTH] * both + (find(system) if system.which("nft") else [])


def _left_in() -> list[str]:
    """The backends that still have something of ours."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._files.record_file import DIRECTORY
    from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.nft_text import PATH

    places = {FIREWALLD: (f"{DIRECTORY}/firewalld.json",), NFTABLES: (PATH, f"{DIRECTORY}/nftables.json")}
    return [backend for backend, paths in places.items() if any(map(os.path.exists, paths))]


def _reconcile(
    backend: str, desired: Desired, running: bool, system: System, check_mode: bool
) -> tuple[Plan, list[str]]:
    """The plan that was carried out, and messages about what is left for later."""
    with _rules_of(backend, running, system) as rules:
        resource = rules(desired)
        plan = reconcile(resource, check_mode=check_mode)
        if desired.close:
            return plan, []
        later = rules(desired._replace(close=True)).plan(resource.found)
        return plan, [line for line in later.summary if line not in plan.summary]


@contextmanager
def _rules_of(backend: str, running: bool, system: System) -> Iterator[Callable[[Desired], Backend]]:
    """A function that makes desired state a resource of the backend, valid while the backend's connection is open."""
    if backend == NFTABLES:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.nftables import NftablesRules

        yield lambda desired: NftablesRules(desired, system)
        return
    from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.firewalld import Running, Stopped
    from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.zone_rules import ZoneRules

    if not running:
        yield lambda desired: ZoneRules(desired, Stopped(system))
        return
    with Bus() as bus:
        door = Running(bus)
        yield lambda desired: ZoneRules(desired, door)


def _combined(plans: list[Plan]) -> Plan:
    """Several plans as one."""
    return Plan(
        "".join(plan.before for plan in plans),
        "".join(plan.after for plan in plans),
        tuple(step for plan in plans for step in plan.steps),
        worst(plan.impact for plan in plans),
        tuple(warning for plan in plans for warning in plan.warnings),
    )
