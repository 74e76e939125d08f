# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the formatting and whatever is desired: after an edit the file means it, and everything else stays."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.edits import edit_table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.writing import table_lines
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.editor import Editor
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.lvs import VIRTUAL_SERVERS
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.vrrp import (
    INSTANCES,
    SCRIPTS,
    SYNC_GROUPS,
)
from hypothesis import given
from hypothesis import strategies as st

ROOT = Table(SCRIPTS, SYNC_GROUPS, INSTANCES, VIRTUAL_SERVERS)

addresses = st.integers(1, 6).map("10.0.0.{}/24".format)
vips = st.lists(
    st.fixed_dictionaries({"address": addresses}, optional={"dev": st.just("eth1"), "no_track": st.just(True)}),
    min_size=1,
    max_size=4,
    unique_by=lambda item: item["address"],
)
tracked = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abc")}, optional={"weight": st.integers(-9, 9)}),
    max_size=3,
    unique_by=lambda item: item["name"],
)
options = st.fixed_dictionaries(
    {},
    optional={
        "initial_state": st.sampled_from(["MASTER", "BACKUP"]),
        "interface": st.sampled_from(["eth0", "eth1"]),
        "virtual_router_id": st.integers(1, 255),
        "priority": st.integers(1, 255),
        "advert_int": st.sampled_from([1.0, 0.5, 2.0]),
        "nopreempt": st.booleans(),
        "accept": st.booleans(),
        "smtp_alert": st.booleans(),
        "authentication": st.fixed_dictionaries(
            {"auth_type": st.just("PASS"), "auth_pass": st.sampled_from(["a", "b"])}
        ),
        "virtual_ipaddress": vips,
        "unicast_peer": vips.map(lambda items: [{"address": one["address"].split("/")[0]} for one in items]),
        "track_script": tracked,
        "notify_master": st.sampled_from(["/bin/a", "/bin/a b"]),
    },
)
instances = st.lists(
    st.tuples(st.sampled_from("ABC"), options).map(lambda pair: {"name": pair[0], **pair[1]}),
    max_size=3,
    unique_by=lambda entry: entry["name"],
)
checkers = st.fixed_dictionaries(
    {},
    optional={
        "weight": st.integers(0, 9),
        "tcp_check": st.lists(st.fixed_dictionaries({}, optional={"connect_timeout": st.just(3.0)}), max_size=2),
        "http_get": st.just([{"url": [{"path": "/a"}, {"path": "/b"}], "retry": 2}]),
    },
)
servers = st.lists(
    st.tuples(st.integers(1, 4).map("10.0.1.{}".format), checkers).map(
        lambda pair: {"address": pair[0], "port": 80, **pair[1]}
    ),
    max_size=3,
    unique_by=lambda entry: entry["address"],
)
services = st.lists(
    st.tuples(st.integers(1, 2), st.sampled_from(["TCP", "UDP"]), servers).map(
        lambda found: {"address": f"10.0.2.{found[0]}", "port": 80, "protocol": found[1], "real_servers": found[2]}
    ),
    max_size=3,
    unique_by=lambda entry: (entry["address"], entry["protocol"]),
)
scripts = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abc"), "interval": st.integers(1, 9)}),
    max_size=3,
    unique_by=lambda entry: entry["name"],
)
groups = st.lists(
    st.fixed_dictionaries({"name": st.just("g"), "group": st.lists(st.sampled_from("ABC"), min_size=1, unique=True)}),
    max_size=1,
)
tables = st.fixed_dictionaries(
    {}, optional={"scripts": scripts, "instances": instances, "virtual_servers": services, "sync_groups": groups}
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A file with some blocks, in whatever style: braces glued, on lines of their own, or all on one line."""
    lines = table_lines(ROOT, draw(tables))
    text = draw(st.sampled_from(["", "# top\n", "\n\n", "! a\n! b\n\n"]))
    indent = draw(st.sampled_from(["    ", "\t", "  ", ""]))
    for depth, line in lines:
        style = draw(st.integers(0, 7))
        margin = indent * depth
        if line.endswith(" {"):
            open_ = {0: "{", 1: "\n" + margin + "{\n", 2: " {", 3: " { # note } {\n"}.get(style, " {\n")
            text += margin + line[:-2] + open_ + (" " if open_[-1] == "{" else "")
        elif line == "}":
            text += {0: "}", 1: "} # end {\n", 2: margin + "}\n\n"}.get(style, margin + "}\n")
        else:
            text += margin + line + {0: " # note\n", 1: "  \n", 2: "\n\n", 3: "\n# } between\n"}.get(style, "\n")
    return draw(st.sampled_from([text, text.rstrip("\n"), text.replace("\n", "\r\n")]))


def edited(text: str, desired: dict[str, Any], purge: bool) -> str:
    editor = Editor(parse(text), purge)
    edit_table(ROOT, editor, editor.document.root, desired)
    assert editor.problems == []
    new = editor.text()
    assert bool(editor.summaries) == (new != text)
    return new


def read(text: str) -> dict[str, Any]:
    document = parse(text)
    assert document.flaws == []
    return ROOT.read(document, document.root)


@given(texts(), tables, st.booleans())
def test_after_an_edit_the_file_means_what_is_desired(text: str, desired: dict[str, Any], purge: bool) -> None:
    document = parse(text)
    meant = ROOT.means(document, [document.root], desired, complete=purge)
    new = edited(text, desired, purge)
    assert meant == (new == text)
    after = parse(new)
    assert ROOT.means(after, [after.root], desired, complete=purge)
    assert edited(new, desired, purge) == new


@given(texts(), tables)
def test_what_is_not_desired_stays(text: str, desired: dict[str, Any]) -> None:
    before, after = read(text), read(edited(text, desired, False))
    for kind, entries in before.items():
        if kind not in desired:
            assert after[kind] == entries
            continue
        names = [entry.get("name") for entry in desired[kind]]
        for entry in entries:
            if "name" in entry and entry["name"] not in names:
                assert entry in after[kind]


@given(texts(), tables)
def test_comments_survive_an_edit_without_purge(text: str, desired: dict[str, Any]) -> None:
    desired = {kind: entries for kind, entries in desired.items() if kind == "scripts"}
    assert edited(text, desired, False).count("#") == text.count("#")


@given(texts(), instances)
def test_new_blocks_go_out_as_they_came_in(text: str, entries: list[dict[str, Any]]) -> None:
    renamed = [dict(entry, name="new_" + entry["name"]) for entry in entries]
    added = edited(text, {"instances": renamed}, False)
    for entry in reversed(renamed):
        document = parse(added)
        [found] = [one for one in document.statements(document.root) if one.words and one.arguments == [entry["name"]]]
        editor = Editor(document)
        editor.remove_section(found.start, found.end)
        added = editor.text()
    assert added == text


def test_an_order_that_matters_is_made() -> None:
    entry = {"name": "A", "virtual_ipaddress": [{"address": f"10.0.0.{n}/24"} for n in (1, 2, 3)]}
    text = edited("", {"instances": [entry]}, False)
    for order in ((3, 1, 2), (2, 1, 3), (3, 2, 1), (1, 3)):
        desired = {"name": "A", "virtual_ipaddress": [{"address": f"10.0.0.{n}/24"} for n in order]}
        [found] = read(edited(text, {"instances": [desired]}, False))["instances"]
        assert found == desired


def test_an_order_that_does_not_matter_is_left() -> None:
    entry = {"name": "A", "unicast_peer": [{"address": "10.0.0.1"}, {"address": "10.0.0.2"}]}
    text = edited("", {"instances": [entry]}, False)
    entry["unicast_peer"] = list(reversed(entry["unicast_peer"]))
    assert edited(text, {"instances": [entry]}, False) == text


def test_an_item_that_cannot_be_read_is_replaced_where_another_is_desired() -> None:
    text = "vrrp_instance A {\n  virtual_ipaddress {\n    10.0.0.1/24 dev\n    10.0.0.2/24 strange\n  }\n}\n"
    desired = {"name": "A", "virtual_ipaddress": [{"address": "10.0.0.1/24", "dev": "eth0"}]}
    expected = "vrrp_instance A {\n  virtual_ipaddress {\n    10.0.0.1/24 dev eth0\n  }\n}\n"
    assert edited(text, {"instances": [desired]}, False) == expected


def test_the_sync_daemon_is_taken_away_again() -> None:
    text = "global_defs {\n    router_id me\n    lvs_sync_daemon eth0 inst A id 51\n}\n"
    gone = plan_config(text, {"global_defs": {"lvs_sync_daemon": {"interface": None, "inst": None}}})
    assert gone.text == "global_defs {\n    router_id me\n}\n"
    assert gone.summaries == ("global_defs: remove lvs_sync_daemon",)
    assert plan_config(gone.text, {"global_defs": {"lvs_sync_daemon": {}}}).text == gone.text
    with pytest.raises(InputError, match="interface: is missing"):
        plan_config(text, {"global_defs": {"lvs_sync_daemon": {"id": 3}}})
