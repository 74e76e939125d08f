# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A newer daemon that refuses what a host has is an error where it is asked for, and a warning where apt has it."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.preflight_findings import preflight_findings

from .conftest import GROUPS, hostvars


def change(refused):
    return {"where": "backend web", "since": "3.3", "refused": refused, "reason": "is gone", "remedy": "Take it out."}


def fleet(changes, asked=None):
    """Two hosts that were read, each with the same file."""
    daemon = {"name": "haproxy", "installed": "2.6.12", "newer": "3.4.7", "changes": changes}
    found = hostvars()
    for host in GROUPS["haproxy"]:
        found[host].update(
            k8s_edge_read=True,
            k8s_edge_kube_ca="",
            k8s_edge_kube_ca_file=False,
            k8s_edge_upgrades={"failed": False, "daemons": [daemon]},
            k8s_edge_upgrade_to=asked,
        )
    return found


def told(*given, **more):
    found = preflight_findings(GROUPS, fleet(*given, **more), "read")["findings"]
    return [(each["severity"], each["hosts"], each["reason"]) for each in found if each["about"] == "backend web"]


@pytest.mark.parametrize(
    ("refused", "asked", "severity"),
    [
        (True, {"haproxy": "3.4.7"}, "error"),
        (False, {"haproxy": "3.4.7"}, "warning"),
        (True, {"keepalived": "2.4"}, "warning"),
        (True, None, "warning"),
        (False, None, "note"),
    ],
)
def test_what_is_asked_for_is_graver(refused, asked, severity):
    verb = "refuses" if refused else "changes"
    assert told([change(refused)], asked=asked) == [
        (severity, ["haproxy-1", "haproxy-2"], f"HAProxy 3.4.7 {verb} this, since 3.3: it is gone")
    ]


def test_what_could_not_be_judged_is_told():
    variables = fleet([])
    variables["haproxy-1"]["k8s_edge_upgrades"] = {
        "failed": True,
        "msg": "/etc/haproxy/haproxy.cfg: Permission denied.",
    }
    found = preflight_findings(GROUPS, variables, "read")["text"]
    assert "warning: haproxy-1: upgrade: could not be judged: /etc/haproxy/haproxy.cfg: Permission denied." in found


def test_where_nothing_changes_nothing_is_told():
    assert told([]) == []
