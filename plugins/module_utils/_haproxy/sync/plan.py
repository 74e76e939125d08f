# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that take a running process from what it has to what a file says, or the reasons why a reload is needed.

Pure. The rules are the manual's ("add server", "del server", "set server" in management.txt) and those of src/server.c.
Whatever a version is not known to support is done by a reload, which is always correct.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.address import join_address, split_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document, Section
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import LIVE_DOLLAR, meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import (
    FILE,
    NEVER,
    NO_EFFECT,
    SERVER,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.servers import (
    SET_AT_RUNTIME,
    FileServer,
    Options,
    Proxy,
    Row,
    State,
    differences,
    proxies,
)

#: The versions since which ``add server`` and ``del server`` exist, and since which they need no experimental-mode.
_DYNAMIC, _STABLE = (2, 4), (2, 6)

_DYNAMIC_BALANCE = ("roundrobin", "leastconn", "random", "first")
#: Algorithms for which a server's number matters.
_NUMBERED = ("first", "hash")


class Target(NamedTuple):
    """A server of the running process."""

    backend: str
    server: str


class RuntimeChange(NamedTuple):
    """``commands`` are sent together; ``removals`` follow after all of them. ``summaries`` has a line for each change.
    ``reasons`` say why a reload is needed instead of all that, ``spares_sessions`` whether it is only for the sake of
    sessions that clients have now."""

    summaries: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    removals: tuple[Target, ...] = ()
    reasons: tuple[str, ...] = ()
    #: Servers whose sessions the commands end.
    shutting: tuple[Target, ...] = ()
    spares_sessions: bool = False


class Abilities(NamedTuple):
    """What the process supports: its version, and the access level of the socket."""

    version: tuple[int, ...]
    level: str


def plan_change(
    old: Document, new: Document, names: set[str], rows: dict[str, dict[str, Row]], abilities: Abilities
) -> RuntimeChange:
    """From a process that has read ``old`` to one that has read ``new``. ``names`` are proxies to compare even if the
    file's text about them is the same; ``rows`` the servers of every proxy that is read."""
    same = old.text == new.text
    reasons = [] if same else _other_lines(old, new)
    after = proxies(new, names if same else None)
    before = after if same else proxies(old)
    planner = _Planner(old, abilities)
    for name, proxy in after.items():
        known = before.get(name)
        if known is None or (known.servers == proxy.servers and name not in names):
            continue
        if name in rows:
            planner.proxy(known, proxy, rows[name])
        elif known.servers != proxy.servers:
            planner.reasons.append(f"{proxy.title} is not in the running process")
    if (planner.commands or planner.removals) and abilities.level != "admin":
        planner.reasons.append(f"the socket's level is {abilities.level}, which may not change anything")
    reasons += planner.reasons
    if reasons:
        return RuntimeChange(reasons=tuple(dict.fromkeys(reasons)))
    removals, shutting = tuple(planner.removals), tuple(planner.shutting)
    return RuntimeChange(tuple(planner.summaries), tuple(planner.commands), removals, shutting=shutting)


def touched(old: Document, new: Document) -> set[str]:
    """The proxies in both files whose servers differ."""
    before, after = proxies(old), proxies(new)
    return {name for name in before.keys() & after.keys() if before[name].servers != after[name].servers}


def plan_return(
    file: Document, before: dict[str, dict[str, Row]], now: dict[str, dict[str, Row]], abilities: Abilities
) -> tuple[RuntimeChange, list[str]]:
    """The change from ``now`` back to the state ``before``, and what cannot be reverted, in words. ``file`` is what the
    process had read."""
    planner = _Planner(file, abilities)
    lost: list[str] = []
    known = proxies(file)
    for name, rows in before.items():
        found = now.get(name, {})
        planner.removals += [Target(name, server) for server in found if server not in rows]
        for server, row in rows.items():
            if server in found:
                planner.state(name, server, row.state, found[server].state)
            elif name in known and server in known[name].servers:
                planner.add(known[name], known[name].servers[server], row.state)
            else:
                lost.append(f"{name}/{server}, which no file has, was deleted")
    lost += planner.reasons
    return RuntimeChange(tuple(planner.summaries), tuple(planner.commands), tuple(planner.removals)), lost


class _Planner:
    """Collects commands, and reasons against them."""

    def __init__(self, old: Document, abilities: Abilities) -> None:
        self.old = old
        self.abilities = abilities
        self.summaries: list[str] = []
        self.commands: list[str] = []
        self.removals: list[Target] = []
        self.shutting: list[Target] = []
        self.reasons: list[str] = []
        self._experimental = False

    def proxy(self, before: Proxy, after: Proxy, rows: dict[str, Row]) -> None:
        if not (before.known and after.known):
            if before.servers != after.servers:
                self._cannot(after, "its servers cannot be determined from the file alone")
            return
        for name, server in after.servers.items():
            if name not in rows:
                self._say(after, f"server {name} added")
                self.add(after, server, server.state)
            elif name not in before.servers:
                self._cannot(after, f"server {name} was added by something else, with unknown settings")
            else:
                self._kept(after, before.servers[name], server, rows[name])
        for name in rows:
            if name not in after.servers:
                self._remove(after, name)
        if before.servers.keys() != after.servers.keys() and _algorithm(after) in _NUMBERED:
            self._numbers(after, rows)

    def _say(self, proxy: Proxy, what: str) -> None:
        self.summaries.append(f"running HAProxy: {proxy.title}: {what}")

    def _cannot(self, proxy: Proxy, why: str) -> None:
        self.reasons.append(f"{proxy.title}: {why}")

    def _kept(self, proxy: Proxy, before: FileServer, after: FileServer, row: Row) -> None:
        for option in sorted({*before.options, *after.options}.difference(SET_AT_RUNTIME)):
            if _value_of(before.options, option) != _value_of(after.options, option):
                self._cannot(proxy, f"server {after.name}: {SERVER[option].word} cannot be changed at runtime")
        if before.rest != after.rest:
            self._cannot(
                proxy, f"server {after.name}: {_first_difference(before.rest, after.rest)} cannot be changed at runtime"
            )
        if before.place != after.place and not _movable(before, after):
            self._cannot(proxy, f"server {after.name}: {before.place} -> {after.place} cannot be changed at runtime")
        for option, number in (("weight", after.state.weight), ("maxconn", after.state.maxconn)):
            if number is None and before.options.get(option) != after.options.get(option):
                self._cannot(proxy, f"server {after.name}: {option} cannot be changed at runtime")
        if after.state.state is None and bool(before.options.get("disabled")) != bool(after.options.get("disabled")):
            self._cannot(proxy, f"server {after.name}: its state is set by its agent")
        missing = differences(after.state, row.state)
        if missing.weight not in (None, 0, row.initial_weight) and self._dynamic(proxy):
            self._cannot(proxy, f"server {after.name}: weight cannot be changed at runtime with this balance")
        if missing.state == "maint" and "shutdown-sessions" in after.options.get("on_marked_down", ()):
            self.shutting.append(Target(proxy.name, after.name))
        for part, desired, found in zip(State._fields, missing, row.state):
            if desired is not None:
                self._say(proxy, f"server {after.name}: {part} {found} -> {desired}")
        self.state(proxy.name, after.name, after.state, row.state)

    def state(self, backend: str, server: str, desired: State, found: State) -> None:
        """Add the commands that bring one server's changeable settings to the desired state."""
        missing = differences(desired, found)
        target = f"{backend}/{server}"
        if missing.address is not None or missing.port is not None:
            address, port = desired.address or found.address, desired.port or found.port
            self.commands.append(f"set server {target} addr {address}" + (f" port {port}" if port else ""))
        if missing.maxconn is not None:
            self.commands.append(f"set maxconn server {target} {missing.maxconn}")
        if missing.weight is not None:
            self.commands.append(f"set server {target} weight {missing.weight}")
        if missing.state is not None:
            self.commands.append(f"set server {target} state {missing.state}")

    def add(self, proxy: Proxy, server: FileServer, state: State) -> None:
        """Add the commands that create a server with the settings of its line, and give it its state."""
        subject = f"server {server.name}"
        problem = self._versed() or self._dynamic(proxy) or self._unaddable(server)
        if problem:
            self._cannot(proxy, f"{subject}: {problem}")
            return
        address, port = split_address(server.place)
        words = ["add server", f"{proxy.name}/{server.name}", join_address(literal_of(address), port)]
        for option, value in server.options.items():
            argument = SERVER[option]
            if argument.runtime == NO_EFFECT or option == "disabled":
                continue
            if isinstance(value, bool):
                # HAProxy accepts no keyword here for what is the default anyway.
                words += [] if value == argument.on else [argument.word if value else argument.negative]
            else:
                words += [argument.word, *value]
        command = " ".join(words)
        if not _PLAIN.fullmatch(command) or any(" " in word for word in words[1:]):
            self._cannot(proxy, f"{subject}: one of its values cannot be sent to the socket")
            return
        if self.abilities.version < _STABLE and not self._experimental:
            self.commands.append("experimental-mode on")
            self._experimental = True
        self.commands.append(command)
        target = f"{proxy.name}/{server.name}"
        if server.options.get("check"):
            self.commands.append(f"enable health {target}")
        if server.options.get("agent_check"):
            self.commands.append(f"enable agent {target}")
        self.state(proxy.name, server.name, state._replace(state=None), server.state)
        # A new server starts in maintenance.
        desired = state.state or ("maint" if server.options.get("disabled") else "ready")
        if desired != "maint":
            self.commands.append(f"set server {target} state {desired}")

    def _versed(self) -> str:
        return "this version cannot add or delete servers at runtime" if self.abilities.version < _DYNAMIC else ""

    def _dynamic(self, proxy: Proxy) -> str:
        """Why a proxy's balance algorithm supports neither new servers nor all weights at runtime; empty where it
        does."""
        return (
            ""
            if _algorithm(proxy) in (*_DYNAMIC_BALANCE, "hash")
            else "with this balance that cannot be done at runtime"
        )

    def _unaddable(self, server: FileServer) -> str:
        """Why ``add server`` does not support the server's options; empty where it does."""
        if server.state.address is None:
            return "a host name is resolved at the start only"
        if server.state.port is None:
            return "without a port it cannot be added at runtime"
        if server.rest:
            return f"{server.rest[0]} cannot be set at runtime"
        for option, value in server.options.items():
            argument = SERVER[option]
            if argument.runtime == NO_EFFECT or (value is False and not argument.on):
                continue
            if argument.runtime == NEVER or tuple(map(int, argument.runtime.split("."))) > self.abilities.version:
                return f"{argument.word} cannot be set at runtime"
            if argument.kind is FILE and not any(word in self.old.text for word in value):
                return f"{value[0]} is read at the start only"
        if (server.options.get("ssl") or server.options.get("check_ssl")) and (
            "ssl-default-server-" in self.old.text or "verify" not in server.options
        ):
            return "its ssl settings come from global, which is read at the start only"
        return ""

    def _remove(self, proxy: Proxy, name: str) -> None:
        problem = self._versed() or self._dynamic(proxy)
        if not problem and _referred_to(self.old.text, proxy.name, name):
            problem = "other lines of the file refer to it"
        if problem:
            self._cannot(proxy, f"server {name}: {problem}")
            return
        self._say(proxy, f"server {name} deleted, once its sessions have ended")
        self.removals.append(Target(proxy.name, name))

    def _numbers(self, proxy: Proxy, rows: dict[str, Row]) -> None:
        """A reload numbers servers in file order; a server added at runtime gets the lowest free number."""
        given = {name: int(server.options["id"][0]) for name, server in proxy.servers.items() if "id" in server.options}
        free = _free(set(given.values()))
        desired = {name: given.get(name) or next(free) for name in proxy.servers}
        kept = {name: rows[name].id for name in proxy.servers if name in rows}
        taken = _free({row.id for row in rows.values()} | set(given.values()))
        live = {name: kept.get(name) or given.get(name) or next(taken) for name in proxy.servers}
        if desired != live:
            self._cannot(proxy, "with this balance the order of servers matters, and at runtime it would differ")


#: A text that is one command, whatever its values: no quoting, no escape, no second command.
_PLAIN = re.compile(r"(?:(?!<<)[ !$-&(-:<-\[\]-~])+")


def _free(taken: set[int]) -> Iterator[int]:
    """The free numbers, lowest first."""
    return (number for number in count(1) if number not in taken)


def literal_of(address: str) -> str:
    """An address without the prefix for its family."""
    return address.rpartition("@")[2]


def _algorithm(proxy: Proxy) -> str:
    """The balance algorithm. ``hash`` stands for every consistent hash, ``map`` for a hash by a map."""
    words = proxy.lines.get("balance", ())
    algorithm = words[0].partition("(")[0] if words else "roundrobin"
    if algorithm in ("source", "uri", "url_param", "hdr", "hash", "rdp-cookie"):
        return "hash" if "consistent" in proxy.lines.get("hash-type", ()) else "map"
    return algorithm


def _value_of(options: Options, option: str) -> object:
    """An option's value. A flag that is not given is off, or on where that is the default."""
    if option in options:
        return options[option]
    return SERVER[option].on if SERVER[option].kind is None else None


def _movable(before: FileServer, after: FileServer) -> bool:
    """Whether ``set server addr`` supports the change: from address and port to address and port."""
    states = (before.state, after.state)
    return all(state.address is not None and state.port is not None for state in states)


def _first_difference(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    return next((word for word in (*after, *before) if word not in before or word not in after), "its rest")


def _referred_to(text: str, backend: str, server: str) -> bool:
    name, proxy = re.escape(server), re.escape(backend)
    pattern = rf"\b(use-server|track|force-persist)[ \t]+({proxy}/)?{name}(?=\s|$)|\b{proxy}/{name}(?=[\s,)]|$)"
    return re.search(pattern, text, re.MULTILINE) is not None


def _other_lines(old: Document, new: Document) -> list[str]:
    """Why a reload is needed, apart from servers: everything else that differs between the files."""
    before, after = _statements(old), _statements(new)
    reasons = [f"{title} cannot be added at runtime" for title in after if title not in before]
    reasons += [f"{title} cannot be removed at runtime" for title in before if title not in after]
    if not reasons and list(before) != list(after):
        reasons.append("the order of the sections cannot be changed at runtime")
    for title in before.keys() & after.keys():
        if before[title] != after[title]:
            changed = [line for line in after[title] if line not in before[title]]
            changed += [line for line in before[title] if line not in after[title]]
            keywords = dict.fromkeys(_keyword(line) for line in changed or after[title][:1])
            reasons += [f"{title}: {keyword} cannot be changed at runtime" for keyword in keywords]
    return reasons


def _statements(document: Document) -> dict[str, list[tuple[str, ...]]]:
    """Section title -> its lines by meaning, without those that only affect its servers."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for section in document.sections:
        lines = found.setdefault(section.title, [])
        lines.append(("from", *section.words[2:]))
        for index in document.body(section):
            if not _is_of_servers(section, document.lines[index].keyword):
                lines.append(tuple(meanings(document.content(index))))
    return found


def _is_of_servers(section: Section, keyword: str) -> bool:
    return section.kind in ("backend", "listen") and keyword in ("server", "default-server")


def _keyword(line: tuple[str, ...]) -> str:
    """The words that identify a line in a message: no values, which may be secret."""
    first = line[0].replace(LIVE_DOLLAR, "$")
    return f"{first} {line[1]}" if first in ("option", "timeout", "stats", "no") and len(line) > 1 else first
