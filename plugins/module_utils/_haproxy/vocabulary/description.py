# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A text as data, in the form of haproxy_config's options: the result of a read can be applied again.

A line whose value its option cannot hold (a variable, a number out of range) is listed among the directives;
haproxy_config accepts it there because it is in the file. A secret within a line is replaced by a mask that means "keep
the secret in the file"; an option that is secret as a whole is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import Kind
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.address import split_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import (
    SECTION_KEYWORDS,
    Document,
    Section,
    parse,
    unclear,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import Word, is_special, lex, meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.kinds import is_quotable, value_of
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import (
    BIND_READER,
    SERVER_READER,
    Reader,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import (
    ONE,
    Classifier,
    Directive,
    split_entry,
    table_of,
    typed_value,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._secrets import KEPT

_VALUES: dict[tuple[int, str], Any] = {}
_LISTS = {"defaults": "defaults", "frontend": "frontends", "listen": "listens", "backend": "backends"}


def kept(text: str) -> str:
    """A text with masks that mean "keep the secret in the file" in the place of its secrets."""
    return redact(text, KEPT)


def describe(text: str, shown: Callable[[str], str] = kept) -> dict[str, Any]:
    """Every section of a text, secrets masked by ``shown``. A line under ``.if`` is described as if it always
    applied."""
    document = parse(text)
    options: dict[str, Any] = {
        # Further sections of this kind add to the first.
        "global": _described(document, "global", [each for each in document.sections if each.kind == "global"], shown),
        "defaults": [],
        "frontends": [],
        "listens": [],
        "backends": [],
        "sections": [],
    }
    for section in document.sections:
        if section.kind == "global":
            continue
        if section.kind not in SECTION_KEYWORDS and unclear(document, section) is not None:
            # haproxy_config accepts an unknown section only where it clearly is one.
            continue
        content = _described(document, section.kind, [section], shown)
        if section.kind in _LISTS:
            options[_LISTS[section.kind]].append({**_header(section), **content})
        else:
            options["sections"].append({"type": section.kind, **_header(section), "directives": [], **content})
    return options


def _header(section: Section) -> dict[str, Any]:
    header: dict[str, Any] = {"name": _plain(section.name)} if section.name else {}
    if section.words[-2:-1] == ("from",):
        header["from"] = _plain(section.words[-1])
    return header


def _described(document: Document, kind: str, sections: list[Section], shown: Callable[[str], str]) -> dict[str, Any]:
    classifier, table = Classifier(kind), table_of(kind)
    options: dict[str, Any] = {}
    for index in (index for section in sections for index in document.body(section)):
        line = _Line(document.content(index), shown)
        option = classifier.option(line.words) if line.words else None
        if option == "server":
            options.setdefault("servers", []).append(_server(line))
        elif option == "default-server":
            server = options.setdefault("default_server", {})
            for overridden in SERVER_READER.find(line.words, 1):
                server.pop(overridden, None)
            server.update(_arguments(line, 1, SERVER_READER))
        elif option == "bind":
            options.setdefault("bind", []).append(_bind(line))
        elif option is None or not _directive(options, option, table[option], line):
            options.setdefault("directives", []).append(line.text)
    return options


class _Line:
    """A line without comment and surrounding blanks: its ``text``, secrets masked, and its words by meaning."""

    def __init__(self, content: str, shown: Callable[[str], str]) -> None:
        spans = lex(content).words if is_special(content) else ()
        text = content[spans[0].start : spans[-1].end] if spans else content.partition("#")[0].strip()
        self.text = shown(text if text.isascii() else _spelled(text))
        self.words = meanings(self.text)
        self._spans: list[Word] = []

    def written(self, start: int, end: int) -> str:
        """Some words as they are written."""
        self._spans = self._spans or lex(self.text).words
        return self.text[self._spans[start].start : self._spans[end - 1].end] if start < end else ""


def _directive(options: dict[str, Any], option: str, directive: Directive, line: _Line) -> bool:
    """Add a line to ``options`` as its option; False where the option cannot hold it."""
    entry = split_entry(directive, line.text, list(lex(line.text).words))
    if directive.shape != ONE:
        options.setdefault(option, []).append(entry)
        return True
    value = None if KEPT in entry else typed_value(directive, entry)
    group, dot, name = option.partition(".")
    place, name = (options.setdefault(group, {}), name) if dot else (options, option)
    # The last line counts.
    place.pop(name, None)
    if value is not None:
        place[name] = value
    return value is not None


def _server(line: _Line) -> dict[str, Any]:
    options: dict[str, Any] = {"name": _plain(line.words[1]) if len(line.words) > 1 else ""}
    if len(line.words) > 2:
        options.update(_place(line.words[2]))
    return {**options, **_arguments(line, 3, SERVER_READER)}


def _bind(line: _Line) -> dict[str, Any]:
    return {**(_place(line.words[1]) if len(line.words) > 1 else {}), **_arguments(line, 2, BIND_READER)}


def _place(word: str) -> dict[str, Any]:
    address, port = split_address(word)
    options: dict[str, Any] = {"address": _plain(address)}
    if port:
        options["port"] = int(port) if port.isdecimal() else _plain(port)
    return options


def _arguments(line: _Line, first: int, reader: Reader) -> dict[str, Any]:
    """The options on a line, without values that their options cannot hold."""
    options: dict[str, Any] = {}
    for option, places in reader.find(line.words, first).items():
        argument = reader.table[option]
        kind = argument.kind
        if kind is None:
            options[option] = places[-1][2]
            continue
        texts = [
            line.written(start + 1, end) if is_quotable(kind) else " ".join(line.words[start + 1 : end])
            for start, end, _yes in places
        ]
        values = [_value(kind, text) for text in texts]
        if argument.many and None not in values:
            options[option] = values
        elif not argument.many and values[-1] is not None:
            options[option] = values[-1]
    return options


def _value(kind: Kind, text: str) -> Any:
    """A text as an option's value; None where the option cannot hold it. Cached: files repeat values."""
    key = id(kind), text
    if key not in _VALUES:
        _VALUES[key] = None if KEPT in text else value_of(kind, text)
    return _VALUES[key]


def _spelled(text: str) -> str:
    """A text with HAProxy's escape for every byte that is not UTF-8, which no result can hold. Single quotes allow no
    escapes, so they are closed and opened again around it."""
    pieces, quote, escaped = [], "", False
    for character in text:
        if "\udc80" <= character <= "\udcff":
            escape = f"\\x{ord(character) - 0xDC00:02x}"
            pieces.append(f"'{escape}'" if quote == "'" else escape)
            continue
        pieces.append(character)
        if escaped or (character == "\\" and quote != "'"):
            escaped = not escaped
        elif character in "'\"" and quote in ("", character):
            quote = "" if quote else character
    return "".join(pieces)


def _plain(text: str) -> str:
    """A text without the marks of the lexer."""
    return text.replace("\0", "")
