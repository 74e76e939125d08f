# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read, written as an inventory, given back by the roles: nothing changes in any file of the corpus."""

from __future__ import annotations

import pytest
from adopted import CORPUS, Inventory, becomes, changed, text
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.adoption import Adoption
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.report import report
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.source import Source
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.options import plan_options
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.preflight import problems

FILES = sorted([*CORPUS.glob("keepalived/*.conf"), *CORPUS.glob("haproxy/*.cfg")])
#: Files of the corpus that are said to the last line: the rest hangs on conditions, includes and the like, and stays.
WHOLE = {"keepalived": 54, "haproxy": 68}


def source(path):
    content = text(str(path))
    return Source("host", content, None) if path.suffix == ".conf" else Source("host", None, content)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_inventory_changes_nothing(path):
    here = source(path)
    inventory = Inventory(report(Adoption([here], False)))
    assert inventory.faults() == []
    assert problems(inventory.fleet, True) == []
    assert changed(inventory.fleet, [here]) == []
    asked = plan_options(inventory.fleet, "host")
    # Nothing that the host has not: no daemon that it does not run, no user, no scripts.
    assert set(asked["packages"]) <= {"keepalived" if path.suffix == ".conf" else "haproxy"}
    named = here.keepalived is not None and "script_user keepalived_script" in here.keepalived
    assert (asked["users"], asked["files"]) == (["keepalived_script"] if named else [], [])


@pytest.mark.parametrize("plane", WHOLE)
def test_how_many_are_said_whole(plane):
    found = [report(Adoption([source(path)], False)) for path in FILES if path.parent.name == plane]
    assert sum(each["foreign"] == {} for each in found) >= WHOLE[plane]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_that_is_said_whole_could_be_written_anew(path):
    """Into an empty file, the same variables write what says the same: they have not just left everything alone."""
    here = source(path)
    adoption = Adoption([here], False)
    if adoption.foreign or any(each.kind == "refused" for each in adoption.faults):
        return
    empty = here._replace(**{"keepalived" if here.keepalived is not None else "haproxy": ""})
    anew = becomes(Inventory(report(adoption)).fleet, empty)
    for plane, written in anew.items():
        again = Adoption([here._replace(**{plane: written})], False)
        assert getattr(again, plane)["host"].variables == getattr(adoption, plane)["host"].variables


def test_what_ansible_would_take_for_a_template_stays_text():
    here = Source("host", None, 'frontend f\n    bind :80\n    log-format "{{ x }} %{+Q}o {% if %}"\n')
    inventory = Inventory(report(Adoption([here], False)))
    assert changed(inventory.fleet, [here]) == []
    written = {each["path"]: each["content"] for each in report(Adoption([here], False))["files"]}
    assert "!unsafe" in written["group_vars/haproxy/edge.yml"]


def test_bytes_that_are_no_utf8_stay_where_they_are():
    conf = "vrrp_instance a\udcff {\n    interface eth0\n}\nvrrp_instance b {\n    interface eth1\n}\n"
    here = Source("host", conf, "backend b\n    description \udcff\n    server s 10.0.0.1:80\n")
    found = report(Adoption([here], False))
    assert changed(Inventory(found).fleet, [here]) == []


def test_a_host_that_no_vip_names_runs_only_what_it_has():
    here = Source("host", None, "frontend f\n    bind :80\n")
    part = Inventory(report(Adoption([here], False))).fleet.host("host")
    assert part["keepalived"]["serves"] is False
    assert part["haproxy"]["serves"] is True
    assert [each["name"] for each in part["haproxy"]["options"]["frontends"]] == ["f"]


def test_what_the_planner_would_refuse_stays_and_the_rest_is_said():
    cfg = "frontend f\n    bind :80\nbackend b\n    server a 10.0.0.1:80\n    server a 10.0.0.2:80\nbackend c\n"
    here = Source("host", None, cfg)
    found = report(Adoption([here], False))
    inventory = Inventory(found)
    assert changed(inventory.fleet, [here]) == []
    assert found["foreign"] == {"host": ["haproxy.cfg: backend b: haproxy_config would not take it as it is"]}
    assert [each["name"] for each in inventory.hostvars["host"]["haproxy_backends"]] == ["c"]
    assert "a second time" in str([each for each in found["faults"] if each["kind"] == "refused"])
