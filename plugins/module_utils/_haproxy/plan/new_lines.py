# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New lines: sections, servers, and the words of a line. Loaded only when something is added."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.desired import DesiredSection, switched_on
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.validator import Values
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.address import join_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import may_begin_section
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.editor import INDENT_OF_NEW_FILES
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import (
    BIND_READER,
    SERVER_READER,
    Reader,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import ONE, join_entry, table_of


def section_lines(desired: DesiredSection, indent: str, inherited: set[str], problems: list[Problem]) -> list[str]:
    """The lines of a new section. ``inherited`` are the options that defaults may switch on."""
    header = f"{desired.kind} {desired.name}".rstrip()
    lines = []
    if desired.inherits is not None:
        header += f" from {desired.inherits}"
    bind = [f"bind {bind_address(line)}{new_words(line, BIND_READER)}" for line in desired.bind or ()]
    for option, directive in table_of(desired.kind).items():
        if option not in desired.values:
            continue
        value = desired.values[option]
        if directive.shape != ONE:
            lines += [join_entry(directive, entry) for entry in value]
        elif directive.kind is None:
            lines += [join_entry(directive, "")] if value else []
        else:
            lines.append(join_entry(directive, directive.kind.to_text(value)))
    lines = bind + lines + (desired.directives or [])
    if desired.default_server:
        lines.append("default-server" + new_words(desired.default_server, SERVER_READER, inherited))
    inherited = inherited | switched_on(desired)
    for place, server in enumerate(desired.servers or ()):
        lines.append(new_server(server, f"{desired.path}servers[{place}].", inherited, problems))
    return [header] + [indent + extra_indent(line, indent, "") + line for line in lines]


def extra_indent(line: str, indent: str, header: str) -> str:
    """The additional indentation for a line whose keyword is unknown, so that it cannot be read as the start of a
    section."""
    if len(indent) > len(header) or not may_begin_section(line.split(None, 1)[0]):
        return ""
    return INDENT_OF_NEW_FILES


def new_server(server: Values, path: str, inherited: set[str], problems: list[Problem]) -> str:
    """A server's whole line. A new server needs an address; without one, a problem is added."""
    if server.get("address") is None:
        problems.append(
            Problem(f"{path}address", None, f"is missing, and {server['name']} is a new server", "Give its address.")
        )
        return ""
    address = join_address(server["address"], server.get("port"))
    return f"server {server['name']} {address}{new_words(server, SERVER_READER, inherited)}"


def bind_address(line: Values) -> str:
    """The address of a listener, as one word."""
    return join_address(line["address"], line.get("port"))


def new_words(line: Values, reader: Reader, inherited: Iterable[str] = ()) -> str:
    """The keywords of a new line, each after a blank. ``inherited`` are the options that a default-server switches on:
    only for those does an option of ``false`` need a word."""
    pieces = []
    for option in reader.given(line):
        argument, value = reader.table[option], line[option]
        if argument.kind is None:
            if value:
                pieces.append(argument.word)
            elif argument.negative and option in inherited:
                pieces.append(argument.negative)
        elif argument.many:
            pieces.extend(f"{argument.word} {argument.kind.to_text(entry)}" for entry in value)
        else:
            pieces.append(f"{argument.word} {argument.kind.to_text(value)}")
    return "".join(" " + piece for piece in pieces)
