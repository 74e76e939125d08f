# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines given verbatim: the further ``directives`` of a section. Loaded only when they are given."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.validator import Validator, Values, entry_key
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import SECTION_KEYWORDS
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import lex, meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.kinds import line_problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import (
    ONE,
    SET,
    Classifier,
    Directive,
    split_entry,
    table_of,
    typed_value,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._secrets import KEPT

_LINE_OPTIONS = {"server": "servers", "default-server": "default_server", "bind": "bind"}


def further(validator: Validator, kind: str, lines: list[str], values: Values, path: str) -> list[str]:
    """The lines without a typed option. Lines that a typed option covers are added to ``values`` instead."""
    classifier, table = Classifier(kind), table_of(kind)
    further: list[str] = []
    given = frozenset(values)
    for index, line in enumerate(lines):
        option = f"{path}directives[{index}]"
        if KEPT in line:
            line = validator.kept(line, option)
        problem = line_problem(line) or _keyword_problem(line)
        if problem is not None and not validator.current.says(line):
            validator.problem(option, line, *problem)
            continue
        typed = classifier.option(meanings(line))
        if typed is None:
            further.append(line.strip())
        elif typed in _LINE_OPTIONS:
            validator.problem(option, line, f"is a {typed} line", f"Give it in {path}{_LINE_OPTIONS[typed]}.")
        elif typed in given and not (table[typed].shape == ONE and validator.current.says(line)):
            validator.problem(option, line, f"is also given as {path}{typed}", "Give it in one place.")
        elif table[typed].shape != ONE or not _unreadable(validator, line, table[typed]):
            _as_option(validator, option, line, typed, table[typed], values)
    return further


def _unreadable(validator: Validator, line: str, directive: Directive) -> bool:
    """Whether the file already has this line with a value that its option cannot hold: then it stays."""
    entry = split_entry(directive, line, list(lex(line).words))
    return typed_value(directive, entry) is None and validator.current.says(line)


def _as_option(validator: Validator, option: str, line: str, typed: str, directive: Directive, values: Values) -> None:
    """Check and plan a directive as the typed option that covers it."""
    entry = split_entry(directive, line, list(lex(line).words))
    if directive.shape != ONE:
        entries = values.setdefault(typed, [])
        key = entry_key(directive, entry)
        twice = directive.shape == SET and any(entry_key(directive, other) == key for other in entries)
        entries.append(entry)
        if twice and not validator.stand(directive, entry, entries):
            validator.problem(option, line, "means the same as another line, or its opposite", "Give it once.")
    elif typed in values:
        if not validator.current.says(line):
            validator.problem(option, line, "is given twice, and the last line counts", "Give it once.")
    elif directive.kind is None:
        values[typed] = True
    elif directive.kind.argument["type"] == "int" and not entry.lstrip("-").isdigit():
        validator.problem(option, line, "needs one whole number", f"Write {' '.join(directive.words)} and a number.")
    else:
        value = typed_value(directive, entry)
        if value is None:
            validator.value(option, entry, directive.kind)
        values[typed] = entry if value is None else value


def _keyword_problem(line: str) -> tuple[str, str] | None:
    keyword = meanings(line)[0]
    if keyword in SECTION_KEYWORDS:
        return "begins a new section", "Give sections in haproxy_config's own options."
    if keyword.startswith("."):
        return "is a conditional or message of HAProxy's preprocessor", "Decide in the playbook instead (when, if)."
    if keyword.startswith("["):
        return "begins with a bracket, which HAProxy takes for a scope", "Leave the bracket out."
    return None
