# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual services that a running keepalived has made: keepalived would revert a change of them, or would not notice
it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import Key
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.files import read_configuration
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.live import config_id_of, config_of, service
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document, Statement
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System


class Owner(NamedTuple):
    """What a keepalived configuration declares about IPVS. ``unread`` are virtual servers written with variables, which
    only keepalived can resolve; ``settings`` are its settings of the whole table; ``there`` is false where the file
    itself cannot be read."""

    path: str
    covers: Callable[[Key], bool]
    unread: tuple[str, ...] = ()
    settings: frozenset[str] = frozenset()
    there: bool = True


def owner(system: System) -> Owner | None:
    """The keepalived that runs in this network namespace; None where there is none."""
    pid = service(system).main_pid
    path = config_of(pid) if pid and _same_network(pid) else None
    return owner_of(path, config_id_of(pid)) if path is not None else None


def owner_of(path: str, config_id: str = "") -> Owner:
    """What the configuration at ``path`` declares about IPVS."""
    reading = read_configuration(path, config_id)
    documents = [reading.document] if reading.files else []
    groups = {
        " ".join(statement.arguments): list(document.statements(statement.block))
        for document, statement in _top(documents)
        if statement.keyword == "virtual_server_group" and statement.block is not None
    }
    matches: list[Callable[[Key], bool]] = []
    unread: list[str] = []
    settings: set[str] = set()
    for document, statement in _top(documents):
        if statement.block is None:
            continue
        inner = list(document.statements(statement.block))
        lines = {line.keyword: line.arguments for line in inner}
        if statement.keyword == "global_defs":
            settings |= lines.keys() & {"lvs_sync_daemon", "lvs_timeouts"}
        if statement.keyword != "virtual_server":
            continue
        words = statement.arguments
        members = [line.words for line in groups.get(" ".join(words[1:]), ())] if words[:1] == ["group"] else None
        named = [words] if members is None else [[word.text for word in member] for member in members]
        families = _families(named, inner)
        for one in named:
            match = _match(one, "".join(lines.get("protocol", ())).lower(), families)
            if match is not None:
                matches.append(match)
            else:
                unread.append(" ".join(one))

    def covers(key: Key) -> bool:
        return any(match(key) for match in matches)

    return Owner(path, covers, tuple(unread), frozenset(settings), bool(documents))


def _top(documents: Iterable[Document]) -> Iterator[tuple[Document, Statement]]:
    for document in documents:
        for statement in document.statements(document.root):
            yield document, statement


def _families(named: list[list[str]], inner: list[Statement]) -> set[int]:
    """The address families that a firewall mark may have where none is given for it: that of the option, or that of the
    other members of its group and of its servers; both where these differ or cannot be read."""
    servers = [one.arguments[:1] for one in inner if one.keyword in ("real_server", "sorry_server")]
    families = [one.arguments[:1] for one in inner if one.keyword == "ip_family"]
    if families:
        return {6 if families[-1] == ["inet6"] else 4}
    hosts = [words[:1] for words in named if words[:1] != ["fwmark"]] + servers
    found = [parse_address("".join(host).partition("-")[0]) for host in hosts]
    return {family for one in found for family in ((4, 6) if one is None else (one.family,))} or {4}


def _match(words: list[str], protocol: str, families: set[int]) -> Callable[[Key], bool] | None:
    """A test whether a key is what ``10.0.0.1 80``, ``10.0.0.1-9 80`` or ``fwmark 7`` names; None where that is
    unclear."""
    if words[:1] == ["fwmark"] and len(words) > 1 and words[1].isdigit():
        mark = int(words[1])
        own = {{"inet": 4, "inet6": 6}[word] for word in words[2:3] if word in ("inet", "inet6")} or families
        return lambda key: key.fwmark == mark and key.family in own
    first, _dash, last = (words or [""])[0].partition("-")
    found = parse_address(first)
    port = words[1] if len(words) > 1 else "0"
    if found is None or not port.isdigit():
        return None
    try:
        hosts = {found.host, *(_span(found.host, last) if last else ())}
    except ValueError:
        return None
    number = int(port)

    def match(key: Key) -> bool:
        return key.address in hosts and key.port == number and protocol in ("", key.protocol)

    return match


def _span(host: str, last: str) -> Iterator[str]:
    """The addresses from ``host`` to the one that ends in ``last``: decimal for IPv4, else hexadecimal. Raises
    ValueError where it is neither."""
    mark, base = (":", 16) if ":" in host else (".", 10)
    head, _mark, tail = host.rpartition(mark)
    numbers = range(int(tail or "0", base), int(last, base) + 1)
    for number in numbers[:65536]:
        found = parse_address(head + mark + (f"{number:x}" if base == 16 else str(number)))
        if found is not None:
            yield found.host


def _same_network(pid: int) -> bool:
    try:
        return os.stat(f"/proc/{pid}/ns/net").st_ino == os.stat("/proc/self/ns/net").st_ino
    except OSError:
        return False
