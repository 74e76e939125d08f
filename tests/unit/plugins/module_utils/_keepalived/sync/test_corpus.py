# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The corpus: add, change and remove on files of every style, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode, encode
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.instance import plan_instance
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import parse, serialise
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import CONFIGURATION

CORPUS = Path(__file__).resolve().parents[5] / "corpus" / "keepalived"
FILES = sorted(CORPUS.glob("*.conf"))
BROKEN = {"not_closed", "closed_too_often"}
NEW = {
    "name": "k8s_edge_new",
    "initial_state": "BACKUP",
    "interface": "corpus0",
    "virtual_router_id": 213,
    "priority": 77,
    "unicast_src_ip": "198.51.100.1",
    "unicast_peer": [{"address": "198.51.100.2"}],
    "virtual_ipaddress": [{"address": "198.51.100.77/24", "label": "corpus0:1"}],
}


def read(path: Path) -> str:
    return decode(path.read_bytes())


def ids(path: Path) -> str:
    return path.stem


sound = pytest.mark.parametrize("path", [path for path in FILES if path.stem not in BROKEN], ids=ids)


def test_the_corpus_is_there() -> None:
    assert len(FILES) >= 60


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_round_trip_to_the_byte(path: Path) -> None:
    content = path.read_bytes()
    assert encode(serialise(parse(decode(content)))) == content


@sound
def test_add_then_remove_gives_the_file_back(path: Path) -> None:
    text = read(path)
    added = plan_instance(text, NEW)
    assert added.summaries == ("add vrrp_instance k8s_edge_new",)
    assert plan_instance(added.text, NEW).text == added.text
    assert plan_instance(added.text, dict(NEW, state="absent")).text == text


@sound
def test_adding_only_adds_lines(path: Path) -> None:
    text = read(path)
    added = plan_instance(text, NEW).text
    left = iter(line.rstrip("\r") for line in added.split("\n"))
    before = [line.rstrip("\r") for line in text.split("\n")]
    assert all(line in left for line in (before[:-1] if not before[-1] else before)), "a line of the file was changed"


@sound
def test_every_tracker_kind_goes_in_and_out(path: Path) -> None:
    text = read(path)
    desired = {
        "scripts": [{"name": "k8s_edge_script", "script": "/usr/bin/true -x", "interval": 2}],
        "track_files": [{"name": "k8s_edge_file", "file": "/run/k8s_edge"}],
        "instances": [dict(NEW, track_script=[{"name": "k8s_edge_script"}], track_file=[{"name": "k8s_edge_file"}])],
    }
    added = plan_config(text, desired)
    assert plan_config(added.text, desired).text == added.text
    names = {kind: [entry["name"] for entry in entries] for kind, entries in desired.items()}
    current = CONFIGURATION.read(parse(text), parse(text).root)
    keep = {kind: [entry for entry in current.get(kind, ()) if entry["name"] not in names[kind]] for kind in names}
    try:
        removed = plan_config(added.text, dict(keep_names(keep), purge=True))
    except EdgeError:
        return  # this file's own entries cannot be named (conditions, names that are no words)
    assert removed.text == text


def keep_names(keep: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    return {kind: [{"name": entry["name"]} for entry in entries] for kind, entries in keep.items()}


@sound
def test_one_changed_option_changes_one_line(path: Path) -> None:
    text = read(path)
    document = parse(text)
    changed = 0
    for instance in CONFIGURATION.read(document, document.root).get("instances", []):
        if "priority" not in instance:
            continue
        desired = {"name": instance["name"], "priority": 33}
        try:
            edited = plan_instance(text, desired)
        except EdgeError:
            assert path.stem in ("duplicate_instance", "non_ascii", "quotes", "repeated_options"), path.stem
            continue
        before, after = text.split("\n"), edited.text.split("\n")
        if path.stem.startswith("repeated_options"):
            continue
        assert len(before) == len(after)
        assert sum(one != two for one, two in zip(before, after)) == 1
        assert plan_instance(edited.text, desired).text == edited.text
        changed += 1
    if path.stem.startswith(("haproxy_pair", "openshift", "sync_group", "seed")):
        assert changed


@pytest.mark.parametrize("path", [path for path in FILES if path.stem in BROKEN], ids=ids)
def test_what_cannot_be_read_with_certainty_is_not_edited(path: Path) -> None:
    with pytest.raises(EdgeError, match="braces do not match"):
        plan_instance(read(path), NEW)
