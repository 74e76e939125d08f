# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a host has settled while its peers run what they ran: roles that change, addresses that are not held."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.edge_hosts import edge_hosts
from ansible_collections.k8s_edge.ha.plugins.filter.keepalived_verdict import keepalived_verdict
from derived import keepalived_instances

VIP = "10.77.0.100/24"


def runs(state, priority, held=None, active=True, **written):
    """What keepalived_info says of a host that runs the instance with this priority."""
    held = state == "MASTER" if held is None else held
    return {
        "active": active,
        "loaded": True,
        "configuration": {"instances": [{"name": "kubeapi", **written}]},
        "instances": [{"name": "kubeapi", "state": state, "priority": 200, "effective_priority": priority}],
        "vips": [{"address": VIP, "instance": "kubeapi", "held": held}],
    }


UNREACHABLE = {"unreachable": True, "item": "haproxy-1"}


@pytest.mark.parametrize(
    ("here", "peers", "verdict"),
    [
        # The peer still has the old priority: whoever holds the VIP keeps it.
        (runs("BACKUP", 200), [runs("MASTER", 200)], "settled"),
        (runs("BACKUP", 200), [runs("MASTER", 210)], "settled"),
        (runs("MASTER", 200), [runs("BACKUP", 200)], "settled"),
        # The former leader, whom the peer outbids now.
        (runs("MASTER", 190), [runs("BACKUP", 200)], "yielding"),
        (runs("BACKUP", 190), [runs("BACKUP", 200)], "settled"),
        (runs("MASTER", 190), [runs("BACKUP", 200, nopreempt=True)], "settled"),
        (runs("MASTER", 190), [runs("BACKUP", 200, preempt_delay=300)], "settled"),
        (runs("MASTER", 190), [runs("FAULT", 200)], "settled"),
        (runs("MASTER", 190), [runs("BACKUP", 150), runs("BACKUP", 200)], "yielding"),
        # Nobody is above: it takes the VIP.
        (runs("BACKUP", 200), [runs("MASTER", 190)], "waiting"),
        (runs("BACKUP", 200), [runs("MASTER", 200, active=False)], "waiting"),
        (runs("BACKUP", 200), [runs("FAULT", 220)], "waiting"),
        (runs("BACKUP", 200), [UNREACHABLE], "waiting"),
        (runs("BACKUP", 200), [], "waiting"),
        (runs("BACKUP", 50), [runs("MASTER", 40)], "waiting"),
        # A check has lowered it, or the peer.
        (runs("BACKUP", 179), [runs("MASTER", 190)], "settled"),
        (runs("BACKUP", 190), [runs("MASTER", 179)], "waiting"),
        # MASTER, and the kernel has not its address.
        (runs("MASTER", 200, held=False), [runs("BACKUP", 190)], "waiting"),
        (runs("MASTER", 190, held=False), [runs("BACKUP", 200)], "waiting"),
    ],
)
def test_who_leads_follows_from_the_priorities_that_run(lab, here, peers, verdict):
    for vip in (lab.kubeapi, {**lab.kubeapi, "holder": "haproxy-2"}):
        instances = keepalived_instances([vip], "haproxy-1", lab.groups(), lab.hostvars([vip]))
        assert keepalived_verdict(here, instances, peers) == verdict


def test_a_peer_may_still_have_another_name_for_the_instance(lab):
    vips = [{**lab.kubeapi, "name": "renamed"}]
    here, peer = runs("BACKUP", 190), runs("MASTER", 200)
    here["instances"][0].update(name="renamed", virtual_router_id=100, addresses=[VIP])
    arguments = (here, keepalived_instances(vips, "haproxy-2", lab.groups(), lab.hostvars(vips)), [peer])
    assert keepalived_verdict(*arguments) == "waiting"
    peer["instances"][0].update(virtual_router_id=100, addresses=["10.77.0.109/24"])
    assert keepalived_verdict(*arguments) == "waiting"
    peer["instances"][0].update(addresses=[VIP])
    assert keepalived_verdict(*arguments) == "settled"


def test_a_new_instance_of_a_sync_group_waits_for_the_others_of_its_group(lab):
    """Keepalived lets none of a group lead unless all can: the peer that is changed first stays BACKUP in a new one."""
    vips = [lab.kubeapi, {**lab.kubeapi, "name": "second", "addresses": ["10.77.0.101/24"]}]
    here = runs("BACKUP", 190)
    here["instances"].append({**here["instances"][0], "name": "second"})
    instances = keepalived_instances(vips, "haproxy-2", lab.groups(), lab.hostvars(vips))
    arguments = (instances, [runs("MASTER", 200)])
    assert keepalived_verdict(here, *arguments) == "waiting"
    here["configuration"]["sync_groups"] = [{"name": "director", "group": ["kubeapi", "second"]}]
    assert keepalived_verdict(here, *arguments) == "settled"


@pytest.mark.parametrize("hesitation", [{"nopreempt": True}, {"preempt_delay": 60}])
def test_a_host_that_may_not_take_the_vip_back_at_once_may_stay_backup(lab, hesitation):
    vips = [{**lab.kubeapi, "instance": hesitation}]
    instances = keepalived_instances(vips, "haproxy-1", lab.groups(), lab.hostvars(vips))
    assert keepalived_verdict(runs("BACKUP", 200), instances, [runs("MASTER", 190)]) == "settled"


def test_all_addresses_of_an_instance_must_be_held_and_only_its_own(lab):
    here = runs("MASTER", 200)
    here["vips"].append({"address": "10.77.0.109/24", "instance": "by-hand", "held": False})
    arguments = (keepalived_instances([lab.kubeapi], "haproxy-1", lab.groups(), lab.hostvars()), [])
    assert keepalived_verdict(here, *arguments) == "settled"
    here["vips"].append({"address": "10.77.0.110/24", "instance": "kubeapi", "held": False})
    assert keepalived_verdict(here, *arguments) == "waiting"


@pytest.mark.parametrize(
    ("change", "order"),
    [
        ({}, ["haproxy-2", "haproxy-3", "haproxy-1"]),
        ({"holder": "haproxy-3"}, ["haproxy-3", "haproxy-2", "haproxy-1"]),
        (
            {"priorities": {"haproxy-1": 10, "haproxy-2": 230, "haproxy-3": 240}},
            ["haproxy-3", "haproxy-2", "haproxy-1"],
        ),
    ],
)
def test_who_shall_lead_is_changed_first_and_who_holds_last_so_that_the_vip_moves_once(lab, change, order):
    groups, hostvars = lab.groups(3), lab.hostvars([{**lab.kubeapi, **change}], 3)
    for number, host in enumerate(groups["haproxy"], 1):
        written = keepalived_instances([lab.kubeapi], host, groups, lab.hostvars(edges=3))
        hostvars[host]["k8s_edge_before"] = {"active": True, "loaded": True, "configuration": {"instances": written}}
        held = (VIP,) if number == 1 else ()
        hostvars[host].update(lab.host(lab.interface("eth0", f"10.77.0.1{number}/24", secondaries=held)))
    assert edge_hosts(groups, hostvars, "in_order") == order
