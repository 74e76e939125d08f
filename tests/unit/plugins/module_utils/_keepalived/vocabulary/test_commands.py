# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands in whatever quotes: they mean to us what keepalived would run, and change as a whole."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import needs as host
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.commands import (
    join_quoted,
    split_quoted,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import CONFIGURATION
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.kinds import command, process
from hypothesis import given
from hypothesis import strategies as st

#: How commands stand in files, and the words that keepalived makes of them.
SPELLINGS = {
    "/usr/bin/true": ["/usr/bin/true"],
    '"/usr/bin/true a b"': ["/usr/bin/true", "a", "b"],
    "'/usr/bin/sh -c \"exit 0\"'": ["/usr/bin/sh", "-c", "exit 0"],
    "\"/usr/bin/sh -c 'exit 0; exit 1'\"": ["/usr/bin/sh", "-c", "exit 0; exit 1"],
    "/usr/bin/sh' -c \"exit 0\"'": ["/usr/bin/sh", "-c", "exit 0"],
    "\"/usr/bin/awk '{print $1}' /proc/loadavg\"": ["/usr/bin/awk", "{print $1}", "/proc/loadavg"],
    '"/usr/bin/echo a#b !c"': ["/usr/bin/echo", "a#b", "!c"],
    "/usr/bin/echo root root": ["/usr/bin/echo"],
    "'/usr/bin/echo a' root": ["/usr/bin/echo", "a"],
}
TEXT = "vrrp_script s {\n    script %s  # run\n    interval 2\n}\nvrrp_track_process p {\n    process %s\n}\n"


def read(text: str) -> dict[str, str]:
    values = CONFIGURATION.read(parse(text), parse(text).root)
    return {"script": values["scripts"][0]["script"], "process": values["track_processes"][0]["process"]}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_command_is_read_and_replaced_whole(spelling: str) -> None:
    text = TEXT % (spelling, "haproxy")
    said = read(text)["script"]
    assert split_quoted(said) == SPELLINGS[spelling]
    assert plan_config(text, {"scripts": [{"name": "s", "script": said}]}).text == text
    user = " ".join([""] + [word for word in spelling.split() if word == "root"])
    changed = plan_config(text, {"scripts": [{"name": "s", "script": "/bin/true"}]}).text
    assert changed == TEXT % ('"/bin/true"' + user, "haproxy")
    written = plan_config("", {"scripts": [{"name": "s", "script": said}]}).text
    assert read(written + "vrrp_track_process p {\n process x\n}\n")["script"] == said


WORDS = st.lists(st.text(alphabet="abc '\"\\#!{}$;()", max_size=6).map(lambda text: text or "x"), max_size=4)


@given(WORDS)
def test_words_come_back_out_of_any_command(words: list[str]) -> None:
    value = join_quoted(["/bin/x", *words])
    assert split_quoted(value) == ["/bin/x", *words]
    kind = command()
    assert kind.problem(value) is not None or kind.normal(value) == value
    if kind.problem(value) is None:
        text = plan_config("", {"scripts": [{"name": "s", "script": value, "interval": 7}]}).text
        assert CONFIGURATION.read(parse(text), parse(text).root) == {
            "scripts": [{"name": "s", "script": value, "interval": 7}]
        }


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ('"a b" c', '"a b"   c', True),
        ('"a" b', "a b", True),
        ('"a b"', "a b", False),
        ("'a b'", "a b", False),
    ],
)
def test_a_name_in_quotes_is_one_name(one: str, other: str, alike: bool) -> None:
    assert (process().normal(one) == process().normal(other)) is alike
    text = TEXT % ("/bin/true", one)
    assert plan_config(text, {"track_processes": [{"name": "p", "process": read(text)["process"]}]}).text == text
    changed = plan_config(text, {"track_processes": [{"name": "p", "process": other}]}).text
    assert changed == (text if alike else TEXT % ("/bin/true", other))


@pytest.mark.parametrize("spelling", ['"/bin/sh -c \\"exit 0\\""', '"/bin/echo a\\\\ b"', "/bin/a\\ b"])
def test_a_backslash_which_versions_read_differently_stays_and_is_never_written(spelling: str) -> None:
    text = TEXT % (spelling + " root", "haproxy")
    said = read(text)["script"]
    assert plan_config(text, {"scripts": [{"name": "s", "script": said}]}).text == text
    assert plan_config(text, {"scripts": [{"name": "s", "script": "/b"}]}).text == TEXT % ('"/b" root', "haproxy")
    with pytest.raises(InputError, match="versions of keepalived read differently"):
        plan_config("", {"scripts": [{"name": "s", "script": said}]})


def test_the_program_of_a_command_in_quotes_is_looked_for() -> None:
    text = 'vrrp_instance A {\n notify_master \'/nowhere/a "b c"\'\n notify_backup "/nowhere/b\\\\ c"\n}\n'
    assert [need.value for need in host.needs(parse(text))] == ["/nowhere/a", "/nowhere/b c"]
