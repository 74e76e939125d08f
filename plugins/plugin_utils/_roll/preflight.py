# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The problems that stop a run, as data. If a role refused instead, Ansible would report each refusal several times,
wrapped by each layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ansible.errors import AnsibleError
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, InputError, Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import VARIABLE
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.variables import fault_sentences
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.removal import emptied, removal_problems
from jinja2.exceptions import UndefinedError

#: The host variable that is set when reading the host has finished.
READ = "k8s_edge_read"

#: The groups of hosts that a play may select, and the attribute of the fleet that lists them.
CHOICES: dict[str, Callable[[Fleet], list[str]]] = {
    "present": lambda fleet: fleet.hosts,
    "in_order": lambda fleet: fleet.order,
    "real_servers": lambda fleet: fleet.real_servers,
    "former_real_servers": lambda fleet: fleet.former_real_servers,
    "former_members": lambda fleet: [
        host
        for host in dict.fromkeys(each["host"] for each in fleet.former_members)
        if host and host not in fleet.hosts
    ],
    "leaving": lambda fleet: list(fleet.leaving),
    "remaining": lambda fleet: [each["host"] for each in fleet.remains],
    "removing": lambda fleet: [each["host"] for each in fleet.remains if each["removes"]],
}


def problems(fleet: Fleet, read: bool) -> list[str]:
    """A sentence for each problem: of the declaration alone or, with ``read``, also of what was read of the hosts."""
    return list(dict.fromkeys(map(str, problems_found(fleet, read))))


def problems_found(fleet: Fleet, read: bool) -> Iterator[Problem | str]:
    """The same problems in structured form where available."""
    wrong = _refused(lambda: (fleet.down, fleet.vips, fleet.parallel))
    if wrong:
        yield from wrong
        return
    if not fleet.hosts and not emptied(fleet.groups, fleet.hostvars):
        yield (
            "No VIP is declared. Set k8s_edge_vips in group_vars of all. To remove what an earlier declaration made, "
            "set it to an empty list."
        )
    if read and not fleet.vips:
        yield from removal_problems(fleet.groups, fleet.hostvars)
    if not read:
        return
    unread = [host for host in fleet.hosts if not fleet.hostvars[host].get(READ)]
    for host in unread:
        yield (
            f"{host} may hold a VIP and could not be read, so whether it could take over is unknown; its error is"
            f" above. Bring it back. Or, if it is down, declare that ({VARIABLE}: [{host}]), and the others are"
            " changed as far as is safe. With --limit hosts are not read: run without it."
        )
    if not unread:
        yield from fleet.foreign.problems
        yield from _refused(lambda: fleet.order) or [
            problem for host in fleet.concerned for problem in _refused(partial(fleet.host, host))
        ]


def untyped(fleet: Fleet) -> list[str]:
    """A sentence for each variable of the wrong type, on the controller or a host of the VIPs. Raises InputError if the
    declaration is wrong."""
    concerned = [host for vip in fleet.vips for host in (*vip.hosts, *vip.servers)]
    concerned = concerned or list(fleet.groups.get("all") or ())  # leftovers may be on any host
    return fault_sentences(["localhost", *concerned] if "localhost" in fleet.hostvars else concerned, fleet.hostvars)


def problems_raised(thought: Callable[[], Any]) -> list[str]:
    """The problems that a derivation raises; empty if it succeeds."""
    return [str(problem) for problem in _refused(thought)]


def _refused(thought: Callable[[], Any]) -> list[Problem | str]:
    try:
        thought()
    except InputError as error:
        return list(error.problems)
    except (EdgeError, AnsibleError, UndefinedError) as error:
        return [str(error)]
    return []
