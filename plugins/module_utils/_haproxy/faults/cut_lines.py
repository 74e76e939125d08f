# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that HAProxy ends at an empty word: the words after it have no effect, and versions up to 3.0 do not report it.

An empty word is ``""``, or a word in double quotes that consists only of variables that are empty (manual, section
2.3). Variables that are not set at all: 2.6 makes an empty word of them, 3.0 and 3.2 none, and 3.4 refuses the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import lex

_VARIABLE = re.compile(r"\0\$(?:(\w+)|\{(\w+)(?:\[\*\])?(?:-([^}]*))?\})")
#: Variables that HAProxy sets itself.
_OWN = ("HAPROXY_",)


class Cut(NamedTuple):
    """``empty`` is the empty word as written; ``lost`` is how many words follow it (the number only: they may be
    secrets). ``unset``: the word consists of variables that are not set."""

    title: str
    line: int
    empty: str
    lost: int
    unset: bool

    def __str__(self) -> str:
        words = f"{self.lost} {'word' if self.lost == 1 else 'words'}"
        if self.unset:
            return (
                f"{self.title}: line {self.line} has the word {self.empty} with a variable that is not set: "
                f"only versions of HAProxy that omit such a word apply the words after it ({words})"
            )
        return (
            f"{self.title}: line {self.line} ends for HAProxy at the empty word {self.empty}: the words after "
            f"it are ignored ({words})"
        )


def cut_lines(documents: Iterable[Document], environment: Mapping[str, str] | None) -> list[Cut]:
    """Every such line of the files that HAProxy reads, in order. Where the ``environment`` is not known, variables
    count as set."""
    known = None if environment is None else dict(environment)
    return [cut for document in documents for cut in _cuts(document, known)]


def _cuts(document: Document, known: dict[str, str] | None) -> Iterator[Cut]:
    quoted = '"' in document.text or "'" in document.text
    for section in document.sections if quoted else ():
        for index in document.body(section):
            content = document.content(index)
            if known is not None and document.lines[index].keyword in ("setenv", "presetenv", "unsetenv", "resetenv"):
                _set(known, [word.meaning for word in lex(content).words])
            if '"' not in content and "'" not in content:
                continue
            lexed = lex(content)
            if lexed.lost[:1] in ("'", '"'):
                empty = re.split(r"\s", lexed.lost, maxsplit=1)
                yield from _cut(section.title, index, empty[0], "".join(empty[1:]), known)
                continue
            for word in lexed.words:
                if known is not None and _is_unset(word.meaning, known):
                    yield from _cut(section.title, index, content[word.start : word.end], content[word.end :], known)
                    break


def _cut(title: str, index: int, empty: str, behind: str, known: Mapping[str, str] | None) -> Iterator[Cut]:
    """No cut is reported where only a comment follows."""
    lost = len(lex(behind).words)
    if lost:
        names = [found[1] or found[2] for found in _VARIABLE.finditer(empty.replace("$", "\0$"))]
        yield Cut(title, index + 1, empty, lost, any(name not in (known or {}) for name in names))


def _is_unset(meaning: str, known: Mapping[str, str]) -> bool:
    if not meaning.startswith("\0") or _VARIABLE.sub("", meaning):
        return False
    return not any(
        (found.group(1) or found.group(2)).startswith(_OWN)
        or known.get(found.group(1) or found.group(2))
        or (found.group(3) and (found.group(1) or found.group(2)) not in known)
        for found in _VARIABLE.finditer(meaning)
    )


def _set(known: dict[str, str], words: list[str]) -> None:
    """Apply a line of ``global`` to the variables that later lines see."""
    if words[0] == "setenv" and len(words) > 2:
        known[words[1]] = words[2]
    elif words[0] == "presetenv" and len(words) > 2:
        known.setdefault(words[1], words[2])
    elif words[0] == "unsetenv":
        for name in words[1:]:
            known.pop(name, None)
    elif words[0] == "resetenv":
        for name in known.keys() - set(words[1:]):
            del known[name]
