# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived would take back, and mostly without a word: each case is refused, and the real daemon is asked what
it would have said about it. Where it says nothing, nothing but the refusal stands between a user and the surprise."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived import changes
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.configuration import plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._ports import Ports

HERE = shutil.which("keepalived", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is not None
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
SCRIPT = {"scripts": [{"name": "s", "script": "/bin/true", "weight": "-20"}]}
GROUP = {"track_groups": [{"name": "g", "group": ["A"]}]}


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
    "a group of a stranger": ("no instance", "", {"track_groups": [{"name": "g", "group": ["Z"]}], **an()}),
    "a GARP group without an interval": ("garp_interval", "any delay", {"garp_groups": [{"interfaces": ["lo"]}]}),
    "a GARP group about nothing": ("about nothing", "", {"garp_groups": [{"garp_interval": 0.1}]}),
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


@pytest.mark.skipif(not HERE or os.geteuid() != 0, reason="needs keepalived, and root for its test mode")
@pytest.mark.skipif(not LINK, reason="no Ethernet interface here to run VRRP on")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.replace(" ", "_"))
def test_what_the_daemon_would_have_said(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _words, daemon, desired = CASES[case]
    for name in ("changes.new_faults", "planner.refuse"):
        monkeypatch.setattr(f"{changes.__name__.rpartition('.')[0]}.{name}", lambda *found: [])
    path = tmp_path / "keepalived.conf"
    path.write_text(plan_config("", desired).text)
    program = Ports().which("keepalived")
    assert program is not None
    said = Ports().run([program, "-t", "-f", str(path)], timeout=20, ignore_sigterm=True)
    assert daemon in said.stderr
    assert bool(said.stderr.strip()) == bool(daemon), said.stderr


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
