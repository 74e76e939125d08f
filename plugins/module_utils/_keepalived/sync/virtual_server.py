# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""keepalived_virtual_server: its arguments and its action. One virtual service, in the terms of the IPVS modules."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError, Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import Edited
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.lvs import mark_family
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.config import plan_table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.action import FILE_ARGUMENTS, configure
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document, Statement, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.lvs import VIRTUAL_SERVERS
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.virtual_service import (
    REAL_SERVER_ARGUMENTS,
    VIRTUAL_SERVER_ARGUMENTS,
    in_ipvs_words,
    in_keepalived_words,
    word_faults,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

ARGUMENTS: dict[str, Any] = dict(
    FILE_ARGUMENTS,
    **VIRTUAL_SERVER_ARGUMENTS,
    real_servers={"type": "list", "elements": "dict", "options": REAL_SERVER_ARGUMENTS},
    purge_real_servers={"type": "bool", "default": False},
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
)

_ROOT = Table(VIRTUAL_SERVERS)


def plan_virtual_server(text: str, params: dict[str, Any]) -> Edited:
    """Edit one virtual_server of a text."""
    refuse(list(word_faults(params)))
    desired = in_keepalived_words(params)
    document = parse(text)
    same, others = _namesakes(document, desired)
    if params.get("state") == "absent":
        if not same:
            return Edited(text)
        from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.changes import take_out

        return take_out(document, VIRTUAL_SERVERS, same)
    if not params.get("purge_real_servers") and desired.get("real_servers") is not None and same:
        desired["real_servers"] = [*desired["real_servers"], *_further(document, same[0], desired["real_servers"])]
    try:
        return plan_table(text, _ROOT, {"virtual_servers": [desired, *others]})
    except InputError as error:
        raise InputError(in_ipvs_words(error.problems)) from error


def virtual_server(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """The module's action."""
    return configure(params, system, check_mode, lambda text: plan_virtual_server(text, params))


def _namesakes(document: Document, desired: dict[str, Any]) -> tuple[list[Statement], list[dict[str, Any]]]:
    """The blocks of the service, and what tells blocks with the same address and port but another protocol, or with the
    same mark but another family, apart. If there are such blocks, ``desired`` gets the family as its block writes
    it."""
    key = repr(VIRTUAL_SERVERS.key.normal(desired))
    same: list[Statement] = []
    others: list[dict[str, Any]] = []
    families: list[str | None] = []
    for statement in document.statements(document.root):
        if statement.keyword not in VIRTUAL_SERVERS.keywords or statement.block is None:
            continue
        identity = VIRTUAL_SERVERS.key.read(statement.arguments)
        if repr(identity) != key or not isinstance(identity, dict):
            continue
        service = VIRTUAL_SERVERS.table.read(document, statement.block)
        protocol, family = service.get("protocol"), service.get("ip_family")
        fits = protocol in (None, desired.get("protocol"))
        if desired.get("fwmark") is not None and desired.get("ip_family") is not None:
            fits = mark_family(document.statements(statement.block)) == desired["ip_family"]
        if fits:
            same.append(statement)
            families.append(family)
        else:
            others.append(dict(identity, protocol=protocol, ip_family=family))
    if len(same) > 1 and desired.get("fwmark") is not None and desired.get("ip_family") is None:
        reason = "is missing: the file has this firewall mark for both families"
        raise InputError([Problem("family", None, reason, "Give ipv4 or ipv6.")])
    if same and others:
        if desired.get("fwmark") is not None and any(other["ip_family"] == families[0] for other in others):
            reason = "is told from that of the other block of this firewall mark by the servers alone"
            raise InputError(
                [Problem("family", desired["ip_family"], reason, "Write ip_family into one by hand first.")]
            )
        desired["ip_family"] = families[0]
    return same, others


def _further(document: Document, service: Statement, listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The real servers that are in the file and not in the list, as entries without options."""
    if service.block is None:
        return []
    key = VIRTUAL_SERVERS.table.shapes[-1].key  # type: ignore[attr-defined]  # the real_servers
    have = VIRTUAL_SERVERS.table.read(document, service.block).get("real_servers") or ()
    known = [repr(key.normal(one)) for one in listed]
    heads = [part.name for part in key.heads]
    return [
        {name: one[name] for name in heads if one.get(name) is not None}
        for one in have
        if "header" not in one and repr(key.normal(one)) not in known
    ]
