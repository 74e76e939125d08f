# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left where ``k8s_edge_vips`` is an empty list, whose it is, and whether it may go."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.edge_fleet import edge_fleet
from ansible_collections.k8s_edge.ha.plugins.filter.variable_faults import variable_faults
from derived import keepalived_instances

from .conftest import edge_problems

OURS = {"router_id": "haproxy-1", "script_user": "keepalived_script", "enable_script_security": True}
PURGED = {"keepalived_purge": True, "haproxy_purge": True}
FRONTENDS = [{"name": "k8s_edge_health"}, {"name": "kubeapi"}]


class Site:
    """The lab's hosts, read, with an empty declaration: haproxy-1 has what was made for a VIP, nobody else has."""

    def __init__(self, lab):
        self.groups, self.hostvars = lab.groups(), lab.hostvars()
        instances = keepalived_instances([lab.kubeapi], "haproxy-1", self.groups, self.hostvars)
        for variables in self.hostvars.values():
            variables["k8s_edge_vips"] = []
            variables["k8s_edge_before"] = {"active": False, "configuration": {}}
            variables["k8s_edge_haproxy_before"] = {"active": False, "config": None}
            variables["k8s_edge_traces"] = {"files": []}
        self.written = {"global_defs": OURS, "instances": instances}
        self.says("haproxy-1", active=True, configuration=self.written)
        self.hostvars["haproxy-1"]["k8s_edge_haproxy_before"] = {"active": True, "config": {"frontends": FRONTENDS}}
        self.lies("haproxy-1", "/etc/sysctl.d/60-k8s-edge-kernel.conf")

    def says(self, host, **info):
        self.hostvars[host]["k8s_edge_before"] = info

    def lies(self, host, *paths):
        self.hostvars[host]["k8s_edge_traces"] = {"files": [{"path": path} for path in paths]}

    def given(self, **variables):
        for each in self.hostvars.values():
            each.update(variables)
        return self

    def removed_from(self):
        return [each["host"] for each in edge_fleet(self.groups, self.hostvars, "read")["remains"] if each["removes"]]

    def told(self):
        return edge_fleet(self.groups, self.hostvars, "read")["remaining"]

    def problems(self):
        return edge_problems(self.groups, self.hostvars, True)


@pytest.fixture
def site(lab):
    return Site(lab)


def test_an_empty_list_is_a_declaration_and_no_list_is_none(site):
    assert edge_problems(site.groups, site.hostvars, False) == []
    assert site.problems() == []
    for variables in site.hostvars.values():
        del variables["k8s_edge_vips"]
    (problem,) = edge_problems(site.groups, site.hostvars, False)
    assert problem.startswith("No VIP is declared. Set k8s_edge_vips") and "an empty list" in problem
    assert edge_fleet(site.groups, site.hostvars, "read")["remains"] == []


def test_without_purge_it_is_said_what_stays_and_how_to_remove_it(site):
    assert site.removed_from() == []
    (told,) = site.told()
    for words in ("haproxy-1: ", "instance kubeapi, keepalived runs", "frontend kubeapi", "60-k8s-edge-kernel.conf"):
        assert words in told
    assert "run with -e keepalived_purge=true -e haproxy_purge=true" in told


def test_with_purge_it_goes_from_the_hosts_that_have_it_and_from_no_others(site):
    site.given(**PURGED)
    assert (site.removed_from(), site.told()) == (["haproxy-1"], [])


@pytest.mark.parametrize("purge", PURGED)
def test_half_a_permission_removes_nothing(site, purge):
    site.given(**{purge: "true"})
    assert site.removed_from() == []
    assert len(site.told()) == 1


def test_a_host_with_a_keepalived_and_a_haproxy_of_somebody_elses_stays_out_of_it(site):
    theirs = {**site.written, "global_defs": {"router_id": "kube-1", "enable_script_security": True}}
    site.says("kube-1", active=True, configuration=theirs)
    site.hostvars["kube-1"]["k8s_edge_haproxy_before"] = {"active": True, "config": {"frontends": FRONTENDS[1:]}}
    site.given(**PURGED)
    assert site.removed_from() == ["haproxy-1"]


def test_keepalived_is_ours_by_its_check_scripts_too_and_with_the_users_own_globals(site):
    site.says("haproxy-2", active=False, enabled=True, configuration={"scripts": [{"name": "haproxy"}]})
    site.lies("haproxy-2", "/etc/keepalived/check-haproxy")
    site.says("kube-1", active=True, configuration={"global_defs": {**OURS, "router_id": "edge"}})
    site.hostvars["kube-1"]["keepalived_global_defs"] = {"router_id": "edge"}
    told = {each["host"]: each["keepalived"] for each in edge_fleet(site.groups, site.hostvars, "read")["remains"]}
    assert told["haproxy-2"] == ["script haproxy", "keepalived starts at boot"]
    assert told["kube-1"] == ["keepalived runs"]


def test_a_real_server_needs_keepalived_purge_only(site):
    site.lies("kube-2", "/etc/systemd/system/k8s-edge-real-server.service")
    site.given(keepalived_purge=True)
    assert site.removed_from() == ["kube-2"]


def test_what_has_gone_is_not_looked_at_again(site):
    site.says("haproxy-1", active=False, enabled=False, configuration={"global_defs": OURS})
    site.hostvars["haproxy-1"]["k8s_edge_haproxy_before"] = {"active": False, "config": {"frontends": []}}
    site.lies("haproxy-1")
    site.given(**PURGED)
    assert (site.removed_from(), site.told(), site.problems()) == ([], [], [])


def test_nothing_is_removed_while_a_host_could_not_be_read_unless_it_is_declared_down(site):
    del site.hostvars["haproxy-2"]["k8s_edge_traces"]
    assert site.problems() == []
    site.given(**PURGED)
    (problem,) = site.problems()
    assert "'haproxy-2' could not be read" in problem and "k8s_edge_hosts_down: [haproxy-2]" in problem
    site.given(k8s_edge_hosts_down=["haproxy-2"])
    assert (site.problems(), site.removed_from()) == ([], ["haproxy-1"])


def test_variables_are_judged_where_nobody_is_a_member(site):
    site.hostvars["haproxy-1"]["keepalived_purge"] = ["yes"]
    assert "keepalived_purge" in "".join(variable_faults(site.groups, site.hostvars))
