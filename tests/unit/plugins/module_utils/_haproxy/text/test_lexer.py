# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy's words: what it makes of quotes, backslashes and odd characters (manual, section 2.2)."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import lex, meanings
from hypothesis import given
from hypothesis import strategies as st

LINES = {
    "server a 10.0.0.1:80 check": ["server", "a", "10.0.0.1:80", "check"],
    "  \tlog\t\tglobal  ": ["log", "global"],
    "": [],
    "   ": [],
    "# only a comment": [],
    "maxconn 10 # ten": ["maxconn", "10"],
    "timeout connect 1s#glued": ["timeout", "connect", "1s"],
    "global#this is the global section": ["global"],
    # The manual's five ways to say the same thing.
    r"log-format %{+Q}o\ %t\ %s\ %{-Q}r": ["log-format", "%{+Q}o %t %s %{-Q}r"],
    'log-format "%{+Q}o %t %s %{-Q}r"': ["log-format", "%{+Q}o %t %s %{-Q}r"],
    "log-format '%{+Q}o %t %s %{-Q}r'": ["log-format", "%{+Q}o %t %s %{-Q}r"],
    "log-format \"%{+Q}o %t\"' %s %{-Q}r'": ["log-format", "%{+Q}o %t %s %{-Q}r"],
    "log-format \"%{+Q}o %t\"' %s'\\ %{-Q}r": ["log-format", "%{+Q}o %t %s %{-Q}r"],
    r"a \# \\ \' \" \t \n \r \x41 \1 $q": ["a", "#", "\\", "'", '"', "\t", "\n", "\r", "A", r"\1", "$q"],
    # Here the manual's table says otherwise; HAProxy 2.6 keeps the backslash.
    r"a \$q": ["a", r"\$q"],
    "a 'b # c' d": ["a", "b # c", "d"],
    r"""a 'b \n "c" $d'""": ["a", r'b \n "c" $d'],
    r'a "b \"c\" \$d"': ["a", 'b "c" $d'],
    'a ""': ["a"],
    "a b '' c": ["a", "b"],
    'a b"" ""c': ["a", "b", "c"],
    'bind "${VIP}:443"': ["bind", "\0${VIP}:443"],
    "a\v\fb": ["a", "b"],
    "server a check\r weight 5": ["server", "a", "check"],
    "daemon\0 rest": ["daemon"],
    "\r \rdaemon": ["daemon"],
    "a\u00a0b c": ["a\u00a0b", "c"],
    "a\x1cb c": ["a\x1cb", "c"],
    "server мастер 10.0.0.1": ["server", "мастер", "10.0.0.1"],
}
FAULTS = {
    'a "b c': "double quote",
    "a 'b c": "single quote",
    r"a \x4": r"\x",
    r'a "\xzz"': r"\x",
}


@pytest.mark.parametrize("line", LINES)
def test_words_are_those_of_haproxy(line):
    assert [word.meaning for word in lex(line).words] == LINES[line]
    assert meanings(line) == LINES[line]
    assert lex(line).fault is None


@pytest.mark.parametrize("line", FAULTS)
def test_what_haproxy_would_refuse_is_a_fault(line):
    lexed = lex(line)
    assert FAULTS[line] in lexed.fault
    assert [word.meaning for word in lexed.words] == ["a"]


def test_what_haproxy_silently_loses_is_told():
    assert lex("server a check\r weight 5").lost == "\r weight 5"
    assert lex("daemon\0 rest").lost == "\0 rest"
    assert lex("daemon\r").lost == ""
    assert lex('server a "" check # c').lost == '"" check # c'


def test_a_variable_is_not_the_same_letters_written_literally():
    assert meanings('"$A"') != meanings("'$A'") == meanings("$A") == meanings(r'"\$A"')


@given(st.text(alphabet=st.characters(blacklist_characters="\n")))
def test_any_line_has_words_with_places(line):
    lexed = lex(line)
    at = len(line) - len(line.lstrip(" \t\v\f\r"))
    for word in lexed.words:
        assert at <= word.start < word.end <= len(line)
        assert line[at : word.start].strip(" \t\v\f") == ""
        at = word.end


@given(st.lists(st.text(alphabet=st.characters(blacklist_characters="\n\r\0'"), min_size=1)))
def test_single_quotes_protect_anything_but_themselves(words):
    assert meanings(" ".join(f"'{word}'" for word in words)) == words
