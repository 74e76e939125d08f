# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived would silently change in virtual servers (validate_check_config in check_data.c)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.document import (
    Block,
    Document,
    Statement,
    is_opaque,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.editor import below
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.lvs import VIRTUAL_SERVERS


def lvs_faults(document: Document, statements: Iterable[Statement], known: frozenset[str]) -> Iterator[Problem]:
    """The faults of a file's virtual servers. ``known`` are texts of blocks that need no look: what one means hangs on
    nothing but itself."""
    alike: dict[str, list[Statement]] = {}
    for statement in statements:
        if statement.keyword != "virtual_server" or statement.block is None:
            continue
        alike.setdefault(" ".join(statement.arguments), []).append(statement)
        if document.text[statement.start : statement.end] not in known:
            yield from _faults_of(document, statement, statement.block)
    for name, services in alike.items():
        if len(services) > 1:
            yield from _duplicates(document, name, services)


def _faults_of(document: Document, statement: Statement, block: Block) -> Iterator[Problem]:
    where = "virtual_server " + " ".join(statement.arguments)
    key = VIRTUAL_SERVERS.key.read(statement.arguments)
    lines = list(document.statements(block))
    if not isinstance(key, dict) or any(is_opaque(line) for line in lines):
        return
    words = {line.keyword: line.arguments for line in lines if line.block is None}
    for option, value, reason, remedy in _service_faults(key, words, lines):
        yield Problem(below(where, option), value, reason, remedy)
    yield from _server_faults(where, document, key, words, lines)


def _duplicates(document: Document, name: str, services: Iterable[Statement]) -> Iterator[Problem]:
    """The same address, port and protocol twice; address and port in other words are left to the daemon."""
    seen: set[str] = set()
    for service in services:
        lines = document.statements(service.block) if service.block is not None else ()
        protocol = next((" ".join(line.arguments).upper() for line in lines if line.keyword == "protocol"), "UDP")
        if protocol in seen:
            reason = "stands twice with the protocol {0}, and keepalived says nothing".format(protocol)
            yield Problem("virtual_servers", name, reason, "Name it once.")
        seen.add(protocol)


def _service_faults(
    key: dict[str, Any], words: dict[str, list[str]], lines: list[Statement]
) -> Iterator[tuple[str, Any, str, str]]:
    if not key:
        yield "address", None, "is missing", "Give address and port, or fwmark, or group."
    protocol = (words.get("protocol") or [""])[0].upper()
    if "address" in key and not protocol:
        yield "protocol", None, "is missing, and keepalived would take UDP", "Give TCP, UDP or SCTP."
    if "fwmark" in key and protocol:
        yield "protocol", protocol, "is ignored by keepalived for a firewall mark", "Leave it out."
    if "ops" in words and protocol in ("TCP", "SCTP"):
        yield "ops", True, "is reset by keepalived: it needs UDP", "Leave it out, or use UDP."
    if not ({"lb_algo", "lvs_sched"} & set(words)):
        yield "lb_algo", None, "is missing, and keepalived would take wlc", "Say which scheduler."
    if not ({"lb_kind", "lvs_method"} & set(words)):
        yield "lb_kind", None, "is missing, and keepalived would take NAT", "Say NAT, DR or TUN."
    if key.get("port") == 0 and "persistence_timeout" not in words:
        yield (
            "port",
            0,
            "is for persistent services only, and keepalived would make it one",
            "Give persistence_timeout.",
        )
    algorithm = " ".join(words.get("lb_algo") or words.get("lvs_sched") or ())
    for scheduler in ("sh", "mh"):
        for flag in (scheduler + "-port", scheduler + "-fallback"):
            if flag in words and algorithm != scheduler:
                yield (
                    flag,
                    True,
                    "is ignored by keepalived with the scheduler " + algorithm,
                    "Use lb_algo: " + scheduler + ".",
                )
    quorum, hysteresis = _number(words.get("quorum"), 1), _number(words.get("hysteresis"), 0)
    if hysteresis and quorum <= hysteresis:
        yield "hysteresis", hysteresis, "is not below the quorum, and keepalived would lower it", "Lower it."
    if not any(line.keyword == "real_server" for line in lines):
        yield "real_servers", None, "is empty, and keepalived would drop the virtual server", "Name at least one."


def _server_faults(
    where: str,
    document: Document,
    key: dict[str, Any],
    words: dict[str, list[str]],
    lines: list[Statement],
) -> Iterator[Problem]:
    method = (words.get("lb_kind") or words.get("lvs_method") or [""])[0]
    service = parse_address(key.get("address") or "")
    seen: set[str] = set()
    for line in lines:
        if line.keyword != "real_server" or line.block is None or not line.arguments:
            continue
        server = "{0}: real_server {1}".format(where, " ".join(line.arguments))
        port = line.arguments[1] if len(line.arguments) > 1 else ""
        own = {one.keyword: one.arguments for one in document.statements(line.block)}
        forwarding = (own.get("lvs_method") or [method])[0]
        found = parse_address(line.arguments[0])
        if found is None:
            continue
        identity = "{0} {1}".format(found.host, port or key.get("port"))
        if identity in seen:
            yield Problem(server, identity, "stands twice, and keepalived would drop the second", "Name it once.")
        seen.add(identity)
        if forwarding in ("DR", "TUN") and "port" in key and port not in ("", "0", str(key["port"])):
            reason = "is not the virtual server's port {0}, and keepalived would reset it: {1} keeps ports".format(
                key["port"], forwarding
            )
            yield Problem(server + ": port", port, reason, "Give the same port, or use NAT.")
        if service is not None and service.family != found.family and forwarding != "TUN":
            reason = "is not of the virtual server's family, and keepalived would drop it"
            yield Problem(server, line.arguments[0], reason, "Give an IPv{0} address.".format(service.family))
        yield from _checker_faults(server, document, line.block)


def _checker_faults(server: str, document: Document, block: Block) -> Iterator[Problem]:
    for checker in document.statements(block):
        if checker.block is None or checker.keyword not in ("HTTP_GET", "SSL_GET"):
            continue
        if not any(one.keyword == "url" for one in document.statements(checker.block)):
            reason = "has no url, and keepalived would ignore the check"
            yield Problem(below(server, checker.keyword), None, reason, "Name at least one url with its path.")


def _number(arguments: list[str] | None, default: int) -> int:
    return int(arguments[0]) if arguments and arguments[0].isdigit() else default
