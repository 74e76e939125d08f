# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One virtual server: in our words and in keepalived's."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.virtual_server import plan_virtual_server
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.lvs import REAL_SERVER, VIRTUAL_SERVER
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.virtual_service import (
    REAL_SERVER_ARGUMENTS,
    VIRTUAL_SERVER_ARGUMENTS,
    in_keepalived_words,
)

SERVICE: dict[str, Any] = {
    "protocol": "tcp",
    "address": "10.77.0.120",
    "port": 80,
    "scheduler": "wlc",
    "forwarding_method": "dr",
    "real_servers": [{"address": "10.77.0.21", "port": 80, "weight": 1}, {"address": "10.77.0.22", "port": 80}],
}
WRITTEN = """\
virtual_server 10.77.0.120 80 {
    lb_algo wlc
    lb_kind DR
    protocol TCP
    real_server 10.77.0.21 80 {
        weight 1
    }
    real_server 10.77.0.22 80 {
    }
}
"""

FWMARK: dict[str, Any] = {
    "fwmark": 7,
    "family": "ipv6",
    "scheduler": "rr",
    "forwarding_method": "dr",
    "real_servers": [{"address": "fd00:77::21", "ping_check": [{}]}],
}


def planned(params: dict[str, Any], text: str = "") -> str:
    return plan_virtual_server(text, params).text


def refused(params: dict[str, Any], text: str = "") -> str:
    with pytest.raises(InputError) as error:
        planned(params, text)
    return str(error.value)


def test_it_is_written_and_then_nothing_is_left_to_do() -> None:
    assert planned(SERVICE) == WRITTEN
    assert planned(SERVICE, WRITTEN) == WRITTEN


def test_a_file_of_other_words_that_mean_the_same_stays_as_it_is() -> None:
    text = WRITTEN.replace("lb_algo", "lvs_sched").replace("lb_kind", "lvs_method").replace("TCP", "tcp  # as it was")
    assert planned(SERVICE, text) == text


def test_other_protocols_of_the_address_are_other_services() -> None:
    both = planned({**SERVICE, "protocol": "udp"}, WRITTEN)
    assert both.startswith(WRITTEN) and both.count("virtual_server 10.77.0.120 80 {") == 2
    assert planned({**SERVICE, "protocol": "udp"}, both) == both
    gone = planned({"protocol": "udp", "address": "10.77.0.120", "port": 80, "state": "absent"}, both)
    assert gone.strip() == WRITTEN.strip()
    assert planned({"protocol": "sctp", "address": "10.77.0.120", "port": 80, "state": "absent"}, both) == both


def marked(server: str, said: str = "", scheduler: str = "rr") -> str:
    family = f"    ip_family {said}\n" if said else ""
    inner = f"{family}    lb_algo {scheduler}\n    lb_kind NAT\n    real_server {server} 80 {{\n    }}\n"
    return f"virtual_server fwmark 7 {{\n{inner}}}\n"


@pytest.mark.parametrize("said", ["", "inet6"])
def test_a_firewall_mark_of_the_other_family_is_another_service(said: str) -> None:
    four, six = marked("10.0.0.12"), marked("fd00::12", said)
    for family, text in (
        ("ipv6", four + marked("fd00::12", said, "wrr")),
        ("ipv4", marked("10.0.0.12", "", "wrr") + six),
    ):
        changed = {"fwmark": 7, "family": family, "scheduler": "wrr"}
        if said:  # else nothing but their servers tells the blocks apart, and which one is meant is asked for
            assert planned(changed, four + six) == text
            assert planned(changed, text) == text
        else:
            assert "Write ip_family into one by hand first." in refused(changed, four + six)
    if said:
        assert planned({"fwmark": 7, "family": "ipv6", "state": "absent"}, four + six) == four
    assert planned({"fwmark": 7, "family": "ipv6", "state": "absent"}, four) == four
    new = {"fwmark": 7, "family": "ipv6", "scheduler": "rr", "forwarding_method": "nat"}
    new["real_servers"] = [{"address": "fd00::12", "port": 80}]
    assert planned(new, four) == four + "\n" + marked("fd00::12", "inet6")
    assert "family: is missing: the file has this firewall mark for both" in refused(
        {"fwmark": 7, "scheduler": "wrr"}, four + six
    )


def test_real_servers_stay_unless_they_are_purged() -> None:
    one = {**SERVICE, "real_servers": [{"address": "10.77.0.22", "port": 80, "weight": 0}]}
    kept = planned(one, WRITTEN)
    assert "real_server 10.77.0.21 80 {\n        weight 1" in kept and "weight 0" in kept
    purged = planned({**one, "purge_real_servers": True}, WRITTEN)
    assert "10.77.0.21" not in purged and "weight 0" in purged


def test_what_is_left_out_or_said_otherwise_means_the_same() -> None:
    bare = {**SERVICE, "real_servers": [{"address": "10.77.0.21", "weight": 1}, {"address": "10.77.0.22"}]}
    assert planned(bare, WRITTEN) == WRITTEN
    persistent = {**SERVICE, "persistence_timeout": 60}
    as_length = planned({**persistent, "persistence_netmask": "24"})
    assert as_length == planned({**persistent, "persistence_netmask": "255.255.255.0"})
    six = {**FWMARK, "persistence_timeout": 60, "persistence_netmask": "24"}
    assert "persistence_granularity 24\n" in planned(six)


def test_every_option_of_keepalived_has_a_word() -> None:
    said = set(in_keepalived_words({name: _any(spec) for name, spec in VIRTUAL_SERVER_ARGUMENTS.items()}))
    assert set(VIRTUAL_SERVER.arguments()) - said == {"hashed", "real_servers"}
    server = {name: _any(spec) for name, spec in REAL_SERVER_ARGUMENTS.items()}
    [entry] = in_keepalived_words({"real_servers": [server]})["real_servers"]
    assert set(REAL_SERVER.arguments()) - set(entry) == set()


def _any(spec: dict[str, Any]) -> Any:
    if "choices" in spec:
        return [spec["choices"][0]] if spec["type"] == "list" else spec["choices"][0]
    return {"str": "x", "int": 1, "float": 1.0, "bool": True, "list": [{}], "dict": {}}[spec["type"]]


@pytest.mark.parametrize(
    "change, words",
    [
        ({"protocol": None}, "protocol: is missing. Give tcp, udp or sctp."),
        ({"port": None}, "port: is missing."),
        ({"address": None}, "address: is missing. Give address and port, or fwmark, or group."),
        ({"scheduler": None}, "scheduler: is missing, and keepalived would take wlc"),
        ({"forwarding_method": None}, "forwarding_method: is missing, and keepalived would take NAT"),
        ({"flags": ["sh-port"]}, "is ignored by keepalived with the scheduler wlc"),
        ({"flags": ["ops"]}, "is reset by keepalived: it needs UDP"),
        ({"persistence_netmask": "255.255.255.0"}, "although no persistence_timeout is given"),
        ({"persistence_engine": "sip", "persistence_timeout": 9}, "persistence_engine: 'sip' supports UDP only"),
        ({"persistence_engine": "sip", "protocol": "udp"}, "is ignored by the kernel where the service is not"),
        (
            {"real_servers": [{"address": "10.77.0.21", "port": 8080}]},
            "DR keeps ports. Give the same port, or use NAT.",
        ),
        ({"real_servers": [{"address": "fd00::1", "port": 80}]}, "is not of the virtual server's family"),
        (
            {"real_servers": [{"address": "10.77.0.21", "weight": 70000}]},
            "real_servers[0].weight: 70000 is not between",
        ),
        (
            {"real_servers": [{"address": "10.77.0.21", "port": 80, "upper_threshold": 5, "lower_threshold": 9}]},
            "lower_threshold: 9 is above upper_threshold 5",
        ),
        ({"real_servers": [{"address": "10.77.0.21", "tunnel_type": "gre"}]}, "goes with forwarding_method tun only"),
        ({"forwarding_method": "tun", "tunnel_type": "gue"}, "gue has no port of its own"),
        ({"forwarding_method": "tun", "tunnel_type": "gre", "tunnel_port": 1}, "goes with gue only"),
        ({"address": "224.0.0.1"}, "keepalived would silently accept it"),
        ({"group": "a;b"}, "group"),
    ],
)
def test_what_keepalived_would_change_is_refused_in_our_words(change: dict[str, Any], words: str) -> None:
    assert words in refused({**SERVICE, **change})
