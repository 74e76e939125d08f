# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shapes that options take in a keepalived block, and for each: its argument, its check, reading, writing, editing.

A vocabulary is a table of these. Every shape reads its statements into the normal form in which desired and current
are compared, and edits as little as makes them equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.document import Document, Statement
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.editor import Editor, Place
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.opaque import is_opaque
from ansible_collections.k8s_edge.ha.plugins.module_utils._values import Kind

Line = "tuple[int, str]"
TRUE_WORDS, FALSE_WORDS = ("true", "on", "yes"), ("false", "off", "no")
MASKED = "********"


class Shape:
    """One option. ``name`` is the option, ``keywords`` what stands in the file, the first one is what we write.

    ``secret`` values are never shown.
    """

    secret = False

    def __init__(self, name: str, *keywords: str, required: bool = False) -> None:
        self.name = name
        self.keywords = keywords or (name,)
        self.required = required

    @property
    def keyword(self) -> str:
        return self.keywords[0]

    def argument(self) -> dict[str, Any]:
        """The option's piece of an argument spec."""
        raise NotImplementedError

    def complaints(self, option: str, value: Any) -> Iterable[Problem]:
        """What is wrong with a desired value, looked at alone."""
        return ()

    def read(self, document: Document, found: Sequence[Statement]) -> Any:
        """The current value in normal form; ``found`` are the option's statements and not empty."""
        raise NotImplementedError

    def unreadable(self, found: Sequence[Statement]) -> list[Statement]:
        """Those of the option's statements that hang on something else, so that what they mean is not known."""
        return [statement for statement in found if is_opaque(statement)]

    def lines(self, value: Any) -> list[tuple[int, str]]:
        """A desired value as lines of a block, each with its depth."""
        raise NotImplementedError

    def edit(self, editor: Editor, place: Place, found: Sequence[Statement], value: Any, title: str) -> None:
        """Make the file's statements mean the desired value. ``title`` says in summaries which block this is."""
        raise NotImplementedError


class Scalar(Shape):
    """A shape of one line. Keepalived reads repeated ones in different ways, so only one is left when one is set."""

    def normal(self, value: Any) -> Any:
        raise NotImplementedError

    def edit(self, editor: Editor, place: Place, found: Sequence[Statement], value: Any, title: str) -> None:
        wanted = self.normal(value)
        current = [self.read(editor.document, [statement]) for statement in found]
        if all(one == wanted for one in current) and (found or not self.lines(value)):
            return
        new = self.lines(value)
        if not new:
            editor.say(title, f"remove {self.keyword}")
        elif found:
            self._rewrite(editor, found[0], new[0][1])
            old, now = (self.shown(line) for line in (_shown(editor.document, found[0]), new[0][1]))
            editor.say(title, f"{old} -> {now.partition(' ')[2] or now}")
        else:
            editor.put(place, new)
            editor.say(title, f"add {self.shown(new[0][1])}")
        for statement in found[1 if new else 0 :]:
            editor.take(place, statement)

    def _rewrite(self, editor: Editor, statement: Statement, line: str) -> None:
        """Change the words after the keyword; the keyword stays, also where it is a synonym."""
        words = statement.words
        rest = line.partition(" ")[2]
        if rest and len(words) > 1:
            editor.replace(words[1].start, statement.end, rest)
        else:
            editor.replace(words[0].end, statement.end, " " + rest if rest else "")

    def shown(self, line: str) -> str:
        return "{0} {1}".format(self.keyword, MASKED) if self.secret else line


class Value(Scalar):
    """``keyword VALUE``."""

    def __init__(self, name: str, kind: Kind, *keywords: str, required: bool = False) -> None:
        super().__init__(name, *keywords, required=required)
        self.kind = kind
        self.secret = bool(kind.argument.get("no_log"))

    def argument(self) -> dict[str, Any]:
        return dict(self.kind.argument, required=True) if self.required else self.kind.argument

    def complaints(self, option: str, value: Any) -> Iterable[Problem]:
        complaint = self.kind.complain(value)
        if complaint:
            yield Problem(option, MASKED if self.secret else value, *complaint)

    def normal(self, value: Any) -> Any:
        return self.kind.normal(value)

    def read(self, document: Document, found: Sequence[Statement]) -> Any:
        return self.kind.from_text(_value_text(document, found[-1]))

    def lines(self, value: Any) -> list[tuple[int, str]]:
        return [(0, "{0} {1}".format(self.keyword, self.kind.to_text(value)))]


class Command(Value):
    """``keyword "COMMAND" [user [group]]``: the command is set, a user and group that stand there stay."""

    def read(self, document: Document, found: Sequence[Statement]) -> Any:
        words = found[-1].words
        if len(words) < 2:
            return ""
        return self.kind.from_text(document.text[words[1].start : found[-1].end])

    def _rewrite(self, editor: Editor, statement: Statement, line: str) -> None:
        words = statement.words
        if len(words) < 2:
            super()._rewrite(editor, statement, line)
        else:
            editor.replace(words[1].start, words[1].end, line.partition(" ")[2])


class Flag(Scalar):
    """``keyword`` stands there or does not. ``opposite`` is a keyword that takes it back."""

    def __init__(self, name: str, *keywords: str, opposite: str = "") -> None:
        super().__init__(name, *keywords)
        self.opposite = opposite
        if opposite:
            self.keywords = (*self.keywords, opposite)

    def argument(self) -> dict[str, Any]:
        return {"type": "bool"}

    def normal(self, value: Any) -> Any:
        return bool(value)

    def read(self, document: Document, found: Sequence[Statement]) -> Any:
        words = found[-1].words
        if len(words) > 1 and words[1].text not in TRUE_WORDS:
            return _shown(document, found[-1])
        return words[0].text != self.opposite

    def _rewrite(self, editor: Editor, statement: Statement, line: str) -> None:
        editor.replace(statement.words[0].start, statement.end, line)

    def lines(self, value: Any) -> list[tuple[int, str]]:
        return [(0, self.keyword)] if value else []


class Toggle(Flag):
    """Like a flag, but its opposite is written out: the daemon's default may come from elsewhere."""

    def lines(self, value: Any) -> list[tuple[int, str]]:
        return [(0, self.keyword if value else self.opposite)]


class Switch(Scalar):
    """``keyword``, ``keyword on`` or ``keyword off`` (check_true_false)."""

    def argument(self) -> dict[str, Any]:
        return {"type": "bool"}

    def normal(self, value: Any) -> Any:
        return bool(value)

    def read(self, document: Document, found: Sequence[Statement]) -> Any:
        arguments = found[-1].arguments
        if not arguments or arguments[0] in TRUE_WORDS:
            return True
        return False if arguments[0] in FALSE_WORDS else " ".join(arguments)

    def lines(self, value: Any) -> list[tuple[int, str]]:
        return [(0, "{0} {1}".format(self.keyword, "on" if value else "off"))]


def _value_text(document: Document, statement: Statement) -> str:
    return " ".join(statement.arguments)


def _shown(document: Document, statement: Statement) -> str:
    return " ".join(document.text[statement.words[0].start : statement.end].split())
