# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module ``loopback_addresses`` does: parameters in, result out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Lacking, Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._loopback.resource import Loopback
from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import plan_result
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

#: The parameters that suppress ARP replies for addresses on loopback, and ARP requests from them (ip-sysctl).
QUIET = {"arp_ignore": 1, "arp_announce": 2}
_DIRECTORY = "proc/sys/net/ipv4/conf"


def apply(params: dict[str, Any], system: System, check_mode: bool, root: str = "/") -> dict[str, Any]:
    """Apply the listed addresses to the loopback interface, now and at boot, and remove those of ours no longer
    listed."""
    desired = [] if params["state"] == "absent" else desired_addresses(params)
    noise = list(arp_problems(root)) if any("." in one for one in desired) else []
    if not check_mode:
        refuse(noise)
    resource = Loopback(desired, params["name"], system, root)
    plan = reconcile(resource, check_mode=check_mode)
    result = plan_result(plan, resource.file.path)
    result["warnings"] = [*result["warnings"], *(_lacking(each) for each in noise)]
    return result


def _lacking(problem: Problem) -> Lacking:
    parameter = problem.option.rpartition(".")[2]
    return Lacking(str(problem), f"net.ipv4.conf.all.{parameter}")


def desired_addresses(params: dict[str, Any]) -> Sequence[str]:
    """The addresses in the kernel's spelling, without duplicates. Raises InputError with all problems."""
    problems: list[Problem] = []
    desired: list[str] = []
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", params["name"]):
        problems.append(Problem("name", params["name"], "cannot name a unit", "Use small letters, digits and hyphens."))
    for index, text in enumerate(params["addresses"] or ()):
        found = parse_address(text)
        where = f"addresses[{index}]"
        if found is None:
            problems.append(Problem(where, text, "is not an IP address", "Write for example 10.0.0.100/32."))
            continue
        longest = 32 if found.family == 4 else 128
        if found.full_prefix != longest:
            reason = "would make this host accept packets for a whole network"
            problems.append(Problem(where, text, reason, f"Write {found.host}/{longest}."))
        if found.host == "::1" or found.host.startswith("127."):
            problems.append(Problem(where, text, "is on the loopback interface anyway", "Name the address of a VIP."))
        desired.append(f"{found.host}/{longest}")
    refuse(problems)
    return list(dict.fromkeys(desired))


def arp_problems(root: str) -> Iterator[Problem]:
    """A problem for each interface where this host would answer ARP for addresses on loopback. The larger of an
    interface's own value and that of ``all`` counts."""
    for parameter, least in QUIET.items():
        common = _number(root, "all", parameter)
        directory = os.path.join(root, _DIRECTORY)
        for interface in sorted(os.listdir(directory)) if os.path.isdir(directory) else ():
            if interface in ("all", "default", "lo"):
                continue
            value = max(common, _number(root, interface, parameter))
            if value < least:
                reason = f"is below {least} on {interface}, and this host would answer ARP requests for the address"
                remedy = f"Set net.ipv4.conf.all.{parameter} to {least} first, for example with kernel_settings."
                yield Problem(f"net.ipv4.conf.{interface}.{parameter}", value, reason, remedy)
                break


def _number(root: str, interface: str, parameter: str) -> int:
    try:
        with open(os.path.join(root, _DIRECTORY, interface, parameter), encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0
