# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived would take back, and mostly without a word, is refused."""

from __future__ import annotations

import os
from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.checker import regex_problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config

LINK = next((one for one in sorted(os.listdir("/sys/class/net")) if one.startswith(("e", "w", "br"))), "")

VIP = {"address": "192.0.2.100/24"}
BASE: dict[str, Any] = {
    "name": "A",
    "initial_state": "BACKUP",
    "interface": LINK or "eth0",
    "virtual_router_id": 51,
    "priority": 100,
    "advert_int": 1,
    "virtual_ipaddress": [VIP],
}
PEERS = {"unicast_peer": [{"address": "192.0.2.3"}], "unicast_src_ip": "192.0.2.2"}
# Not /bin: where that is a link, keepalived 2.3.3 and later call what lies below it insecure, and say nothing else.
SCRIPT = {"scripts": [{"name": "s", "script": "/usr/bin/true", "weight": "-20"}]}
GROUP = {"track_groups": [{"name": "g", "group": ["A"]}]}


def balanced(*servers: dict[str, Any], **options: Any) -> dict[str, Any]:
    service = {"address": "192.0.2.9", "port": 80, "protocol": "TCP", "lb_algo": "rr", "lb_kind": "NAT", **options}
    service["real_servers"] = list(servers) or [{"address": "192.0.2.21", "port": 80}]
    return {"virtual_servers": [{key: value for key, value in service.items() if value is not None}]}


def checked(**checkers: Any) -> dict[str, Any]:
    return balanced({"address": "192.0.2.21", "port": 80, **checkers})


def asked(**url: Any) -> dict[str, Any]:
    return checked(http_get=[{"url": [{"path": "/", **url}]}])


def an(**options: Any) -> dict[str, Any]:
    return {"instances": [{key: value for key, value in dict(BASE, **options).items() if value is not None}]}


#: The refusal's words, and the daemon's; an empty text where it says nothing.
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a MASTER without a priority": ("would take 255", "", an(initial_state="MASTER", priority=None)),
    "a source check without a source": ("source address", "", an(track_src_ip=True)),
    "a peer check without peers": ("check_unicast_src: True means multicast", "Default", an(check_unicast_src=True)),
    "an old checksum without peers": ("old_unicast_checksum", "Default", an(old_unicast_checksum={"never": True})),
    "a group that is none": ("mcast_dst_ip", "not multicast", an(mcast_dst_ip="10.0.0.1")),
    "a peer that is everybody": ("multicast", "", an(**dict(PEERS, unicast_peer=[{"address": "224.0.0.18"}]))),
    "a peer that is the VIP": ("is a virtual", "", an(**dict(PEERS, unicast_peer=[{"address": "192.0.2.100"}]))),
    "a source that is the VIP": ("is a virtual", "", an(**dict(PEERS, unicast_src_ip="192.0.2.100"))),
    "a multicast MAC": ("use_vmac.address", "multicast", an(use_vmac={"address": "01:00:5e:00:00:01"})),
    "a MAC of VRRP": ("use_vmac.address", "RFC5798", an(use_vmac={"address": "00:00:5e:00:01:07"})),
    "a VMAC and unicast": ("vmac_xmit_base", "requires vmac_xmit_base", an(use_vmac={}, **PEERS)),
    "a strict preempt_delay": ("strict_mode", "incompatible", an(strict_mode=True, preempt_delay=5)),
    "strict peers": ("strict_mode", "", an(strict_mode=True, **PEERS)),
    "a strict answer": ("strict_mode", "Strict mode requires", an(strict_mode=True, lower_prio_no_advert=False)),
    "an owner that tracks": (
        "weight -20, which keepalived ignores where the priority",
        "ignoring",
        dict(SCRIPT, **an(priority=255, track_script=[{"name": "s"}])),
    ),
    "a weight in a sync group": (
        "weight 5, which keepalived ignores in a sync group",
        "ignoring",
        dict(
            SCRIPT,
            sync_groups=[{"name": "G", "group": ["A"]}],
            **an(track_script=[{"name": "s", "weight": 5}]),
        ),
    ),
    "a quorum above the most": (
        "quorum_max",
        "quorum",
        {"track_processes": [{"name": "p", "process": "x", "quorum": 3, "quorum_max": 2}]},
    ),
    "a file that begins too high": (
        "between -254 and 254",
        "sensible range",
        {"track_files": [{"name": "f", "file": "/run/k8s_edge", "init_file": {"value": 300}}]},
    ),
    "a mask in decimal": ("in quotes", "", {"global_defs": {"umask": "77"}}),
    "a mask with half a word": ("in quotes", "missing", {"global_defs": {"umask": "IRUSR|"}}),
    "no time to connect": ("between 1", "setting to 1", {"global_defs": {"smtp_connect_timeout": 0}}),
    "one pipe for two": (
        "is the same as notify_fifo",
        "",
        {"global_defs": {"notify_fifo": "/run/k8s_edge", "vrrp_notify_fifo": "/run/k8s_edge"}},
    ),
    "a reader without a pipe": ("is never run", "", {"global_defs": {"lvs_notify_fifo_script": "/bin/true"}}),
    "a group of one host": ("multicast", "not multicast", {"global_defs": {"vrrp_mcast_group4": "10.0.0.1"}}),
    "a sync daemon of nobody": (
        "inst: 'Z' is not an instance",
        "",
        {"global_defs": {"lvs_sync_daemon": {"interface": LINK or "eth0", "inst": "Z"}}},
    ),
    # static addresses, routes, rules; GARP groups; delays
    "a tracked address that is not": (
        "it is not tracked",
        "",
        dict(GROUP, static_ipaddress=[dict(VIP, dev="lo", track_group="g", no_track=True)], **an()),
    ),
    "a route of an unknown group": (
        "track_group: 'h' is not defined",
        "h not found",
        dict(GROUP, static_routes=[f"10.1.0.0/16 dev {LINK} track_group h"], **an()),
    ),
    "an address on no interface": ("eth0", "", {"static_ipaddress": [VIP]}),
    "a static IPv6 label": (
        "label",
        "label",
        {"static_ipaddress": [{"address": "fd00::1/64", "dev": "lo", "label": "x"}]},
    ),
    "a static address without a prefix": ("prefix", "", {"static_ipaddress": [{"address": "192.0.2.1", "dev": "lo"}]}),
    "a group of nobody": ("group", "", {"track_groups": [{"name": "g"}]}),
    "a group of an unknown instance": (
        "not an instance",
        "",
        {"track_groups": [{"name": "g", "group": ["Z"]}], **an()},
    ),
    "a GARP group without an interval": ("garp_interval", "any delay", {"garp_groups": [{"interfaces": ["lo"]}]}),
    "a GARP group about nothing": ("tracks nothing", "", {"garp_groups": [{"garp_interval": 0.1}]}),
    "two GARP groups for one": (
        "two groups",
        "already",
        {"garp_groups": [{"interface": "lo", "garp_interval": 1}, {"interfaces": [LINK, "lo"], "garp_interval": 1}]},
    ),
    "patience that is too long": (
        "not less than 2 adverts",
        "",
        {"interface_up_down_delays": [{"name": LINK, "down_delay": 0, "up_delay": 2}], **an()},
    ),
    # virtual servers and their checkers
    "a mask with one number": ("netmask", "", balanced(persistence_timeout=9, persistence_granularity="24")),
    "a mask with zeros before ones": (
        "zeros before ones",
        "",
        balanced(persistence_timeout=9, persistence_granularity="255.0.255.0"),
    ),
    "a mask without ones": ("has no ones", "", balanced(persistence_timeout=9, persistence_granularity="0.0.0.0")),
    "a mask without a time": ("360 s", "", balanced(persistence_granularity="255.255.255.0")),
    "a quorum above all weights": ("weight of all servers", "reducing quorum", balanced(quorum=2)),
    "a threshold without a ceiling": ("kernel", "", balanced({"address": "192.0.2.21", "port": 80, "lthreshold": 5})),
    "a threshold that newer kernels refuse": (
        "not between 0 and 2147483647",
        "",
        balanced({"address": "192.0.2.21", "port": 80, "uthreshold": 2**31}),
    ),
    "a service on a group": ("address: '224.0.0.1' is a multicast", "", balanced(address="224.0.0.1")),
    "a service on nothing": ("no host's", "", balanced(address="0.0.0.0")),
    "a local service of far servers": ("packets from there do not reach 192.0.2.21", "", balanced(address="127.0.0.1")),
    "a server that is everybody": ("address of one server", "", balanced({"address": "224.0.0.5", "port": 80})),
    "a group that is not there": ("group: 'g' is not defined", "", balanced(address=None, port=None, group="g")),
    "a mark that rests": (
        "ha_suspend",
        "clearing",
        balanced({"address": "192.0.2.21"}, address=None, port=None, protocol=None, fwmark=3, ha_suspend=True),
    ),
    "a mark and a port": (
        "keeps ports",
        "clearing",
        balanced(address=None, port=None, protocol=None, fwmark=3, lb_kind="DR"),
    ),
    "a sorry server of the other family": ("family", "family", balanced(sorry_server={"address": "fd00::1"})),
    "a tunnel with sums": ("lb_kind", "do not support", balanced(lb_kind="TUN type ipip csum")),
    "a page without a slash": ("does not begin with a slash", "", asked(path="ping")),
    "an open group": ("( that is not closed", "", asked(regex="(ok")),
    "a repetition of nothing": ("repetition of nothing", "", asked(regex="*ok")),
    "an option of no expression": ("not an option of a regular", "", asked(regex="ok", regex_options="caselss")),
    "options without an expression": ("there is no regex", "", asked(regex_options="caseless")),
    "offsets the wrong way": ("regex_max_offset", "", asked(regex="ok", regex_min_offset=9, regex_max_offset=3)),
    "a stack upside down": ("begins above its end", "", asked(regex="ok", regex_stack="9000 100")),
    "a label of 64 characters": ("1 to 63", "", checked(dns_check=[{"name": "a" * 64 + ".org"}])),
    "half an octet": ("payload", "", checked(udp_check=[{"payload": "012"}])),
    "an answer that cannot be": ("always fails", "always fail", checked(udp_check=[{"min_reply_length": 300}])),
    "a check of no program": ("misc_path", "No script", checked(misc_check=[{"misc_timeout": 3}])),
    "a check of an unknown file": ("track_file: 'f' is not", "not found", checked(file_check=[{"track_file": "f"}])),
    "a check of an unknown neighbor": (
        "name: 'b' is not defined",
        "not configured",
        checked(bfd_check=[{"name": "b"}]),
    ),
    "a check between families": (
        "of the family of connect_ip",
        "does not match",
        checked(tcp_check=[{"connect_ip": "10.0.0.1", "bindto": "fd00::1"}]),
    ),
    "patience without an end": ("up_delay", "", {"interface_up_down_delays": [{"name": LINK, "down_delay": 0.5}]}),
}


def refusal(desired: dict[str, Any]) -> str:
    with pytest.raises(InputError) as refused:
        plan_config("", desired)
    return str(refused.value)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.replace(" ", "_"))
def test_it_is_refused(case: str) -> None:
    words, _daemon, desired = CASES[case]
    assert words in refusal(desired)


def test_what_an_instance_leaves_to_an_include_is_not_called_missing() -> None:
    text = "vrrp_instance A {\n    include rest.conf\n    @high priority 100\n    virtual_router_id $ID\n}\n"
    refused = refusal_of(text, {"instances": [{"name": "A", "initial_state": "MASTER", "interface": "eth0"}]})
    assert "include" in refused
    assert "is missing" not in refused
    text = text.replace("    include rest.conf\n", "    virtual_ipaddress {\n        192.0.2.1/24\n    }\n")
    changed = plan_config(text, {"instances": [{"name": "A", "initial_state": "MASTER", "interface": "eth0"}]})
    assert "state MASTER" in changed.text


def refusal_of(text: str, desired: dict[str, Any]) -> str:
    with pytest.raises(InputError) as refused:
        plan_config(text, desired)
    return str(refused.value)


def test_a_local_service_of_local_servers_is_legitimate() -> None:
    local = balanced({"address": "127.0.0.2", "port": 8080}, address="127.0.0.1")
    assert "virtual_server 127.0.0.1 80" in plan_config("", local).text


#: Patterns, and whether they are sound.
PATTERNS = {
    **dict.fromkeys(
        ("((", "*a", "a**", "[a", "(?<x", "^ok$)", "a{3,2}", "a+*", "a{2}{3}", "(*)", "a|*", "a???"), False
    ),
    **dict.fromkeys(("^(ok|fi ne)$", "[]a]", "[^]]", "[[:alpha:]]+", "a*+", "a*?", "(?i)x", "(*UTF)a", "()"), True),
    **dict.fromkeys(("a{2", "a{2,}", "a{,3}", "[a-z]{1,3}?", "(|a)", "(?=a)b", "(?>a)", "a]", "(?#x)"), True),
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_is_judged_as_pcre_does(pattern: str) -> None:
    assert (regex_problem(pattern) == "") == PATTERNS[pattern]


def test_a_service_is_looked_at_again_where_what_it_names_goes() -> None:
    group = {"virtual_server_groups": [{"name": "g", "members": ["192.0.2.9 80"]}]}
    text = plan_config("", {**group, **balanced(address=None, port=None, group="g")}).text
    assert "group: 'g' is not defined" in refusal_of(text, {"virtual_server_groups": [], "purge": True})
