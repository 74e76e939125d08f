# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses on loopback: the plan on a host of the test's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._loopback.action import apply
from ansible_collections.k8s_edge.ha.plugins.module_utils._loopback.model import found_before, ours
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System
from hypothesis import given
from hypothesis import strategies as st

VIP, SIX, OTHER = "172.20.0.119/32", "fd00:20::119/128", "172.20.0.120/32"
ADDRESSES = st.lists(st.sampled_from([VIP, SIX, OTHER]), unique=True)


class Host(System):
    """A host whose loopback interface and systemd are kept in mind. ``fails`` is a word of a command that fails."""

    def __init__(self, root: Path, *there: str) -> None:
        self.root = root
        self.there = ["127.0.0.1/8", "::1/128", *there]
        self.fails = ""
        self.did: list[str] = []
        self.units = root / "etc/systemd/system"
        (self.units / "multi-user.target.wants").mkdir(parents=True, exist_ok=True)
        (root / "run/systemd/system").mkdir(parents=True, exist_ok=True)
        self.arp(1, 2)

    def arp(self, ignore: int, announce: int) -> None:
        for interface in ("all", "eth0", "lo"):
            directory = self.root / "proc/sys/net/ipv4/conf" / interface
            directory.mkdir(parents=True, exist_ok=True)
            (directory / "arp_ignore").write_text(f"{ignore if interface == 'all' else 0}\n")
            (directory / "arp_announce").write_text(f"{announce if interface == 'all' else 0}\n")

    def which(self, name: str) -> str | None:
        return f"/sbin/{name}"

    def run(self, argv: Any, **_options: Any) -> Completed:
        words = [os.path.basename(argv[0]), *argv[1:]]
        if words[1:3] == ["-o", "address"]:
            shown = [f"1: lo    inet{'6' if ':' in one else ''} {one} scope global lo" for one in self.there]
            return Completed(0, "\n".join(shown), "", False)
        self.did.append(" ".join(words))
        if self.fails and self.fails in words:
            return Completed(1, "", f"no {self.fails} today", False)
        link = self.units / "multi-user.target.wants" / words[-1]
        if words[:3] == ["ip", "address", "replace"] and words[3] not in self.there:
            self.there.append(words[3])
        elif words[:3] == ["ip", "address", "delete"]:
            self.there.remove(words[3])
        elif words[1] == "enable":
            link.symlink_to(self.units / words[-1])
        elif words[1] == "disable":
            link.unlink()
        return Completed(0, "", "", False)

    def bring(self, *addresses: str, state: str = "present", check_mode: bool = False) -> dict[str, Any]:
        params = {"name": "edge", "addresses": list(addresses), "state": state}
        return apply(params, self, check_mode, str(self.root))

    @property
    def unit(self) -> str:
        path = self.units / "k8s-edge-edge.service"
        return path.read_text() if path.exists() else ""


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_brought_again_and_taken_back(host: Host) -> None:
    begin = list(host.there)
    rehearsed = host.bring(VIP, SIX, check_mode=True)
    assert (host.there, host.unit) == (begin, "")
    done = host.bring(VIP, SIX)
    assert done["steps"] == rehearsed["steps"]
    assert done["steps"] == [
        f"{VIP} on lo",
        f"{SIX} on lo",
        f"{VIP} {SIX} at boot",
        "systemd reloaded its units",
        "the unit enabled",
    ]
    assert f"ExecStart=/sbin/ip address replace {VIP} dev lo\n" in host.unit
    assert f"ExecStart=/sbin/ip address replace {SIX} dev lo preferred_lft 0\n" in host.unit
    again = host.bring(VIP, SIX)
    assert (again["changed"], again["impact"]) == (False, "none")
    gone = host.bring(state="absent")
    assert gone["changed"] and host.there == begin and host.unit == ""
    assert not list((host.units / "multi-user.target.wants").iterdir())
    assert host.bring(state="absent")["changed"] is False


def test_arp_is_quiet_before_the_address_is_there(host: Host) -> None:
    for values in ((0, 2), (1, 1)):
        host.arp(*values)
        with pytest.raises(InputError, match="this host would answer ARP requests for the address"):
            host.bring(VIP)
        assert VIP not in host.there
        assert "on eth0" in host.bring(VIP, check_mode=True)["warnings"][0]
    assert host.bring(SIX)["changed"]


def test_what_was_there_before_stays(tmp_path: Path) -> None:
    host = Host(tmp_path, VIP)
    host.bring(VIP, OTHER)
    assert found_before(host.unit) == {VIP}
    host.bring(state="absent")
    assert VIP in host.there and OTHER not in host.there


def test_an_address_that_something_took_is_put_back(host: Host) -> None:
    host.bring(VIP)
    host.there.remove(VIP)
    assert host.bring(VIP)["steps"] == [f"{VIP} on lo"]


@pytest.mark.parametrize("fails", ["enable", "daemon-reload", "replace"])
def test_what_fails_half_way_is_undone(host: Host, fails: str) -> None:
    begin = list(host.there)
    host.fails = fails
    with pytest.raises(EdgeError, match=f"no {fails} today"):
        host.bring(VIP)
    host.fails = ""
    assert host.there == begin and host.unit == ""


@given(first=ADDRESSES, second=ADDRESSES, before=ADDRESSES)
def test_the_last_desired_state_counts_and_nothing_of_others_is_lost(
    tmp_path_factory: pytest.TempPathFactory, first: list[str], second: list[str], before: list[str]
) -> None:
    host = Host(tmp_path_factory.mktemp("lo"), *before)
    for desired in (first, second):
        host.bring(*desired)
        assert host.bring(*desired)["changed"] is False
        assert set(host.there) >= {*desired, *before} and set(ours(host.unit)) == set(desired)
    host.bring(state="absent")
    assert set(host.there) == {"127.0.0.1/8", "::1/128", *before}


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("172.20.0.119/17", "would make this host accept packets for a whole network. Write 172.20.0.119/32."),
        ("fd00::1/64", "Write fd00::1/128."),
        ("edge", "is not an IP address"),
        ("127.0.0.1", "on the loopback interface anyway"),
        ("::1", "on the loopback interface anyway"),
    ],
)
def test_what_is_refused(host: Host, address: str, words: str) -> None:
    with pytest.raises(InputError) as error:
        host.bring(address)
    assert words in str(error.value)


def test_a_name_that_is_no_units_name_is_refused(host: Host) -> None:
    with pytest.raises(InputError, match="cannot name a unit"):
        apply({"name": "../x", "addresses": [], "state": "present"}, host, False, str(host.root))
