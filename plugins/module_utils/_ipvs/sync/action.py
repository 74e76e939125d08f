# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the IPVS modules do: parameters in, result out."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan.desired import (
    Desired,
    desired_of,
    desired_service_of,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan.target import drains, removal
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync.resource import NOTHING, IpvsTable
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import worst
from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import plan_result
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System


def config(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """Bring the whole table to its desired state."""
    return _apply(desired_of(params), params, system, check_mode, whole=True)


def virtual_server(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """Bring one virtual service to its desired state."""
    return _apply(desired_service_of(params), params, system, check_mode, whole=False)


def _apply(desired: Desired, params: dict[str, Any], system: System, check_mode: bool, whole: bool) -> dict[str, Any]:
    boot = None
    if params["persist"]:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host.boot import Boot

        boot = Boot(system)
    drained = drains(desired)
    # Write what boot restores once the last connection has ended.
    resource = IpvsTable(desired, system, whole=whole, boot=None if drained else boot)
    plan = reconcile(resource, check_mode=check_mode)
    if not drained:
        return plan_result(plan._replace(warnings=tuple(resource.warnings)), "IPVS")
    if not check_mode and resource.channel is not None:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host.drain import wait

        wait(resource.channel, desired, params["drain_timeout"])
    last = IpvsTable(removal(desired), system, whole=whole, boot=boot, supposed=resource.target if check_mode else None)
    end = reconcile(last, check_mode=check_mode)
    steps = plan.steps + end.steps
    warnings = tuple(dict.fromkeys([*resource.warnings, *last.warnings]))
    before = after = ""
    if steps:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan.batches import texts

        before, after = texts(resource.first or NOTHING, last.target, steps)
    impact = worst([plan.impact, end.impact])
    return plan_result(end._replace(before=before, after=after, steps=steps, impact=impact, warnings=warnings), "IPVS")


def information(params: dict[str, Any], system: System, _check_mode: bool) -> dict[str, Any]:
    """The table as data."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host.info import (
        daemon_described,
        described,
        identity,
        statistics,
    )
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host.ownership import owner
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.table import connect, read_table

    channel = connect()
    table = read_table(channel) if channel is not None else NOTHING
    result: dict[str, Any] = {
        "changed": False,
        "available": channel is not None,
        "virtual_servers": [described(service) for service in table.services.values()],
        "timeouts": table.timeouts._asdict() if table.timeouts is not None and channel is not None else {},
        "sync_daemons": [daemon_described(daemon) for daemon in table.daemons.values()],
        "keepalived": [],
    }
    if params["statistics"]:
        result["statistics"] = statistics(channel) if channel is not None else []
    running = owner(system) if table.services else None
    if running is not None:
        result["keepalived"] = [identity(key) for key in table.services if running.covers(key)]
    return result
