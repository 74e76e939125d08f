# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of ``keepalived_info``'s answer that decisions rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def written_instances(info: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The vrrp_instances in the configuration file, by name. Passwords are masked."""
    return {each["name"]: each for each in (info.get("configuration") or {}).get("instances") or ()}


def live_states(info: Mapping[str, Any]) -> dict[str, str]:
    """The state of each running instance: MASTER, BACKUP or FAULT."""
    return {each["name"]: each["state"] for each in info.get("instances") or ()}


def lowered_instances(info: Mapping[str, Any]) -> set[str]:
    """The running instances whose priority a failing check has lowered."""
    return {
        each["name"]
        for each in info.get("instances") or ()
        if each.get("effective_priority", 0) < each.get("priority", 0)
    }


def held_addresses(info: Mapping[str, Any]) -> set[str]:
    """The virtual addresses that the host's kernel has, without prefix."""
    return {str(each["address"]).partition("/")[0] for each in info.get("vips") or () if each.get("held")}
