# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What newer packages would refuse on the hosts, or treat differently. Pure.

What a requested version refuses is an error, since the upgrade is intended. A version that apt merely offers stops
nothing."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import ERROR, NOTE, WARNING, Finding
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.seen import Seen

#: The result of edge_info's option upgrades on a host, and the versions that the user requests.
UPGRADES, ASKED = "k8s_edge_upgrades", "k8s_edge_upgrade_to"

_NAMES = {"haproxy": "HAProxy", "keepalived": "keepalived"}


def upgrade_findings(seen: Seen) -> Iterator[Finding]:
    """The obstacles to newer daemons, for each host."""
    for host in seen.fleet.hosts:
        variables = seen.fleet.variables(host)
        answer = variables.get(UPGRADES) or {}
        if answer.get("failed"):
            yield Finding(WARNING, (host,), "upgrade", f"could not be judged: {answer['msg']}")
        asked = variables.get(ASKED) or {}
        for daemon in answer.get("daemons") or ():
            refused, changed = (ERROR, WARNING) if asked.get(daemon["name"]) else (WARNING, NOTE)
            name = _NAMES[daemon["name"]]
            for change in daemon["changes"]:
                severity = refused if change["refused"] else changed
                verb = "refuses" if change["refused"] else "changes"
                reason = f"{name} {daemon['newer']} {verb} this, since {change['since']}: it {change['reason']}"
                yield Finding(severity, (host,), change["where"], reason, change["remedy"])
