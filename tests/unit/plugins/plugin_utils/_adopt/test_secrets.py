# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets lie in a file of their own, which others cannot read; a mask is never taken for one."""

from __future__ import annotations

import pytest
from adopted import Inventory, changed, text
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.adoption import Adoption
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.report import report
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.source import Source

CONF = """vrrp_instance a {
    interface eth0
    virtual_router_id 1
    authentication {
        auth_type PASS
        auth_pass %s
    }
}
"""
CFG = """userlist people
    user me insecure-password %s
listen stats
    bind :9000
    mode http
    stats enable
    stats auth Admin:%s
"""


@pytest.mark.parametrize("mend", [False, True])
def test_every_secret_is_in_a_vault_file(mend):
    here = [
        Source("a", CONF % "hunter2", CFG % ("hunter3", "hunter4")),
        Source("b", CONF % "hunter5", CFG % ("hunter3", "hunter4")),
    ]
    found = report(Adoption(here, mend))
    for each in found["files"]:
        secret = each["path"].endswith("/vault.yml")
        assert each["mode"] == ("0600" if secret else "0644")
        assert ("hunter" in each["content"]) == secret
    assert "hunter" not in str([found[key] for key in ("faults", "foreign", "text", "counts", "vips")])
    assert mend or changed(Inventory(found).fleet, here) == []
    assert sum(each["path"].endswith("vault.yml") for each in found["files"]) == 3


def test_a_secret_of_a_vip_is_there_for_every_host_of_the_inventory():
    conf = text("keepalived/seed_lvs_three_nodes.conf")
    found = report(Adoption([Source(f"edge-{n}", conf, None) for n in (1, 2, 3)], True))
    inventory = Inventory(found)
    for host in inventory.groups["all"]:
        entry = inventory.hostvars[host]["k8s_edge_vips"][0]
        assert entry["instance"]["authentication"]["auth_pass"] == "1111"


def test_a_mask_is_refused_and_what_stands_there_stays():
    here = [Source("a", CONF % "********", CFG % ("********", "********"))]
    found = report(Adoption(here, False))
    assert "********" not in str(found["files"])
    assert changed(Inventory(found).fleet, here) == []
    masked = [each for each in found["faults"] if each["kind"] == "mask"]
    assert len(masked) == 3
    assert {each["severity"] for each in masked} == {"error"}
    # The host has the real ones, which the same inventory keeps.
    real = [Source("a", CONF % "hunter2", CFG % ("hunter3", "hunter4"))]
    assert changed(Inventory(found).fleet, real) == []


def test_a_password_of_digits_stays_text():
    found = report(Adoption([Source("a", CONF % "0123", None)], False))
    vault = next(each["content"] for each in found["files"] if each["path"].endswith("vault.yml"))
    assert "'0123'" in vault
