# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that stands against a run, found before any host is touched, as sentences: a filter that raises is shown three
times and wrapped, once for each layer of Ansible that it passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, InputError
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import VARIABLE, hosts_down
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.inventory import (
    Groups,
    Hostvars,
    present,
    rolling_order,
    vips_of,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.removal import emptied, removal_problems

#: Set on every host whose reading has come to its end.
READ = "k8s_edge_read"


def problems(groups: Groups, hostvars: Hostvars, read: bool) -> list[str]:
    """What cannot work, a sentence each: of the declaration alone, or with ``read`` of what was read of the hosts."""
    return list(_problems(groups, hostvars, read))


def _problems(groups: Groups, hostvars: Hostvars, read: bool) -> Iterator[str]:
    wrong = said(lambda: (hosts_down(hostvars), vips_of(groups, hostvars)))
    if wrong:
        yield from wrong
        return
    vips = vips_of(groups, hostvars)
    if not vips and not emptied(groups, hostvars):
        yield (
            "No VIP is declared. Set k8s_edge_vips in group_vars of all. To remove what an earlier declaration made, "
            "set it to an empty list."
        )
    if read and not vips:
        yield from removal_problems(groups, hostvars)
    if not read:
        return
    unread = [host for host in present(vips, hostvars) if not hostvars[host].get(READ)]
    for host in unread:
        yield (
            f"{host} may hold a VIP and could not be read, so it is not known whether it could take over; what it said "
            f"stands above. Bring it back, or, if it is down, name it ({VARIABLE}: [{host}]), and the others are "
            "changed as far as that is safe. With --limit hosts are not read: run without it."
        )
    if not unread:
        yield from said(lambda: rolling_order(vips, hostvars))


def said(thought: Callable[[], Any]) -> list[str]:
    """What a derivation refuses, problem by problem; nothing where it does not."""
    try:
        thought()
    except InputError as error:
        return [str(problem) for problem in error.problems]
    except EdgeError as error:
        return [str(error)]
    return []
