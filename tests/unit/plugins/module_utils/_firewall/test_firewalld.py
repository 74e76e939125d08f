# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doors to firewalld: what is asked over D-Bus, and of the offline tool, and of a firewalld that ails."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.dbus import DBusError
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.firewalld import Running, Stopped, binds
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.zones import PERMANENT, RUNTIME, Turn, View, Zone
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System

ROOT = "/org/fedoraproject/FirewallD1"


class Bus:
    """firewalld's side of the bus: zones with a rule each, two of them active, one of these by its sources."""

    def __init__(self, **answers):
        self.answers = {"Get": "RUNNING", "queryPanicMode": False, "getDefaultZone": "public", **answers}
        self.calls = []
        #: What else zones are for good.
        self.for_good = {"later": {"interfaces": ["eth0"]}, "trusted": {"target": "ACCEPT"}}

    def call(self, name, path, method, _signature="", *values):
        assert name == "org.fedoraproject.FirewallD1"
        member = method.rpartition(".")[2]
        self.calls.append((path, member, values))
        if member in self.answers:
            return self.answers[member]
        if member == "getActiveZones":
            return {"dmz": {"interfaces": ["eth0"]}, "internal": {"sources": ["10.0.0.0/8"]}}
        if member == "getZoneByName":
            if values[0] in ("gone", "fleeting"):
                raise DBusError("org.fedoraproject.FirewallD1.Exception", f"INVALID_ZONE: {values[0]}")
            return f"{ROOT}/config/zone/{values[0]}"
        if member == "getZoneSettings2":
            if values[0] in ("gone", "later"):
                raise DBusError("org.fedoraproject.FirewallD1.Exception", f"INVALID_ZONE: {values[0]}")
            return {"target": "ACCEPT" if values[0] == "trusted" else "default", "rules_str": [f"{values[0]} runs"]}
        if member == "getSettings2":
            name = path.rpartition("/")[2]
            return {"target": "default", "rules_str": [f"{name} for good"], **self.for_good.get(name, {})}
        return None


def zone(name, interfaces=(), sources=(), runs=True, target="default"):
    for_good = frozenset([f"{name} for good"])
    return Zone(target, interfaces, sources, frozenset([f"{name} runs"]) if runs else None, for_good)


def test_the_zones_of_the_interfaces_those_of_sources_and_those_that_have_something_of_ours(tmp_path):
    view = Running(Bus(), str(tmp_path / "none")).view(("eth0", "vrrp.51"), {"work", "gone"})
    assert view == View(
        "public",
        {
            "dmz": zone("dmz", interfaces=("eth0",)),
            "internal": zone("internal", sources=("10.0.0.0/8",)),
            "public": zone("public", interfaces=("vrrp.51",)),
            "work": zone("work"),
        },
    )


def test_the_zone_that_a_reload_would_bring_an_interface_to(tmp_path):
    (tmp_path / "later.xml").write_text('<zone><interface name="eth0"/></zone>')
    (tmp_path / "work.xml").write_text('<zone><interface name="eth1"/></zone>')
    (tmp_path / "work.xml.old").write_text('<zone><interface name="eth0"/></zone>')
    view = Running(Bus(), str(tmp_path)).view(("eth0",), ())
    assert view.zones["later"] == zone("later", interfaces=("eth0",), runs=False)
    assert set(view.zones) == {"dmz", "internal", "later"}


def test_a_zone_that_a_reload_would_take_away(tmp_path):
    bus = Bus(getActiveZones={"fleeting": {"interfaces": ["eth0"]}})
    view = Running(bus, str(tmp_path)).view(("eth0",), ())
    assert view.zones == {"fleeting": Zone("default", ("eth0",), (), frozenset(["fleeting runs"]), None)}


def test_a_zone_that_lets_everything_in_now_alone_is_not_one_that_does(tmp_path):
    bus = Bus(getDefaultZone="trusted")
    assert Running(bus, str(tmp_path)).view(("eth9",), ()).zones["trusted"].target == "ACCEPT"
    bus.for_good = {}
    assert Running(bus, str(tmp_path)).view(("eth9",), ()).zones["trusted"].target == "default"


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ('<zone><interface name="eth0"/></zone>', True),
        ("<zone><interface name='eth0' /></zone>", True),
        ('<zone><interface name="eth01"/></zone>', False),
        ('<zone><source address="10.0.0.0/8"/></zone>', True),
        ('<zone><source ipset="peers"/></zone>', True),
        (
            '<zone><rule family="ipv4"><source address="10.0.0.0/8"/><accept/></rule>\n<source-port port="1"/></zone>',
            False,
        ),
    ],
)
def test_what_a_zones_file_binds(text, bound):
    assert binds(text, ["eth0"]) is bound


@pytest.mark.parametrize(
    ("turn", "call"),
    [
        (Turn(RUNTIME, "dmz", "rule", True), (ROOT, "addRichRule", ("dmz", "rule", 0))),
        (Turn(RUNTIME, "dmz", "rule", False), (ROOT, "removeRichRule", ("dmz", "rule"))),
        (Turn(PERMANENT, "dmz", "rule", True), (f"{ROOT}/config/zone/dmz", "addRichRule", ("rule",))),
        (Turn(PERMANENT, "dmz", "rule", False), (f"{ROOT}/config/zone/dmz", "removeRichRule", ("rule",))),
    ],
)
def test_a_turn_is_one_call(turn, call):
    bus = Bus()
    Running(bus).turn(turn)
    assert bus.calls[-1] == call


@pytest.mark.parametrize(
    ("answers", "said"),
    [({"Get": "FAILED"}, "its state is FAILED.*journalctl"), ({"queryPanicMode": True}, "panic mode.*--panic-off")],
)
def test_one_that_cannot_do_its_work_is_refused_with_the_remedy(answers, said):
    with pytest.raises(EdgeError, match=said):
        Running(Bus(**answers))


class Tool(System):
    def __init__(self, rc=0, there=True):
        self.rc = rc
        self.there = there
        self.argv = []

    def which(self, name):
        return name if self.there else None

    def run(self, argv, **_options):
        self.argv.append(argv)
        said = {
            "--get-default-zone": "public\n",
            "--list-all-zones": "public\n  target: default\n  rich rules: \n\tone\n",
        }
        return Completed(self.rc, said.get(argv[1], ""), "INVALID_ZONE", False)


def test_one_that_does_not_run_is_asked_by_its_files():
    tool = Tool()
    assert Stopped(tool).view((), ()) == View("public", {"public": Zone("default", (), (), None, frozenset(["one"]))})
    Stopped(tool).turn(Turn(PERMANENT, "public", "rule accept", True))
    Stopped(tool).turn(Turn(PERMANENT, "public", "rule accept", False))
    assert tool.argv[-2:] == [
        ["firewall-offline-cmd", "--zone=public", "--add-rich-rule=rule accept"],
        ["firewall-offline-cmd", "--zone=public", "--remove-rich-rule=rule accept"],
    ]


def test_what_the_offline_tool_cannot_do_is_said():
    with pytest.raises(EdgeError, match="could not --get-default-zone: INVALID_ZONE"):
        Stopped(Tool(rc=112)).view((), ())


def test_one_that_was_removed_has_no_zones():
    assert Stopped(Tool(there=False)).view((), ()) == View("", {})
