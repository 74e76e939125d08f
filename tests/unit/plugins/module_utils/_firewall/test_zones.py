# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""firewalld's zones: what is ours comes and goes, what is others' stays, whoever was there first."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.firewalld import zones_in
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.model import Desired, Opening
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.zone_rules import ZoneRules
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.zones import (
    PERMANENT,
    RUNTIME,
    View,
    Zone,
    rich_rule,
    zones_met,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile
from hypothesis import given
from hypothesis import strategies as st

OPENINGS = (
    Opening("vrrp", None, "10.0.0.2", "10.0.0.1"),
    Opening("tcp", 6443, None, "10.0.0.100"),
    Opening("tcp", 6443, "fd00::/64", "fd00::100"),
    Opening("tcp", 8080),
)
RULES = [rich_rule(each) for each in OPENINGS]


def zone(target="default", interfaces=(), sources=(), runtime=(), permanent=()):
    layers = (None if rules is None else frozenset(rules) for rules in (runtime, permanent))
    return Zone(target, interfaces, sources, *layers)


class Firewalld:
    """A firewalld in memory, and whoever else changes it."""

    def __init__(self, **zones):
        self.zones = zones
        self.turns = 0
        self.breaks_at = None

    def view(self, _interfaces, _further):
        return View("public", dict(self.zones))

    def turn(self, turn):
        self.turns += 1
        if self.turns == self.breaks_at:
            raise EdgeError("broken")
        before = self.zones[turn.zone]
        rules = getattr(before, turn.layer)
        assert (turn.rule in rules) != turn.present, "firewalld refuses what is so already"
        rules = rules | {turn.rule} if turn.present else rules - {turn.rule}
        self.zones[turn.zone] = before._replace(**{turn.layer: rules})


@pytest.fixture
def bring(tmp_path):
    """Makes a firewalld as desired; gives the plan."""

    def make(door, *openings, close=True, check_mode=False, interfaces=("eth0",)):
        desired = Desired(openings, interfaces, close=close)
        return reconcile(ZoneRules(desired, door, str(tmp_path / "state/firewalld.json")), check_mode=check_mode)

    return make


def test_rules_are_spelled_as_firewalld_spells_them():
    assert RULES == [
        'rule family="ipv4" source address="10.0.0.2" destination address="10.0.0.1" protocol value="vrrp" accept',
        'rule family="ipv4" destination address="10.0.0.100" port port="6443" protocol="tcp" accept',
        'rule family="ipv6" source address="fd00::/64" destination address="fd00::100"'
        ' port port="6443" protocol="tcp" accept',
        'rule port port="8080" protocol="tcp" accept',
    ]


def test_a_life_leaves_nothing_behind(bring, tmp_path):
    door = Firewalld(public=zone(runtime=["theirs now"], permanent=["theirs"]))
    first = bring(door, *OPENINGS[:2])
    assert first.summary == [
        "zone public: open TCP port 6443 at 10.0.0.100 from anywhere",
        "zone public: open VRRP at 10.0.0.1 from 10.0.0.2",
    ]
    assert door.zones["public"] == zone(runtime=["theirs now", *RULES[:2]], permanent=["theirs", *RULES[:2]])
    assert bring(door, *OPENINGS[:2]).steps == ()
    second = bring(door, OPENINGS[1], OPENINGS[2])
    assert [line.split(": ")[1][:9] for line in second.summary] == ["open TCP ", "remove ru"]
    bring(door)
    assert door.zones["public"] == zone(runtime=["theirs now"], permanent=["theirs"])
    assert not (tmp_path / "state").exists()


def test_asking_changes_nothing(bring):
    door = Firewalld(public=zone())
    assert bring(door, OPENINGS[0], check_mode=True).summary
    assert door.turns == 0


def test_nothing_is_closed_before_its_time(bring):
    door = Firewalld(public=zone())
    bring(door, OPENINGS[0])
    bring(door, OPENINGS[1], close=False)
    assert door.zones["public"].permanent == set(RULES[:2])
    bring(door, OPENINGS[1])
    assert door.zones["public"].permanent == {RULES[1]}


def test_a_rule_that_somebody_had_put_there_is_theirs(bring):
    door = Firewalld(public=zone(runtime=[RULES[0]], permanent=[RULES[0]]))
    assert bring(door, OPENINGS[0]).steps == ()
    bring(door)
    assert door.zones["public"] == zone(runtime=[RULES[0]], permanent=[RULES[0]])


def test_their_rule_for_good_goes_on_running_though_we_made_it_run(bring):
    door = Firewalld(public=zone(permanent=[RULES[0]]))
    assert bring(door, OPENINGS[0]).summary == ["zone public: open VRRP at 10.0.0.1 from 10.0.0.2, now"]
    bring(door)
    assert RULES[0] in door.zones["public"].runtime


def test_their_rule_that_runs_goes_on_running_though_we_had_it_for_good(bring):
    door = Firewalld(public=zone(runtime=[RULES[0]]))
    assert bring(door, OPENINGS[0]).summary == ["zone public: open VRRP at 10.0.0.1 from 10.0.0.2, for good"]
    assert bring(door, OPENINGS[0]).steps == ()
    bring(door)
    assert door.zones["public"] == zone(runtime=[RULES[0]])


def test_their_rule_that_ran_is_ours_once_we_had_to_bring_it_back(bring):
    door = Firewalld(public=zone(runtime=[RULES[0]]))
    bring(door, OPENINGS[0])
    door.zones["public"] = zone(permanent=[RULES[0]])
    bring(door, OPENINGS[0])
    bring(door)
    assert door.zones["public"] == zone()


def test_what_somebody_else_took_away_comes_back_and_what_a_reload_brings_is_ours(bring):
    door = Firewalld(public=zone())
    bring(door, OPENINGS[0])
    door.zones["public"] = zone(permanent=[RULES[0]])
    assert bring(door, OPENINGS[0]).summary == ["zone public: open VRRP at 10.0.0.1 from 10.0.0.2, now"]
    bring(door)
    assert door.zones["public"] == zone()


def test_a_rule_goes_with_the_interface_to_another_zone(bring):
    door = Firewalld(public=zone(), internal=zone())
    bring(door, OPENINGS[0])
    door.zones["internal"] = zone(interfaces=("eth0",))
    bring(door, OPENINGS[0])
    assert (door.zones["public"].permanent, door.zones["internal"].permanent) == (set(), {RULES[0]})


def test_a_zone_that_is_gone_is_forgotten(bring):
    door = Firewalld(public=zone(), internal=zone(interfaces=("eth0",)))
    bring(door, OPENINGS[0])
    del door.zones["internal"]
    bring(door, OPENINGS[0])
    assert door.zones["public"].permanent == {RULES[0]}


@pytest.mark.parametrize("at", range(1, 9))
def test_a_failure_half_way_takes_back_what_was_done(bring, at):
    door = Firewalld(public=zone(runtime=["theirs"]))
    bring(door, *OPENINGS[:2])
    before, door.turns, door.breaks_at = dict(door.zones), 0, at
    with pytest.raises(EdgeError, match="broken"):
        bring(door, *OPENINGS[2:])
    assert door.zones == before
    door.breaks_at = None
    bring(door)
    assert door.zones["public"] == zone(runtime=["theirs"])


def test_a_firewalld_that_does_not_run_gets_its_files(bring):
    door = Firewalld(public=zone(runtime=None))
    bring(door, OPENINGS[0])
    assert door.zones["public"].permanent == {RULES[0]}
    assert bring(door, OPENINGS[0]).steps == ()
    door.zones["public"] = zone(runtime=[RULES[0]], permanent=[RULES[0]])  # it started
    assert not bring(door, OPENINGS[0]).summary
    bring(door)
    assert door.zones["public"] == zone()


def test_a_record_that_cannot_be_read_stops_everything(bring, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state/firewalld.json").write_text("{")
    with pytest.raises(EdgeError, match="cannot be read"):
        bring(Firewalld(public=zone()), OPENINGS[0])


@given(
    st.lists(st.sets(st.sampled_from(OPENINGS)), max_size=4),
    st.sets(st.sampled_from(RULES)),
    st.sets(st.sampled_from(RULES)),
)
def test_whatever_comes_and_goes_theirs_stays(tmp_path_factory, desired_states, for_good, for_now):
    record = str(tmp_path_factory.mktemp("zones") / "state/firewalld.json")
    theirs = for_good | for_now
    door = Firewalld(public=zone(runtime=theirs, permanent=for_good))
    for openings in [*desired_states, set()]:
        desired = Desired(tuple(openings), ("eth0",))
        reconcile(ZoneRules(desired, door, record), check_mode=False)
        assert reconcile(ZoneRules(desired, door, record), check_mode=False).steps == ()
        assert door.zones["public"].runtime == theirs | {rich_rule(each) for each in openings}
    assert door.zones["public"] == zone(runtime=theirs, permanent=for_good)


@pytest.mark.parametrize(
    ("zones", "met"),
    [
        ({"public": zone()}, ["public"]),
        ({"public": zone(), "internal": zone(interfaces=("eth0",))}, ["internal"]),
        ({"public": zone(interfaces=("eth1",)), "internal": zone(sources=("10.0.0.0/8",))}, ["internal", "public"]),
        ({"public": zone(), "drop": zone("DROP", sources=("192.0.2.0/24",))}, ["public"]),
        ({"public": zone(), "drop": zone("DROP", interfaces=("eth0",))}, ["drop"]),
        ({"public": zone(), "trusted": zone("ACCEPT", interfaces=("eth0",))}, []),
    ],
)
def test_the_zones_that_packets_meet(zones, met):
    assert zones_met(View("public", zones), ("eth0",)) == met


def test_a_zone_gets_a_rule_only_where_it_is(bring):
    door = Firewalld(public=zone(), later=zone(interfaces=("eth0",), runtime=None))
    bring(door, OPENINGS[0], interfaces=("eth0", "eth1"))
    assert door.zones["later"] == zone(interfaces=("eth0",), runtime=None, permanent=[RULES[0]])
    door = Firewalld(fleeting=zone(interfaces=("eth0",), permanent=None))
    assert "next reload" in bring(door, OPENINGS[0]).warnings[0]
    assert door.zones["fleeting"] == zone(interfaces=("eth0",), runtime=[RULES[0]], permanent=None)
    assert bring(door, OPENINGS[0]).steps == ()
    assert bring(door).warnings == ()
    assert door.zones["fleeting"] == zone(interfaces=("eth0",), permanent=None)


def test_an_interface_in_no_zone_is_in_the_default_one():
    view = View("public", {"public": zone(), "internal": zone(interfaces=("eth0",))})
    assert zones_met(view, ("eth0", "vrrp.51")) == ["internal", "public"]


def test_what_the_offline_tool_lists():
    listing = (
        "block\n  target: %%REJECT%%\n  icmp-block-inversion: no\n  interfaces: \n  sources: \n  rich rules: \n\n"
        "public (default)\n  target: default\n  interfaces: eth0 eth1\n  sources: 10.0.0.0/8\n  services: ssh\n"
        '  rich rules: \n\trule protocol value="ah" accept\n\trule port port="1" protocol="tcp" accept\n'
    )
    rules = ['rule protocol value="ah" accept', 'rule port port="1" protocol="tcp" accept']
    assert zones_in(listing) == {
        "block": zone("%%REJECT%%", runtime=None),
        "public": zone("default", ("eth0", "eth1"), ("10.0.0.0/8",), None, rules),
    }


assert {RUNTIME, PERMANENT} <= set(Zone._fields)
