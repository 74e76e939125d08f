# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that docs/glossary.md has in bold in its column "not" stand in no name, message or page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
DIRECTORIES = "plugins roles playbooks docs molecule lab bin bench tests inventories extensions".split()
SUFFIXES = {".py", ".yml", ".md", ".j2", ".sh"}


def forbidden() -> list[str]:
    rows = [line.split("|") for line in GLOSSARY.read_text().splitlines() if line.startswith("|")]
    return [word for row in rows if len(row) == 5 for word in re.findall(r"\*\*(.+?)\*\*", row[3])]


def pattern(words: list[str]) -> re.Pattern[str]:
    """Finds the words alone, in snake_case and in CamelCase, and their plurals."""
    alone = "|".join(re.escape(word).replace(r"\ ", "[ _-]") for word in words)
    capital = "|".join(word.title().replace(" ", "") for word in words)
    return re.compile(rf"(?<![A-Za-z])(?i:{alone})(?i:e?s)?(?![a-z])|(?:{capital})(?:e?s)?(?![a-z])")


def test_the_glossarys_terms_are_used():
    searched = pattern(forbidden())
    files = [path for directory in DIRECTORIES for path in (ROOT / directory).rglob("*") if path.suffix in SUFFIXES]
    skipped = {GLOSSARY, Path(__file__).resolve()}
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match.group()}"
        for path in [*files, *ROOT.glob("[A-Z]*.md")]
        if path not in skipped and path.name != "CHANGELOG.md" and (ROOT / "tests/corpus") not in path.parents
        for text in [path.read_text()]
        if searched.search(text)
        for number, line in enumerate(text.splitlines(), 1)
        for match in searched.finditer(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "text",
    ["wishes", "wish_of", "ServerWish", "a Wish.", "_clashes", "Floating IPs", "FLOATING_IP", "a second MASTER."],
)
def test_a_word_is_found(text):
    assert pattern(forbidden()).search(text)


@pytest.mark.parametrize("text", ["wishful", "clashed-xy", "unswallowedness", "indeed"])
def test_another_word_is_not(text):
    assert not pattern(["wish", "deed", "swallowed"]).search(text)
