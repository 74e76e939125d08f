# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shapes of options in a keepalived block, and for each: its argument, its check, reading and comparing.

A vocabulary is a table of these. Every shape reads its statements into the normal form in which desired and current are
compared. Edits are in the module edits, which a run without changes never loads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import Kind
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import (
    Document,
    Statement,
    is_opaque,
)

#: The oldest keepalived in use.
OLDEST = "2.0.10"
TRUE_WORDS, FALSE_WORDS = ("true", "on", "yes"), ("false", "off", "no")
MASKED = "********"


class Shape:
    """One option. ``name`` is the option; ``keywords`` are those in the file: the first one is written and supported
    ``since`` a version, the others are older.

    ``secret`` values are never shown.
    """

    secret = False

    def __init__(self, name: str, since: str, *keywords: str) -> None:
        self.name = name
        self.since = since
        self.keywords = keywords or (name,)

    @property
    def keyword(self) -> str:
        return self.keywords[0]

    def argument(self) -> dict[str, Any]:
        """The option's fragment of an argument spec."""
        raise NotImplementedError

    def exactly(self, value: Any) -> Any:
        """A desired value, with every block in it marked exact."""
        return value

    def read(self, document: Document, found: Sequence[Statement]) -> Any:
        """The current value in normal form; ``found`` are the option's statements and not empty."""
        raise NotImplementedError

    def ambiguous(self, document: Document, found: Sequence[Statement]) -> bool:
        """Whether the option's statements contradict each other, so that it is not known which of them counts."""
        return False

    def unreadable(self, found: Sequence[Statement]) -> list[Statement]:
        """The option's statements whose meaning is not known: they depend on something else, or are no block where one
        is required."""
        return [statement for statement in found if is_opaque(statement) or statement.block is None]

    def means(self, document: Document, found: Sequence[Statement], value: Any, complete: bool = True) -> bool:
        """Whether the option's statements already mean the desired value. If not, the module edits can change them.
        ``complete`` is False on a top level that may have blocks which are not in a list."""
        raise NotImplementedError


class Scalar(Shape):
    """A shape of one line. keepalived reads repeated lines in different ways, so only one is left when it is set."""

    def unreadable(self, found: Sequence[Statement]) -> list[Statement]:
        return [statement for statement in found if is_opaque(statement) or statement.block is not None]

    def normal(self, value: Any) -> Any:
        raise NotImplementedError

    def ambiguous(self, document: Document, found: Sequence[Statement]) -> bool:
        return len(found) > 1 and any(
            self.read(document, [one]) != self.read(document, found[:1]) for one in found[1:] if one.block is None
        )

    def means(self, document: Document, found: Sequence[Statement], value: Any, complete: bool = True) -> bool:
        desired = self.normal(value)
        alike = all(self.read(document, [statement]) == desired for statement in found)
        return alike and (bool(found) or self.removes(value))

    def removes(self, value: Any) -> bool:
        """Whether a value means that the line is absent."""
        return False

    def shown(self, line: str) -> str:
        return "{0} {1}".format(self.keyword, MASKED) if self.secret else line


class Value(Scalar):
    """``keyword VALUE``."""

    def __init__(self, name: str, since: str, kind: Kind, *keywords: str) -> None:
        super().__init__(name, since, *keywords)
        self.kind = kind
        self.secret = bool(kind.argument.get("no_log"))

    def argument(self) -> dict[str, Any]:
        return self.kind.argument

    def normal(self, value: Any) -> Any:
        return self.kind.normal(value)

    def read(self, document: Document, found: Sequence[Statement]) -> Any:
        return self.kind.from_text(_value_text(document, found[-1]))


class Arguments(Value):
    """``keyword WORD …``, where the kind has its own rules for quotes."""

    def read(self, document: Document, found: Sequence[Statement]) -> Any:
        words = found[-1].words
        if len(words) < 2:
            return ""
        return self.kind.from_text(document.text[words[1].start : found[-1].end])


class Command(Arguments):
    """``keyword "COMMAND" [user [group]]``: the command is set, an existing user and group stay."""


class Flag(Scalar):
    """``keyword`` is present or absent. ``opposite`` is a keyword that negates it."""

    def __init__(self, name: str, since: str, *keywords: str, opposite: str = "") -> None:
        super().__init__(name, since, *keywords)
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
            return shown_statement(document, found[-1])
        return words[0].text != self.opposite

    def removes(self, value: Any) -> bool:
        return not value


class Toggle(Flag):
    """Like a flag, but false is written out: the daemon's default may be set elsewhere."""

    def removes(self, value: Any) -> bool:
        return False


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


def _value_text(document: Document, statement: Statement) -> str:
    return " ".join(statement.arguments)


def shown_statement(document: Document, statement: Statement) -> str:
    """The text of a statement on one line, with blanks collapsed; secrets are not masked."""
    return " ".join(document.text[statement.words[0].start : statement.end].split())
