# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user asks of a section, checked: every problem found, and every value in the place the planner reads it.

Checked values go into lines of the file unquoted, so nothing passes here that could end a word, a line or a section.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.document import SECTION_KEYWORDS
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.kinds import (
    ADDRESS,
    NAME,
    WORDS,
    line_complaint,
    normal_address,
    takes_port,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.lexer import lex, meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.line_vocabulary import BIND, SERVER, Argument
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.secrets import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.section_vocabulary import (
    ONE,
    SET,
    Classifier,
    Directive,
    split_entry,
    table_of,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._values import Kind, integer

PORT = integer(1, 65535)
_LINE_OPTIONS = {"server": "servers", "default-server": "default_server", "bind": "bind"}

#: Options that keep two listeners on one address from each other.
_APART = ("interface", "namespace", "process", "thread")

Values = dict[str, Any]


class DesiredSection(NamedTuple):
    """``path`` is what the user's option paths begin with. ``values`` holds the typed directives that were given;
    None for the rest means that it was not given and is not managed. ``ensured`` are the options of ``values`` that
    were given as further directives only: their entries are to be there, others beside them are not managed."""

    kind: str
    name: str
    path: str
    values: Values
    inherits: str | None = None
    directives: list[str] | None = None
    default_server: Values | None = None
    servers: list[Values] | None = None
    bind: list[Values] | None = None
    ensured: frozenset[str] = frozenset()


class Check:
    """Turns parameters into desired sections and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._passed: set[tuple[int, Any]] = set()

    def section(self, kind: str, params: Mapping[str, Any], path: str = "") -> DesiredSection:
        """``params`` are a section's options as Ansible gives them; those of None were not given."""
        given = {option: value for option, value in params.items() if value is not None}
        name = given.pop("name", None)
        if name is not None:
            self._value(f"{path}name", name, NAME)
        inherits = given.pop("from", None)
        if inherits is not None:
            self._value(f"{path}from", inherits, NAME)
        servers, default_server = given.pop("servers", None), given.pop("default_server", None)
        bind, directives = given.pop("bind", None), given.pop("directives", None)
        values = self._directives(kind, _flat(given), path)
        own = frozenset(values)
        further = None if directives is None else self._further(kind, directives, values, path)
        return DesiredSection(
            kind,
            name or "",
            path,
            values,
            inherits,
            further,
            None if default_server is None else self._arguments(default_server, SERVER, f"{path}default_server."),
            None if servers is None else self._servers(servers, f"{path}servers"),
            None if bind is None else self._bind(bind, f"{path}bind"),
            frozenset(option for option in values if option not in own and table_of(kind)[option].shape == SET),
        )

    def distinct(self, names: Sequence[str], path: str, what: str) -> None:
        """A problem for each name that stands in a list twice."""
        if len(set(names)) == len(names):
            return
        seen: set[str] = set()
        for index, name in enumerate(names):
            if name in seen:
                self._problem(
                    f"{path}[{index}].name", name, f"names {what} a second time", "Give every one its own name."
                )
            seen.add(name)

    def _problem(self, option: str, value: Any, reason: str, remedy: str) -> None:
        shown = redact(value) if isinstance(value, str) else value
        self.problems.append(Problem(option, shown, reason, remedy))

    def _value(self, option: str, value: Any, kind: Kind) -> None:
        key = (id(kind), value)
        if key in self._passed:
            return
        complaint = kind.complain(value)
        if complaint is None:
            self._passed.add(key)
        elif kind.argument.get("no_log"):
            self._problem(option, "VALUE_HIDDEN", *complaint)
        else:
            self._problem(option, value, *complaint)

    def _directives(self, kind: str, given: Values, path: str) -> Values:
        table = table_of(kind)
        for option, value in given.items():
            directive = table[option]
            if directive.shape != ONE:
                for index, entry in enumerate(value):
                    self._value(f"{path}{option}[{index}]", entry, WORDS)
                if directive.shape == SET:
                    self._distinct_entries(directive, value, path + option)
            elif directive.kind is not None:
                self._value(path + option, value, directive.kind)
        return given

    def _distinct_entries(self, directive: Directive, entries: list[str], option: str) -> None:
        seen: dict[tuple[str, ...], int] = {}
        for index, entry in enumerate(entries):
            first = seen.setdefault(entry_key(directive, entry), index)
            if first != index:
                reason = f"says the same as {option}[{first}], or its opposite"
                self._problem(f"{option}[{index}]", entry, reason, "Give it once.")

    def _further(self, kind: str, lines: list[str], values: Values, path: str) -> list[str]:
        """The lines that no typed option covers; those that one covers are put among ``values``."""
        classifier, table = Classifier(kind), table_of(kind)
        further: list[str] = []
        given = frozenset(values)
        for index, line in enumerate(lines):
            option = f"{path}directives[{index}]"
            complaint = line_complaint(line) or _keyword_complaint(line)
            if complaint is not None:
                self._problem(option, line, *complaint)
                continue
            typed = classifier.option(meanings(line))
            if typed is None:
                further.append(line.strip())
            elif typed in _LINE_OPTIONS:
                self._problem(option, line, f"is a {typed} line", f"Give it in {path}{_LINE_OPTIONS[typed]}.")
            elif typed in given:
                self._problem(option, line, f"is also given as {path}{typed}", "Give it in one place.")
            else:
                self._routed(option, line, typed, table[typed], values)
        return further

    def _routed(self, option: str, line: str, typed: str, directive: Directive, values: Values) -> None:
        """A directive that has an option of its own is checked and planned as that option."""
        entry = split_entry(directive, line, list(lex(line).words))
        if directive.shape != ONE:
            entries = values.setdefault(typed, [])
            key = entry_key(directive, entry)
            if directive.shape == SET and any(entry_key(directive, other) == key for other in entries):
                self._problem(option, line, "says the same as another line, or its opposite", "Give it once.")
            entries.append(entry)
        elif typed in values:
            self._problem(option, line, "is given twice, and the last line counts", "Give it once.")
        elif directive.kind is None:
            values[typed] = True
        elif directive.kind.argument["type"] == "int" and not entry.lstrip("-").isdigit():
            self._problem(option, line, "needs one whole number", f"Write {' '.join(directive.words)} and a number.")
        else:
            value = int(entry) if directive.kind.argument["type"] == "int" else entry
            self._value(option, value, directive.kind)
            values[typed] = value

    def _servers(self, servers: list[Mapping[str, Any]], path: str) -> list[Values]:
        checked = [self._addressed(server, SERVER, f"{path}[{index}].") for index, server in enumerate(servers)]
        self.distinct([server["name"] for server in checked], path, "a server")
        return checked

    def _bind(self, binds: list[Mapping[str, Any]], path: str) -> list[Values]:
        checked = [self._addressed(bind, BIND, f"{path}[{index}].") for index, bind in enumerate(binds)]
        seen: set[tuple[str, ...]] = set()
        for index, bind in enumerate(checked):
            address = bind.setdefault("address", "*")
            if takes_port(address) and "port" not in bind:
                self._problem(f"{path}[{index}].port", None, f"is missing for {address}", "Give the port to listen on.")
            where = normal_address(address), str(bind.get("port", ""))
            apart = tuple(str(bind.get(option, "")) for option in _APART)
            if (*where, *apart) in seen:
                self._problem(f"{path}[{index}]", ":".join(where), "is bound a second time", "Bind an address once.")
            seen.add((*where, *apart))
        return checked

    def _addressed(self, params: Mapping[str, Any], table: dict[str, Argument], path: str) -> Values:
        given = self._arguments(params, table, path)
        if "name" in given and table is SERVER:
            self._value(f"{path}name", given["name"], NAME)
        address = given.get("address")
        if address is not None:
            self._value(f"{path}address", address, ADDRESS)
        if "port" in given:
            self._value(f"{path}port", given["port"], PORT)
            if address is not None and not takes_port(address):
                self._problem(f"{path}port", given["port"], f"cannot go with {address}", "Leave the port out.")
        return given

    def _arguments(self, params: Mapping[str, Any], table: dict[str, Argument], path: str) -> Values:
        given = {option: value for option, value in params.items() if value is not None}
        for option, value in given.items():
            argument = table.get(option)
            if argument is None or argument.kind is None:
                continue
            for entry in value if argument.many else (value,):
                self._value(path + option, entry, argument.kind)
        return given


def entry_key(directive: Directive, entry: str) -> tuple[str, ...]:
    """What makes an entry of a SET the same entry: its first words, an opposite included."""
    words = meanings(entry)
    if words and words[0] in ("no", "default"):
        words = words[1:]
    return tuple(words[: directive.key] if directive.key else words)


def _keyword_complaint(line: str) -> tuple[str, str] | None:
    keyword = meanings(line)[0]
    if keyword in SECTION_KEYWORDS:
        return "begins a new section", "Give sections in haproxy_config's own options."
    if keyword.startswith("."):
        return "is a conditional or message of HAProxy's preprocessor", "Decide in the playbook instead (when, if)."
    if keyword.startswith("["):
        return "begins with a bracket, which HAProxy takes for a scope", "Leave the bracket out."
    return None


def _flat(given: Values) -> Values:
    """``{"timeouts": {"client": 1}}`` as ``{"timeouts.client": 1}``; options of None were not given."""
    flat: Values = {}
    for option, value in given.items():
        if isinstance(value, dict):
            flat.update((f"{option}.{key}", entry) for key, entry in value.items() if entry is not None)
        else:
            flat[option] = value
    return flat
