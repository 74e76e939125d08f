# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A text as data, in the shape of haproxy_config's own options: what is read here can be given there."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.document import Document, Section, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.kinds import split_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.lexer import lex, meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.line_vocabulary import (
    BIND_READER,
    SERVER_READER,
    Reader,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.secrets import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.section_vocabulary import (
    ONE,
    Classifier,
    Directive,
    split_entry,
    table_of,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._values import Kind

_LISTS = {"defaults": "defaults", "frontend": "frontends", "listen": "listens", "backend": "backends"}


def describe(text: str) -> dict[str, Any]:
    """Every section of a text, secrets masked. A line that depends on ``.if`` is told as if it always counted."""
    document = parse(redact(text))
    told: dict[str, Any] = {
        "global": {},
        "defaults": [],
        "frontends": [],
        "listens": [],
        "backends": [],
        "sections": [],
    }
    for section in document.sections:
        content = _section(document, section)
        if section.kind == "global":
            _merge(told["global"], content)
        elif section.kind in _LISTS:
            told[_LISTS[section.kind]].append({**_header(section), **content})
        else:
            told["sections"].append({"type": section.kind, **_header(section), **content})
    return told


def _header(section: Section) -> dict[str, Any]:
    header: dict[str, Any] = {"name": section.name} if section.name else {}
    if section.words[-2:-1] == ("from",):
        header["from"] = section.words[-1]
    return header


def _merge(told: dict[str, Any], content: dict[str, Any]) -> None:
    """Further ``global`` sections add to the first."""
    for option, value in content.items():
        told[option] = told[option] + value if isinstance(value, list) and option in told else value


def _section(document: Document, section: Section) -> dict[str, Any]:
    classifier, table = Classifier(section.kind), table_of(section.kind)
    told: dict[str, Any] = {}
    for index in document.body(section):
        content = document.content(index)
        words = meanings(content)
        option = classifier.option(words) if words else None
        if option == "server":
            told.setdefault("servers", []).append(_server(words))
        elif option == "default-server":
            told.setdefault("default_server", {}).update(_arguments(words, 1, SERVER_READER))
        elif option == "bind":
            told.setdefault("bind", []).append(_bind(words))
        elif option is None:
            told.setdefault("directives", []).append(_plain(content.strip()))
        else:
            _directive(told, option, table[option], content)
    return told


def _directive(told: dict[str, Any], option: str, directive: Directive, content: str) -> None:
    text = _plain(split_entry(directive, content, list(lex(content).words)))
    group, dot, name = option.partition(".")
    if dot:
        told.setdefault(group, {})[name] = text
    elif directive.shape != ONE:
        told.setdefault(option, []).append(text)
    else:
        told[option] = True if directive.kind is None else _value(directive.kind, text)


def _server(words: list[str]) -> dict[str, Any]:
    told: dict[str, Any] = {"name": _plain(words[1]) if len(words) > 1 else ""}
    if len(words) > 2:
        told.update(_place(words[2]))
    return {**told, **_arguments(words, 3, SERVER_READER)}


def _bind(words: list[str]) -> dict[str, Any]:
    return {**(_place(words[1]) if len(words) > 1 else {}), **_arguments(words, 2, BIND_READER)}


def _place(word: str) -> dict[str, Any]:
    address, port = split_address(word)
    told: dict[str, Any] = {"address": _plain(address)}
    if port:
        told["port"] = int(port) if port.isdigit() else _plain(port)
    return told


def _arguments(words: list[str], first: int, reader: Reader) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for option, places in reader.find(words, first).items():
        argument = reader.table[option]
        if argument.kind is None:
            told[option] = places[-1][2]
            continue
        values = [_value(argument.kind, _plain(" ".join(words[start + 1 : end]))) for start, end, _yes in places]
        told[option] = values if argument.many else values[-1]
    return told


def _value(kind: Kind, text: str) -> Any:
    return int(text) if kind.argument["type"] == "int" and text.lstrip("-").isdigit() else text


def _plain(text: str) -> str:
    """A text without the marks of the lexer."""
    return text.replace("\0", "")
