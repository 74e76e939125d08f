# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers in two forms: as a file gives them to a process that reads it, and as the running process has them.

Pure. What a file does not determine is not compared: addresses from DNS, weight and state set by an agent, and states
that follow from a health check or a tracked server.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.address import split_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document, Section, conditional
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import SERVER_READER

#: An option's words after its keyword; True or False for one without a value.
Options = dict[str, Any]

#: Bits of srv_admin_state that the file or a command sets (manual, "show servers state"): maintenance, drain.
MAINT, DRAIN = 0x01, 0x08


class State(NamedTuple):
    """What can be changed in a running process. None: not determined by the file."""

    address: str | None = None
    port: int | None = None
    weight: int | None = None
    maxconn: int | None = None
    state: str | None = None


#: The options for these, in addition to address and port.
SET_AT_RUNTIME = ("weight", "maxconn", "disabled")

_NO_DIFFERENCE = State()


class FileServer(NamedTuple):
    """A ``server`` line with the options that it inherits. ``rest`` are words that we have no option for, inherited
    ones first."""

    name: str
    place: str
    options: Options
    rest: tuple[str, ...]
    state: State


class Proxy(NamedTuple):
    """The servers of a backend or listen, in file order. ``lines`` has the words of those directives that decide what
    can be done at runtime, inherited ones included. ``known`` is False where the text does not determine every server:
    behind ``.if``, or made from a template."""

    title: str
    name: str
    servers: dict[str, FileServer]
    lines: dict[str, tuple[str, ...]]
    known: bool


class Row(NamedTuple):
    """A server of the running process. ``sessions`` also counts queued ones."""

    id: int
    sessions: int
    initial_weight: int
    state: State


class _Inherited(NamedTuple):
    options: Options
    rest: tuple[str, ...]
    lines: dict[str, tuple[str, ...]]


_NOTHING = _Inherited({}, (), {})
_DECIDING = ("balance", "hash-type", "disabled", "mode")


def proxies(document: Document, names: set[str] | None = None) -> dict[str, Proxy]:
    """The proxies of a file that have servers, or those in ``names``."""
    found: dict[str, Proxy] = {}
    for section, inherited in _with_defaults(document):
        if names is None or section.name in names:
            found[section.name] = _proxy(document, section, inherited)
    return found


def _with_defaults(document: Document) -> Iterator[tuple[Section, _Inherited]]:
    """Each backend and listen with what it inherits from its defaults section: the one it names, or the last one above
    it."""
    named: dict[str, _Inherited] = {}
    last = _NOTHING
    for section in document.sections:
        if section.kind not in ("defaults", "backend", "listen"):
            continue
        chosen = section.words[-2:-1] == ("from",)
        if section.kind == "defaults":
            base = named.get(section.words[-1], _NOTHING) if chosen else _NOTHING
            named[section.name] = last = _inherit(document, section, base)
        else:
            yield section, named.get(section.words[-1], _NOTHING) if chosen else last


def _inherit(document: Document, section: Section, base: _Inherited) -> _Inherited:
    inherited = _Inherited(dict(base.options), base.rest, dict(base.lines))
    for index in document.body(section):
        keyword = document.lines[index].keyword
        if keyword == "default-server":
            inherited = _default_server(meanings(document.content(index)), inherited)
        elif keyword in _DECIDING:
            inherited.lines[keyword] = tuple(meanings(document.content(index))[1:])
    return inherited


def _default_server(words: list[str], inherited: _Inherited) -> _Inherited:
    options, rest = _options(words, 1)
    return inherited._replace(options={**inherited.options, **options}, rest=inherited.rest + rest)


def _proxy(document: Document, section: Section, inherited: _Inherited) -> Proxy:
    servers: dict[str, FileServer] = {}
    inherited = inherited._replace(lines=dict(inherited.lines))
    known = not conditional(document, section)
    for index in document.body(section):
        keyword = document.lines[index].keyword
        if keyword == "server":
            words = meanings(document.content(index))
            if len(words) > 2:
                servers[words[1]] = _file_server(words, inherited)
        elif keyword == "default-server":
            inherited = _default_server(meanings(document.content(index)), inherited)
        elif keyword in _DECIDING:
            inherited.lines[keyword] = tuple(meanings(document.content(index))[1:])
        elif keyword == "server-template":
            known = False
    return Proxy(section.title, section.name, servers, inherited.lines, known and "disabled" not in inherited.lines)


def _file_server(words: list[str], inherited: _Inherited) -> FileServer:
    options, rest = _options(words, 3)
    options = {**inherited.options, **options}
    address, port = split_address(words[2])
    agent = bool(options.get("agent_check"))
    state = State(
        literal(address),
        int(port) if port.isdigit() else None,
        None if agent else _whole(options, "weight", 1),
        # With minconn the limit depends on the load.
        None if "minconn" in options else _whole(options, "maxconn", 0),
        None if agent else "maint" if options.get("disabled") else "ready",
    )
    return FileServer(words[1], words[2], options, inherited.rest + rest, state)


def _options(words: list[str], first: int) -> tuple[Options, tuple[str, ...]]:
    found = SERVER_READER.find(words, first)
    options: Options = {}
    covered: set[int] = set()
    for option, places in found.items():
        start, end, says_yes = places[-1]
        options[option] = says_yes if SERVER_READER.table[option].kind is None else tuple(words[start + 1 : end])
        for start, end, _yes in places:
            covered.update(range(start, end))
    if len(covered) == len(words) - first:
        return options, ()
    return options, tuple(word for place, word in enumerate(words) if place >= first and place not in covered)


def literal(address: str) -> str | None:
    """An IP address as HAProxy shows it; None for names, sockets and variables."""
    prefix, _at, host = address.rpartition("@")
    if prefix not in ("", "ipv4", "ipv6", "tcp", "tcp4", "tcp6"):
        return None
    if host == "*":
        return "0.0.0.0"  # noqa: S104
    parsed = parse_address(host)
    return None if parsed is None or parsed.prefix is not None else parsed.host


def _whole(options: Options, option: str, default: int) -> int | None:
    words = options.get(option)
    if words is None:
        return default
    return int(words[0]) if words and words[0].isdigit() else None


def read_rows(servers: str, stat: str) -> dict[str, Row]:
    """The servers of one backend from ``show servers state NAME`` and ``show stat NAME 4 -1``: server name -> row."""
    limits = _stat_columns(stat)
    lines = servers.splitlines()
    column = {field: place for place, field in enumerate(lines[1].lstrip("# ").split())}
    name, number, address, port = (column[field] for field in ("srv_name", "srv_id", "srv_addr", "srv_port"))
    admin, weight, initial = column["srv_admin_state"], column["srv_uweight"], column["srv_iweight"]
    rows: dict[str, Row] = {}
    for line in lines[2:]:
        fields = line.split(" ")
        if len(fields) > port:
            mask = int(fields[admin])
            sessions, limit = limits.get(fields[name], (0, 0))
            state = "maint" if mask & MAINT else "drain" if mask & DRAIN else "ready"
            rows[fields[name]] = Row(
                int(fields[number]),
                sessions,
                int(fields[initial]),
                State(literal(fields[address]), int(fields[port]), int(fields[weight]), limit, state),
            )
    return rows


def _stat_columns(stat: str) -> dict[str, tuple[int, int]]:
    """Server name -> (sessions and queue, limit of sessions)."""
    lines = stat.splitlines()
    fields = lines[0].lstrip("# ").split(",")
    name, queue, now, limit = (fields.index(field) for field in ("svname", "qcur", "scur", "slim"))
    found: dict[str, tuple[int, int]] = {}
    for line in lines[1:]:
        values = line.split(",", limit + 1)
        if len(values) > limit:
            busy = int(values[queue] or 0) + int(values[now] or 0)
            found[values[name]] = busy, int(values[limit] or 0)
    return found


def differences(desired: State, found: State) -> State:
    """The parts of ``desired`` that the process does not have; None elsewhere."""
    if desired == found:
        return _NO_DIFFERENCE
    parts: list[Any] = [want if want not in (None, has) else None for want, has in zip(desired, found)]
    return State(*parts)


def drifted(proxy: Proxy, rows: dict[str, Row]) -> bool:
    """Whether the servers of a process differ from those of a process that would read the file now."""
    if proxy.servers.keys() != rows.keys():
        return True
    return any(
        any(part is not None for part in differences(server.state, rows[name].state))
        for name, server in proxy.servers.items()
    )
