"""What a holder keeps on loopback while keepalived gives its VIPs up and takes them again; and who has no heir yet.

tests/kernel/test_growing_directors.py asks a real keepalived and a kernel with IPVS."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.keepalived_change import keepalived_change
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.order import host_state

OLD = {"name": "v", "virtual_ipaddress": [{"address": "10.0.0.9/24"}]}
OLD_SIX = {"name": "v-v6", "virtual_ipaddress": [{"address": "fd00::9/64"}]}
NEW = [
    {**OLD, "unicast_src_ip": "10.0.0.50", "unicast_peer": [{"address": "10.0.0.51"}]},
    {**OLD_SIX, "unicast_src_ip": "fd00::50", "unicast_peer": [{"address": "fd00::51"}]},
]


def unsucceeded(info, peers):
    return keepalived_change(info, [], peers)["without_successor"]


def here(state="MASTER", old=(OLD, OLD_SIX), **more):
    return {
        "active": True,
        "configuration": {"instances": list(old)},
        "instances": [{"name": each["name"], "state": state} for each in old],
        "vips": [
            {"address": entry["address"], "instance": each["name"], "held": state == "MASTER"}
            for each in old
            for entry in each["virtual_ipaddress"]
        ],
        "addresses": [],
        **more,
    }


def peer(active=True, instances=(), **more):
    return {"active": active, "instances": list(instances), "configuration": {}, **more}


BACKUP = [{"name": "v", "state": "BACKUP"}]


@pytest.mark.parametrize("peers", [[], [peer(active=False)], [peer()], [peer(active=False, instances=[])]])
def test_a_holder_alone_bridges_what_it_gives_up(peers):
    assert keepalived_change(here(), NEW, peers)["bridged"] == ["10.0.0.9/32", "fd00::9/128"]


@pytest.mark.parametrize(
    ("info", "desired", "peers", "directed"),
    [
        (here("BACKUP"), NEW, [], []),
        (here(), [OLD, OLD_SIX], [], []),  # nothing that the members must agree on
        (here(), NEW, [{"unreachable": True}], []),
        (here(old=[OLD]), NEW, [peer(instances=BACKUP)], []),
        (here(old=[OLD]), NEW, [], ["10.0.0.9"]),
        (here(old=[OLD], addresses=[{"address": "10.0.0.9/32", "interface": "lo"}]), NEW, [], []),
        ({}, NEW, [], []),
    ],
)
def test_what_another_could_take_or_is_not_given_up_is_not_bridged(info, desired, peers, directed):
    assert keepalived_change(info, desired, peers, directed=directed)["bridged"] == []


def test_what_the_file_directs_and_shall_direct_no_more_is_not_bridged():
    info = here(old=[OLD])
    info["configuration"]["virtual_servers"] = [{"address": "10.0.0.9", "port": 80}, {"fwmark": 1}]
    assert keepalived_change(info, NEW, [])["bridged"] == []


DAEMON = {"lvs_sync_daemon": {"interface": "eth0", "inst": "v", "id": 5}}
DIRECTED = ["10.0.0.9", "fd00::9"]


def director(state="MASTER", **more):
    info = here(state, **more)
    info["configuration"]["virtual_servers"] = [
        *({"address": each, "port": port} for each in DIRECTED for port in (80, 443)),
        {"fwmark": 1},
    ]
    return info


def test_what_is_directed_before_and_after_is_bridged_and_the_sync_daemon_comes_back_later():
    wanted = {"router_id": "h", **DAEMON}
    change = keepalived_change(director(), NEW, [peer()], directed=DIRECTED, global_defs=wanted)
    assert change["bridged"] == ["10.0.0.9/32", "fd00::9/128"]
    assert (change["synced_later"], change["first_global_defs"]) == (True, {"router_id": "h", "lvs_sync_daemon": {}})


def test_what_a_real_server_has_on_loopback_stays_there_and_the_sync_daemon_comes_back_later():
    there = [{"address": f"{each}/{bits}", "interface": "lo"} for each, bits in zip(DIRECTED, (32, 128))]
    change = keepalived_change(director(addresses=there), NEW, [], directed=DIRECTED, global_defs=DAEMON)
    assert (change["bridged"], change["synced_later"]) == ([], True)


def test_whether_the_sync_daemon_comes_later_is_the_same_before_and_after_the_peers_were_read():
    peers = [peer(instances=BACKUP), {"unreachable": True}]
    for known in ([], peers[:1], peers):
        assert keepalived_change(director(), NEW, known, directed=DIRECTED, global_defs=DAEMON)["synced_later"]


@pytest.mark.parametrize(
    ("info", "desired", "directed", "declared"),
    [
        (director(), [OLD, OLD_SIX], DIRECTED, DAEMON),  # nothing begins anew
        (director("BACKUP"), NEW, DIRECTED, DAEMON),
        (here(), NEW, DIRECTED, DAEMON),  # becomes a director
        (director(), NEW, [], DAEMON),  # is one no longer
        ({}, NEW, DIRECTED, DAEMON),
        # None is declared: one that was set up by hand is not ours to remove.
        (director(), NEW, DIRECTED, {"router_id": "h"}),
        (director(), NEW, DIRECTED, {"lvs_sync_daemon": {}}),
    ],
)
def test_otherwise_the_sync_daemon_is_loaded_at_once(info, desired, directed, declared):
    change = keepalived_change(info, desired, [], directed=directed, global_defs=declared)
    assert (change["synced_later"], change["first_global_defs"]) == (False, declared)


def test_what_a_host_had_alone_needs_no_heir_yet():
    alone = here(old=[OLD])
    assert unsucceeded(alone, [peer(active=False)]) == []
    assert unsucceeded(alone, [peer(), {"configuration": {}}]) == []
    # By multicast it had peers, or it had some that cannot be asked.
    assert unsucceeded(alone, [peer(active=False, configuration={"instances": [OLD]})]) == ["v"]
    assert unsucceeded(alone, [peer(instances=[{"name": "v", "state": "FAULT"}])]) == ["v"]
    assert unsucceeded(alone, [{"unreachable": True}]) == ["v"]
    assert unsucceeded(here(old=[NEW[0]]), [peer(active=False)]) == ["v"]
    assert unsucceeded(alone, []) == ["v"]


def test_what_a_host_is_to_have_alone_needs_no_successor_and_is_kept_on_loopback():
    one = {**NEW[0], "interface": "eth0"}
    left = {**OLD, "interface": "eth0", "exact": True}
    here_now, gone = here(old=[one]), peer(instances=[{"name": "other", "state": "BACKUP"}])
    change = keepalived_change(here_now, [left], [gone])
    assert (change["coordinated"], change["without_successor"]) == (["v"], [])
    assert change["bridged"] == ["10.0.0.9/32"]
    # Nobody is stopped for it.
    assert not host_state("h", (), {}, {**here_now, "loaded": True}, [left]).split
    # What is not exact keeps the peers that the file names.
    assert keepalived_change(here_now, [{**left, "exact": False}], [gone])["coordinated"] == []
    # A member that has not left yet is asked for.
    there = peer(instances=[{"name": "v", "state": "FAULT"}])
    assert keepalived_change(here_now, [left], [there])["without_successor"] == ["v"]


def test_an_instance_set_up_by_hand_that_gives_its_address_to_another_is_bridged_too():
    named = {**OLD, "name": "by-hand", "virtual_router_id": 47}
    assert keepalived_change(here(old=[named]), NEW, [peer()])["bridged"] == ["10.0.0.9/32"]
    assert keepalived_change(here("BACKUP", old=[named]), NEW, [peer()])["bridged"] == []
    assert keepalived_change(here(old=[named]), NEW, [])["coordinated"] == ["v"]
    assert keepalived_change(here(old=[named]), [{**named, "name": "v"}], [])["coordinated"] == []
