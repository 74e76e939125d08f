# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which keepalived first knew an option, and what a change asks of a keepalived that is too old.

Only loaded where something differs, and by the documentation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document, Statement, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.editor import below
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Blocks, Group, Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import CONFIGURATION

#: By version, the options that came with it, as keepalived_config has them: from the ChangeLog (to 2.0.20), the release
#: notes and the deprecations in the source. What 2.0.10 knew, the oldest that is about, is not listed, nor what none of
#: these date.
_CAME_WITH = {
    "2.0.11": "track_processes instances.track_process sync_groups.track_process global_defs.nftables"
    " global_defs.checker_log_all_failures virtual_servers.real_servers.*.log_all_failures",
    "2.0.12": "global_defs.vrrp_min_garp",
    "2.0.14": "global_defs.vrrp_startup_delay",
    "2.0.16": "track_processes.quorum_max global_defs.log_unknown_vrids instances.notify_priority_changes"
    " sync_groups.notify_priority_changes global_defs.vrrp_notify_priority_changes",
    "2.0.17": "instances.use_ipvlan global_defs.vrrp_cpu_affinity global_defs.checker_cpu_affinity"
    " global_defs.bfd_cpu_affinity virtual_servers.real_servers.*.fast_recovery"
    " virtual_servers.real_servers.*.http_protocol",
    "2.0.20": "virtual_servers.mh_port virtual_servers.mh_fallback",
    "2.1.0": "track_files global_defs.max_auto_priority global_defs.min_auto_priority_delay",
    "2.2.0": "global_defs.lvs_flush_on_stop",
    "2.2.3": "interface_up_down_delays instances.down_timer_adverts global_defs.vrrp_down_timer_adverts"
    " instances.garp_extra_if global_defs.vrrp_garp_extra_if",
    "2.2.5": "instances.unicast_fault_no_peer",
    "2.2.8": "instances.no_virtual_ipaddress instances.v3_checksum_as_v2",
    "2.4.0": "instances.auth_hmac",
}
SINCE = {option: version for version, options in _CAME_WITH.items() for option in options.split()}
#: Old keywords of an option that is newer than they are.
_SYNONYMS = ("vrrp_track_file", "lvs_flush_onstop", "vmac_garp_intvl", "vrrp_vmac_garp_intvl")


class Use(NamedTuple):
    """An option that is used in a file, in the words of messages; and the version that it needs."""

    option: str
    line: str
    since: str


def since(path: str) -> str:
    """The version an option came with; empty where every one knows it. The name of a checker matters nowhere."""
    parts = path.split(".")
    anywhere = ".".join([*parts[:2], "*", *parts[3:]]) if len(parts) > 3 else path
    return SINCE.get(path) or SINCE.get(anywhere, "")


def too_new(before: str, after: str, installed: str) -> list[Problem]:
    """What an edit brings in that the installed keepalived is too old for."""
    have = number(installed)
    return [
        Problem(
            use.option,
            None,
            "needs keepalived {0}, and this host has {1}".format(use.since, installed),
            "Leave it out, or install keepalived {0} or a newer one.".format(use.since),
        )
        for use in new_uses(before, after)
        if have < number(use.since)
    ]


def new_uses(before: str, after: str) -> list[Use]:
    """The options with a version of their own whose lines an edit adds or changes."""
    documents = parse(before), parse(after)
    texts = [{one.text[block.start : block.closing] for block in one.root.blocks} for one in documents]
    same = texts[0] & texts[1]
    old = set(_uses(documents[0], same))
    return [use for use in _uses(documents[1], same) if use not in old]


def _uses(document: Document, known: set[str]) -> Iterator[Use]:
    """The uses in a file, but for the top-level blocks with a known text."""
    for statement in document.statements(document.root):
        block = statement.block
        if block is None or document.text[block.start : block.closing] not in known:
            yield from _uses_of(document, statement, CONFIGURATION, "", "")


def _uses_of(document: Document, statement: Statement, table: Table, path: str, title: str) -> Iterator[Use]:
    rank = table.rank.get(statement.keyword)
    if rank is None or statement.condition:
        return
    shape, block = table.shapes[rank], statement.block
    option = path + shape.name
    where = below(title, " ".join([statement.keyword, *(statement.arguments if block is not None else ())]))
    version = since(option) if statement.keyword not in _SYNONYMS else ""
    if version:
        end = block.opening if block is not None else statement.end
        yield Use(where, document.text[statement.start : end].strip(), version)
    if isinstance(shape, (Blocks, Group)) and block is not None:
        for line in document.statements(block):
            yield from _uses_of(document, line, shape.table, option + ".", where)


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
