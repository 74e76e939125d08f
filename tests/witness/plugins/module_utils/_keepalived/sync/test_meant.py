# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Includes, definitions, conditions and loops mean to us what they mean to keepalived: its own dump is the witness."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import live
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.files import read_configuration
from unit.plugins.module_utils._keepalived.sync import test_meant
from unit.plugins.module_utils._keepalived.sync.test_meant import CASES, ours

directory = test_meant.directory

Dump = Callable[[Path], dict[str, Any]]


@pytest.fixture
def dumped(told_by_keepalived: Callable[..., str]) -> Dump:
    """The instances of a configuration by name, as keepalived itself tells them. Those it drops are not among them."""

    def tell(path: Path) -> dict[str, Any]:
        text = told_by_keepalived(path, "-i", "here")
        assert "VRRP Topology" in text or "no VRRP" in text.lower() or "configuration" in text.lower(), text
        return {one["name"]: told(one) for one in live.instances_of(text)}

    return tell


def told(one: dict[str, Any]) -> dict[str, Any]:
    """keepalived 2.2.7 and 2.3 read a file twice that a line includes which does not begin with the word."""
    return {
        "virtual_router_id": one.get("virtual_router_id"),
        "priority": one.get("priority"),
        "addresses": sorted(set(one["addresses"])),
    }


def kept(instances: dict[str, Any]) -> dict[str, Any]:
    """Only what has an address: keepalived says little of the rest."""
    return {name: one for name, one in instances.items() if one["addresses"]}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_a_file_means_what_keepalived_makes_of_it(text: str, directory: Path, dumped: Dump) -> None:
    path = directory / "keepalived.conf"
    if "virtual_ipaddress" not in text and "include" not in text:
        text = text.replace("interface v0", "interface v0\n virtual_ipaddress {\n 10.1.1.1\n }")
    path.write_text(text)
    assert ours(path) == kept(dumped(path)), read_configuration(str(path), "here").document.text


def generated(seed: int, directory: Path) -> str:
    """A file of thirty instances that say what they say by every means, and in any order."""
    dice = random.Random(seed)
    definitions, blocks = [], []
    for number in range(1, 31):
        lines = [" interface v0", f" virtual_router_id {number}"]
        lines.append(
            dice.choice(
                [f" priority {number}", f" priority ${{P{number}}}", f" $P{number}p", f"@here priority {number}"]
            )
        )
        definitions.append(f"$P{number}={number}\n$P{number}p=priority ${{P{number}}}")
        addresses = [f"10.4.{number}.{one}" for one in range(1, dice.randint(2, 5))]
        kind = dice.choice(["plain", "include", "sequence", "list", "definition", "condition"])
        if kind == "include":
            (directory / f"{number}.inc").write_text("\n".join(addresses) + "\n")
            addresses = [
                dice.choice([f"include {number}.inc", f"include ${{_PWD}}/{number}.inc", f"include ./{number}.i?c"])
            ]
        elif kind == "sequence":
            addresses = [f"~SEQ(i, 1, {len(addresses)}) 10.4.{number}.$i"]
        elif kind == "list":
            addresses = [f"~LST(i, {', '.join(str(one + 1) for one in range(len(addresses)))}) 10.4.{number}.$i"]
        elif kind == "definition":
            joined = " \\\n ".join(addresses)
            definitions.append(f"$V{number}= \\\n {joined}\n")
            addresses = [dice.choice([f"$V{number}", f"${{V{number}}}"])]
        elif kind == "condition":
            addresses = [dice.choice(["@here ", "@^there ", "@there ", "@^here "]) + one for one in addresses] + [
                "10.9.1.9"
            ]
        lines += [" virtual_ipaddress {", *(" " + one for one in addresses), " }"]
        blocks.append(f"vrrp_instance I{number} {{\n" + "\n".join(lines) + "\n}\n")
    dice.shuffle(definitions)
    return "\n".join(definitions) + "\n" + "\n".join(blocks)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_generated_means_the_same(seed: int, directory: Path, dumped: Dump) -> None:
    path = directory / "keepalived.conf"
    path.write_text(generated(seed, directory))
    found = dumped(path)
    assert len(found) == 30
    assert ours(path) == found
