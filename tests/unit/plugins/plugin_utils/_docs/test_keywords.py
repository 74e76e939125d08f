# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A keyword is one row (docs/keywords.md). No row leaves open since when it is known and can be set at runtime, whether
it is secret, and what its text says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from ansible_collections.k8s_edge.ha.plugins.doc_fragments import haproxy as haproxy_fragment
from ansible_collections.k8s_edge.ha.plugins.doc_fragments import keepalived as keepalived_fragment
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.arguments import config_arguments
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.kinds import OLDEST as OLDEST_HAPROXY
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import (
    BIND,
    NEVER,
    NO_EFFECT,
    SERVER,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact as redact_haproxy
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import TABLES
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Blocks, Group, Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import CONFIGURATION
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.redact import (
    redact as redact_keepalived,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.shapes import (
    OLDEST as OLDEST_KEEPALIVED,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.shapes import Shape
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._docs import haproxy as haproxy_texts
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._docs import keepalived as keepalived_texts

#: Parts of a name, and words of a text, that make one ask whether a value is secret.
SOUNDS_SECRET = re.compile(
    r"(^|_)(pass|password|passphrase|secret|token|keys?|credentials?|psk)(_|\b)"
    r"|\b(password|passphrase|secret|token|credentials?|pre-shared)\b",
    re.IGNORECASE,
)
DOCS = {
    "haproxy": (haproxy_fragment.ModuleDocFragment.CONFIG, config_arguments()),
    "keepalived": (keepalived_fragment.ModuleDocFragment.CONFIG, CONFIGURATION.arguments()),
}


def number(version: str) -> tuple[int, ...]:
    assert re.fullmatch(r"[0-9]+(\.[0-9]+)+", version), f"{version!r} is not a version: which one knew it first?"
    return tuple(int(part) for part in version.split("."))


def shapes(table: Table, path: str = "") -> Iterator[tuple[str, Shape]]:
    for shape in table.shapes:
        yield path + shape.name, shape
        if isinstance(shape, (Blocks, Group)):
            yield from shapes(shape.table, f"{path}{shape.name}.")


ROWS = dict(shapes(CONFIGURATION))


def leaves(
    arguments: dict[str, Any], documented: dict[str, Any], path: str = ""
) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Each option without options of its own: its path, its argument spec, its text."""
    for name, spec in arguments.items():
        page = documented.get(name, {})
        if "options" in spec:
            yield from leaves(spec["options"], page.get("suboptions", {}), f"{path}{name}.")
        else:
            yield path + name, spec, " ".join(page.get("description", ()))


def secrets(plane: str) -> list[str]:
    page, arguments = DOCS[plane]
    return [path for path, spec, _text in leaves(arguments, yaml.safe_load(page)["options"]) if spec.get("no_log")]


@pytest.mark.parametrize("option", SERVER)
def test_a_row_of_a_server_says_since_when_it_is_known_and_taken_at_runtime(option: str) -> None:
    row = SERVER[option]
    assert number(row.since) >= number(OLDEST_HAPROXY)
    assert row.runtime in (NEVER, NO_EFFECT) or number(row.runtime) >= number(row.since)


def test_the_other_rows_of_haproxy_say_since_when_they_are_known() -> None:
    rows = [*BIND.values(), *(row for table in TABLES.values() for row in table.values())]
    versions = [version for row in rows for version in (row.since, *(getattr(row, "later", None) or {}).values())]
    assert all(number(version) >= number(OLDEST_HAPROXY) for version in versions)


@pytest.mark.parametrize("path", ROWS)
def test_a_row_of_keepalived_says_since_when_it_is_known(path: str) -> None:
    assert number(ROWS[path].since) >= number(OLDEST_KEEPALIVED)


@pytest.mark.parametrize("plane", DOCS)
def test_what_sounds_secret_says_whether_it_is(plane: str) -> None:
    """``secret(kind)`` or ``shown(kind)`` in the row."""
    page, arguments = DOCS[plane]
    open_ones = [
        path
        for path, spec, text in leaves(arguments, yaml.safe_load(page)["options"])
        if spec["type"] == "str" and "no_log" not in spec and SOUNDS_SECRET.search(f"{path.split('.')[-1]} {text}")
    ]
    assert open_ones == []


def test_what_is_secret_is_masked_in_every_text() -> None:
    assert secrets("haproxy") and secrets("keepalived")
    for path in secrets("haproxy"):
        line = f"bind :443 ssl {path.split('.')[-1].replace('_', '-')} Geheim123 crt /a"
        assert "Geheim123" not in redact_haproxy(line), path
    for path in secrets("keepalived"):
        keyword = path.split(".")[-1]
        for line in (f"{keyword} Geheim123\n", f"{keyword} 7 Geheim123\n" if "auth_hmac" in path else ""):
            assert "Geheim123" not in redact_keepalived(line), path


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (("backends", "servers", "ws"), ["Since HAProxy 2.5."]),
        (("default_server", "init_state"), ["Since HAProxy 3.1."]),
        (("mode",), ["V(log) since HAProxy 2.9.", "V(spop) since HAProxy 3.1."]),
        (("frontends", "bind"), []),
        (("frontends", "bind", "mode"), []),
        (("global",), []),
    ],
)
def test_the_documentation_of_haproxy_says_since_when(path: tuple[str, ...], words: list[str]) -> None:
    assert haproxy_texts.since(path) == words


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("instances.auth_hmac", ["Since keepalived 2.4.0."]),
        ("virtual_servers.real_servers.tcp_check.log_all_failures", ["Since keepalived 2.0.11."]),
        ("virtual_servers.real_servers.weight", []),
        ("instances.virtual_ipaddress.address", []),
        ("instances", []),
    ],
)
def test_the_documentation_of_keepalived_says_since_when(path: str, words: list[str]) -> None:
    assert keepalived_texts.since(path) == words


def test_an_option_of_haproxy_without_a_text_is_named_with_the_line_to_add() -> None:
    for path, line in (
        (("backends", "servers", "new_word"), 'add to _LINES the line "new_word": "What it says.",'),
        (("global", "new_word"), 'add to _GLOBAL the line "global.new_word": "What it says.",'),
        (("frontends", "new_word"), 'add to _SECTIONS the line "new_word": "What it says.",'),
    ):
        with pytest.raises(KeyError) as error:
            haproxy_texts.key_of(path)
        assert error.value.args == (f"plugins/plugin_utils/_docs/haproxy.py: {line}",)


def test_an_option_of_keepalived_without_a_text_is_named_with_the_line_to_add() -> None:
    for path, table in (
        ("instances.", "INSTANCE_TEXTS"),
        ("global_defs.", "CONFIG_TEXTS global_defs"),
        ("", "CONFIG_TEXTS"),
    ):
        with pytest.raises(KeyError) as error:
            keepalived_texts.document({"new_word": {"type": "str"}}, {}, path)
        line = f'plugins/plugin_utils/_docs/keepalived.py: add to {table} the line "new_word: What it says."'
        assert error.value.args == (line,)


def test_no_text_is_left_of_an_option_that_is_gone() -> None:
    def paths(arguments: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        for name, spec in arguments.items():
            yield (*path, name)
            yield from paths(spec.get("options", {}), (*path, name))

    used = {haproxy_texts.key_of(path) for path in paths(config_arguments())}
    assert set(haproxy_texts.DESCRIPTIONS) - used == {"state"}  # of haproxy_backend

    def unused(texts: dict[str, Any], arguments: dict[str, Any], path: str = "") -> Iterator[str]:
        for name, words in texts.items():
            if name not in arguments:
                yield path + name
            elif isinstance(words, list) and isinstance(words[-1], dict):
                yield from unused(words[-1], arguments[name].get("options", {}), f"{path}{name}.")

    assert list(unused(keepalived_texts.config_texts(), CONFIGURATION.arguments())) == []
