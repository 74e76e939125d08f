# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses on the loopback interface: the unit that adds them at boot, and what has to change. Pure.

The unit is also the record of which addresses are ours. An address that existed before stays when it is no longer
declared; the unit records that too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step

_OURS = re.compile(r"^ExecStart=.* address replace (\S+) dev lo", re.MULTILINE)
_FOUND = re.compile(r"^# Was there before us, and stays: (.+)$", re.MULTILINE)


class Found(NamedTuple):
    """The current state: the addresses on loopback (with prefix lengths), our unit's text (None for no file), and
    whether the unit is enabled."""

    addresses: frozenset[str]
    unit: str | None
    enabled: bool


class AddAddress(NamedTuple):
    """Add an address to loopback."""

    address: str


class RemoveAddress(NamedTuple):
    """Remove an address from loopback."""

    address: str


class Write(NamedTuple):
    """Replace the unit's text; None for no unit."""

    expected: str | None
    text: str | None


class Reload(NamedTuple):
    """Make systemd read its units again."""


class Enable(NamedTuple):
    """Enable or disable the unit."""

    enabled: bool


def ours(unit: str | None) -> list[str]:
    """The addresses that our unit adds."""
    return _OURS.findall(unit or "")


def found_before(unit: str | None) -> set[str]:
    """Those of them that existed before."""
    listed = _FOUND.search(unit or "")
    return set(listed.group(1).split()) if listed else set()


def arguments(address: str) -> list[str]:
    """The arguments for ``ip``. An IPv6 address there is never chosen as a source address; for IPv4 arp_announce takes
    care of that."""
    found = parse_address(address)
    deprecated = ["preferred_lft", "0"] if found is not None and found.family == 6 else []
    return ["address", "replace", address, "dev", "lo", *deprecated]


def unit_text(name: str, addresses: Sequence[str], before: Iterable[str], ip: str) -> str:
    """The unit. It starts after the network is set up, and after the parameters that suppress ARP are set."""
    lines = [f"# Written by k8s_edge.ha ({name})."]
    kept = " ".join(sorted(before))
    if kept:
        lines.append(f"# Was there before us, and stays: {kept}")
    lines += [
        "[Unit]",
        "Description=Virtual IP addresses that this host serves without holding them",
        "After=systemd-sysctl.service network.target",
        "Before=keepalived.service",
        "",
        "[Service]",
        "Type=oneshot",
        "RemainAfterExit=yes",
        *("ExecStart={} {}".format(ip, " ".join(arguments(address))) for address in addresses),
        "",
        "[Install]",
        "WantedBy=multi-user.target",
    ]
    return "\n".join(lines) + "\n"


def plan(found: Found, desired: Sequence[str], name: str, ip: str) -> Plan:
    """The changes that bring the host to the desired addresses, and remove those of ours that are no longer desired."""
    mine = ours(found.unit)
    kept = found_before(found.unit) | {one for one in desired if one not in mine and one in found.addresses}
    text = unit_text(name, desired, kept & set(desired), ip) if desired else None
    reloaded = Step("systemd reloaded its units", Reload(), Reload())
    steps = [Step(f"{one} on lo", AddAddress(one), RemoveAddress(one)) for one in desired if one not in found.addresses]
    if text != found.unit and text is not None:
        summary = "{} at boot".format(" ".join(desired))
        steps += [Step(summary, Write(found.unit, text), Write(text, found.unit)), reloaded]
    if desired and not found.enabled:
        steps.append(Step("the unit enabled", Enable(True), Enable(False)))
    if not desired and found.enabled:
        steps.append(Step("the unit no longer enabled", Enable(False), Enable(True)))
    if not desired and found.unit is not None:
        steps += [Step("nothing at boot", Write(found.unit, None), Write(None, found.unit)), reloaded]
    gone = [one for one in mine if one not in desired and one not in kept and one in found.addresses]
    steps += [Step(f"{one} no longer on lo", RemoveAddress(one), AddAddress(one)) for one in gone]
    return Plan(found.unit or "", text or "", tuple(steps), "runtime" if steps else "none")
