# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VIPs that exchange addresses or virtual router IDs: refused before any host is touched."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from derived import keepalived_instances

from .conftest import edge_problems


def vips(one: dict[str, Any], two: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": "one", "hosts": "haproxy", **one}, {"name": "two", "hosts": "haproxy", **two}]


def told(lab: SimpleNamespace, before: list[dict[str, Any]], after: list[dict[str, Any]], active: bool = True) -> str:
    """What is said of a declaration where the hosts run an earlier one."""
    groups, earlier, variables = lab.groups(2), lab.hostvars(before), lab.hostvars(after)
    for host in ("haproxy-1", "haproxy-2"):
        written = keepalived_instances(before, host, groups, earlier)
        info = {"active": active, "loaded": True, "configuration": {"instances": written}, "instances": []}
        variables[host].update(k8s_edge_before=info, k8s_edge_read=True)
    return " ".join(edge_problems(groups, variables, read=True))


A, B, C = ({"addresses": [f"10.77.0.{number}/24"]} for number in (100, 101, 102))


def numbered(vip: dict[str, Any], number: int) -> dict[str, Any]:
    return {**vip, "virtual_router_id": number}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (vips(numbered(A, 51), numbered(B, 52)), vips(numbered(A, 52), numbered(B, 51))),
        (vips(numbered(A, 51), numbered(B, 52)), vips(numbered(B, 51), numbered(A, 52))),
    ],
)
def test_a_trade_is_refused_once_with_what_to_do(lab: SimpleNamespace, before: Any, after: Any) -> None:
    said = told(lab, before, after)
    assert said.count("would be MASTER without") == 1
    assert "virtual_router_id on host haproxy-1: VIPs exchange addresses or virtual router IDs here" in said
    assert "Set virtual_router_id of this VIP to a number that no VIP has or had there" in said
    assert told(lab, before, after, active=False) == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (vips(numbered(A, 51), numbered(B, 52)), vips(numbered(A, 61), numbered(B, 51))),
        (vips(numbered(A, 51), numbered(B, 52)), vips(numbered(A, 52), numbered(B, 61))),
        (vips(numbered(A, 51), numbered(B, 52)), vips(numbered(B, 51), numbered(A, 61))),
        (vips(numbered(A, 51), numbered(B, 52)), vips(numbered(A, 51), numbered(C, 52))),
        (vips(A, B), vips(B, A)),
        (vips(A, B), vips(A, B)),
    ],
)
def test_other_changes_are_none(lab: SimpleNamespace, before: Any, after: Any) -> None:
    assert "would be MASTER without" not in told(lab, before, after)


def by_hand(*instances: tuple[str, int, str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "interface": "eth0", "virtual_router_id": number, "virtual_ipaddress": [{"address": address}]}
        for name, number, address in instances
    ]


def told_by_hand(lab: SimpleNamespace, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> str:
    """What is said where one host has instances of its own beside the VIPs."""
    variables = lab.hostvars([{"name": "vip", "hosts": "haproxy", **numbered(C, 53)}])
    for host in ("haproxy-1", "haproxy-2"):
        info = {"active": True, "loaded": True, "configuration": {"instances": before}, "instances": []}
        variables[host].update(k8s_edge_before=info, k8s_edge_read=True, keepalived_instances=after)
    return " ".join(edge_problems(lab.groups(2), variables, read=True))


X, Y = "10.77.0.120/24", "10.77.0.121/24"


@pytest.mark.parametrize(
    ("after", "getting"),
    [
        (by_hand(("x", 72, X), ("y", 71, Y)), "y"),
        (by_hand(("x", 71, Y), ("y", 72, X)), "x"),
        # An option that the list leaves out stays as it is written.
        ([{"name": "x", "virtual_router_id": 72}, {"name": "y", "virtual_router_id": 71}], "y"),
    ],
)
def test_instances_by_hand_are_judged_as_derived_ones(lab: SimpleNamespace, after: Any, getting: str) -> None:
    said = told_by_hand(lab, by_hand(("x", 71, X), ("y", 72, Y)), after)
    assert said.count("would be MASTER without") == 1
    assert f"keepalived_instances[{getting}].virtual_router_id on host haproxy-1: instances exchange addresses" in said
    assert "Set virtual_router_id of this instance to a number that no instance has or had there" in said


@pytest.mark.parametrize("after", [by_hand(("x", 81, X), ("y", 71, Y)), by_hand(("x", 71, X), ("y", 72, Y)), []])
def test_other_changes_by_hand_are_none(lab: SimpleNamespace, after: Any) -> None:
    assert "would be MASTER without" not in told_by_hand(lab, by_hand(("x", 71, X), ("y", 72, Y)), after)


def test_a_trade_between_a_vip_and_an_instance_by_hand_is_one(lab: SimpleNamespace) -> None:
    before = by_hand(("vip", 53, X), ("y", 72, C["addresses"][0]))
    assert "k8s_edge_vips[vip].virtual_router_id on host haproxy-1: VIPs exchange" in told_by_hand(
        lab, before, by_hand(("y", 72, X))
    )
