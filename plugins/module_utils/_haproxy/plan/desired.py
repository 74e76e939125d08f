# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desired sections, checked: finds every problem, and puts each value where the planner reads it.

Checked values are written into lines of the file unquoted, so no value may end a word, a line or a section.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import Kind
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.validator import Validator, Values, entry_key
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.address import normal_address, takes_port
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import SECTION_KEYWORDS
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import lex
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.current_section import CurrentSection
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.kinds import (
    ADDRESS,
    BIND_PORT,
    NAME,
    SERVER_PORT,
    WORDS,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import BIND, SERVER, Argument
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import (
    ONE,
    SET,
    TABLES,
    Directive,
    join_entry,
    split_entry,
    table_of,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._secrets import KEPT

#: Options that allow two listeners on one address.
_APART = ("interface", "namespace", "process", "thread")


class DesiredSection(NamedTuple):
    """``path`` is the prefix of the user's option paths. ``values`` holds the typed directives that were given; None
    for the other fields means: not given, not managed. ``ensured`` are options of ``values`` that were only given as
    further directives: their entries are added if missing, other entries are not managed. ``exact``: anything not given
    is removed. ``place`` is the index of the section among those of its kind and name, where as many are given as the
    file has."""

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
    place: int | None = None
    exact: bool = False


def switched_on(desired: DesiredSection) -> set[str]:
    """The options that a desired section's default-server switches on."""
    return {option for option, value in (desired.default_server or {}).items() if value is True}


class SectionValidator(Validator):
    """Turns parameters into desired sections and collects their problems."""

    def section(
        self, kind: str, params: Mapping[str, Any], path: str = "", current: CurrentSection | None = None
    ) -> DesiredSection:
        """A desired section. ``params`` are a section's options as Ansible gives them; None means not given.
        ``current`` is what the file has there: values equal to it are not checked."""
        self.current = current or CurrentSection()
        given = {option: value for option, value in params.items() if value is not None}
        exact = given.pop("exact", False)
        if exact:
            given = {"servers": [], "bind": [], "directives": [], **given}
        name = given.pop("name", None)
        if name is not None:
            self.value(f"{path}name", name, NAME, self.current.is_there)
        inherits = given.pop("from", None)
        if inherits is not None:
            self.value(f"{path}from", inherits, NAME)
        servers, default_server = given.pop("servers", None), given.pop("default_server", None)
        bind, directives = given.pop("bind", None), given.pop("directives", None)
        values = self._directives(kind, _flat(given), path)
        own = frozenset(values)
        lines = None
        if directives is not None:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.directives import further

            lines = further(self, kind, directives, values, path)
        return DesiredSection(
            kind,
            name or "",
            path,
            values,
            inherits,
            lines,
            None if default_server is None else self._arguments(default_server, SERVER, f"{path}default_server."),
            None if servers is None else self._servers(servers, f"{path}servers"),
            None if bind is None else self._bind(bind, f"{path}bind"),
            frozenset(
                option for option in values if not exact and option not in own and table_of(kind)[option].shape == SET
            ),
            exact=exact,
        )

    def distinct(self, names: Sequence[str], path: str, what: str) -> None:
        """Add a problem for each name that is in a list twice."""
        if len(set(names)) == len(names):
            return
        seen: set[str] = set()
        for index, name in enumerate(names):
            if name in seen:
                self.second(f"{path}[{index}].name", name, what)
            seen.add(name)

    def section_keyword(self, option: str, keyword: str, is_there: bool) -> None:
        """Add a problem where a keyword begins no section, or one with options of its own. ``is_there``: the file has
        it, so it may come from a HAProxy newer than our tables."""
        if keyword in TABLES:
            self.problem(option, keyword, "has options of its own", "Give it in the option of its name.")
        elif keyword not in SECTION_KEYWORDS and not is_there:
            known = ", ".join(sorted(SECTION_KEYWORDS.difference(TABLES)))
            reason = "is not a known section keyword, and the file has no such section"
            self.problem(option, keyword, reason, f"Use one of {known}.")

    def _directives(self, kind: str, given: Values, path: str) -> Values:
        table = table_of(kind)
        for option, value in given.items():
            directive = table[option]
            if directive.shape != ONE:
                given[option] = [
                    self._entry(directive, entry, f"{path}{option}[{index}]") for index, entry in enumerate(value)
                ]
                if directive.shape == SET:
                    self._distinct_entries(directive, given[option], path + option)
            elif directive.kind is not None:
                self.no_mark(path + option, value)
                self.value(path + option, value, directive.kind)
        return given

    def _entry(self, directive: Directive, entry: str, option: str) -> str:
        """An entry of a list, checked, with the file's secret in the place of a mask."""
        if KEPT in entry:
            line = join_entry(directive, entry)
            kept = self.kept(line, option)
            return entry if kept is line else split_entry(directive, kept, list(lex(kept).words))
        self.value(option, entry, WORDS, lambda: self.current.says(join_entry(directive, entry)))
        return entry

    def _distinct_entries(self, directive: Directive, entries: list[str], option: str) -> None:
        seen: dict[tuple[str, ...], int] = {}
        for index, entry in enumerate(entries):
            first = seen.setdefault(entry_key(directive, entry), index)
            if first != index and not self.stand(directive, entry, entries):
                reason = f"means the same as {option}[{first}], or its opposite"
                self.problem(f"{option}[{index}]", entry, reason, "Give it once.")

    def _servers(self, servers: list[Mapping[str, Any]], path: str) -> list[Values]:
        checked = [self._addressed(server, SERVER, f"{path}[{index}].") for index, server in enumerate(servers)]
        self.distinct([server["name"] for server in checked], path, "a server")
        return checked

    def _bind(self, binds: list[Mapping[str, Any]], path: str) -> list[Values]:
        checked = [self._addressed(bind, BIND, f"{path}[{index}].") for index, bind in enumerate(binds)]
        seen: set[tuple[str, ...]] = set()
        there: Counter[tuple[str, str]] = Counter()
        for index, bind in enumerate(checked):
            address, port = bind.setdefault("address", "*"), bind.get("port", "")
            where = normal_address(address), port
            if takes_port(address) and not port and not self.current.binds(*where):
                self.problem(f"{path}[{index}].port", None, f"is missing for {address}", "Give the port to listen on.")
            apart = tuple(str(bind.get(option, "")) for option in _APART)
            there[where] += 1
            if (*where, *apart) in seen and there[where] > self.current.binds(*where):
                self.problem(f"{path}[{index}]", ":".join(where), "is listed twice", "Bind an address once.")
            seen.add((*where, *apart))
        return checked

    def _addressed(self, params: Mapping[str, Any], table: dict[str, Argument], path: str) -> Values:
        given = self._arguments(params, table, path)
        address, port = given.get("address"), given.get("port")
        if port is not None:
            given["port"] = port = str(port)

        def stands() -> bool:
            if table is BIND:
                return self.current.binds(address or "*", port or "") > 0
            return address is not None and self.current.has_server(given["name"], address, port or "")

        if "name" in given and table is SERVER:
            self.value(f"{path}name", given["name"], NAME, stands)
        if address is not None:
            self.value(f"{path}address", address, ADDRESS, stands)
        if port is not None:
            self.value(f"{path}port", port, BIND_PORT if table is BIND else SERVER_PORT, stands)
            if address is not None and not takes_port(address):
                self.problem(f"{path}port", port, f"cannot be used with {address}", "Leave the port out.")
        return given

    def _arguments(self, params: Mapping[str, Any], table: dict[str, Argument], path: str) -> Values:
        given = {option: value for option, value in params.items() if value is not None}
        passed = self.passed
        for option, value in given.items():
            argument = table.get(option)
            if argument is None or argument.kind is None:
                continue
            if argument.many:
                for entry in value:
                    self._argument(path + option, entry, argument.kind)
            elif (id(argument.kind), value) not in passed:
                self._argument(path + option, value, argument.kind)
        return given

    def _argument(self, option: str, value: Any, kind: Kind) -> None:
        self.no_mark(option, value)
        self.value(option, value, kind)


def _flat(given: Values) -> Values:
    """``{"timeouts": {"client": 1}}`` as ``{"timeouts.client": 1}``; options of None were not given."""
    flat: Values = {}
    for option, value in given.items():
        if isinstance(value, dict):
            flat.update((f"{option}.{key}", entry) for key, entry in value.items() if entry is not None)
        else:
            flat[option] = value
    return flat
