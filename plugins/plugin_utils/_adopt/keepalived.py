# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Translate a keepalived.conf to variables of role keepalived, and list what cannot be translated and stays
unmanaged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.info import (
    configuration,
    unknown_options,
    without_secrets,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.config import plan_table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Document, is_opaque, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Blocks, Group, Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import CONFIGURATION
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.giving_back import fitting
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.shapes import Value
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.overlay import overrides
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.secrets import (
    extract_secrets,
    masks,
    unmasked,
    without_unwritable,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.keepalived_file import (
    SCRIPT_USER,
    global_defs,
    whole_keepalived_conf,
)

#: The list options that role keepalived has variables for.
LISTS = ("scripts", "track_processes", "track_files", "sync_groups", "instances", "virtual_servers")
_NOTHING: Mapping[str, Any] = {
    **{kind: [] for kind in ("scripts", "track_processes", "sync_groups", "instances", "virtual_servers")},
    "global_defs": {},
}
#: The user that runs scripts when none is configured and the host has no user ``keepalived_script``.
_SCRIPTS_RUN_AS = "root"


class Translation(NamedTuple):
    """The translation of a keepalived.conf.

    ``values``: everything that was read, in the options of keepalived_config, secrets included. ``variables``:
    variables of role keepalived. ``vault``: the secrets that they refer to, by variable name. ``foreign``: what stays
    in the file unmanaged, one phrase each. ``masked``: the paths of secrets for which only a mask was given. ``whole``:
    the declared lists cover everything in the file. ``unsure``: instances with unreadable lines; no fault is reported
    about how these fit with others."""

    values: Mapping[str, Any]
    variables: dict[str, Any]
    vault: dict[str, Any]
    foreign: list[str]
    masked: list[str]
    whole: bool = True
    unsure: frozenset[str] = frozenset()


def translated(host: str, text: str) -> Translation:
    """Translate a keepalived.conf. Applied by the role, the variables change nothing in the file."""
    document = parse(text)
    read = configuration(document)
    kept, _lost = fitting(CONFIGURATION, read)
    values = _with_words(CONFIGURATION, kept, read)
    plain: dict[str, Any] = without_unwritable(unmasked(kept)) or {}
    masked = list(masks(kept, ""))
    user = str((plain.get("global_defs") or {}).get("script_user") or _SCRIPTS_RUN_AS)
    given = {kind: plain[kind] for kind in LISTS if plain.get(kind)}
    settings = overrides(global_defs(host, SCRIPT_USER), plain.get("global_defs") or {})
    foreign = list(_foreign(document, read))
    whole = not document.flaws and all(kind in given for kind in LISTS if read.get(kind))
    for kind in list(_not_taken(host, text, user, given, settings)):
        if kind in given:
            del given[kind]
            whole = False
            foreign.append(f"every {kind} entry: keepalived_config would not take them as they are")
        else:
            settings = dict.fromkeys(global_defs(host, SCRIPT_USER))
            foreign.append("global_defs: keepalived_config would not take it as it is")
    blocks = [each["block"] for each in unknown_options(document) if each["options"]]
    unsure = frozenset(each.partition(" ")[2] for each in blocks if each.startswith("vrrp_instance "))
    vault: dict[str, Any] = {}
    shown = without_secrets({**given, "global_defs": settings})
    by_kind = {**given, "global_defs": settings}
    variables = {
        f"keepalived_{kind}": extract_secrets(value, shown.get(kind), f"keepalived_{kind}", vault)
        for kind, value in by_kind.items()
    }
    return Translation(values, {"keepalived_script_user": user, **variables}, vault, foreign, masked, whole, unsure)


def options(host: str, user: str, given: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The options that the role would pass to keepalived_config on a host without VIPs."""
    variables = {f"keepalived_{kind}": value for kind, value in given.items()}
    return whole_keepalived_conf(host, user, _NOTHING, {**variables, "keepalived_global_defs": settings})


def _not_taken(host: str, text: str, user: str, given: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[str]:
    """The options that would change in the file if the translation were applied."""
    if _stays(text, options(host, user, given, settings)):
        return
    nothing = dict.fromkeys(global_defs(host, SCRIPT_USER))
    for kind, value in given.items():
        if not _stays(text, options(host, user, {kind: value}, nothing)):
            yield kind
    if not _stays(text, options(host, user, {}, settings)):
        yield "global_defs"


def _stays(text: str, asked: Mapping[str, Any]) -> bool:
    desired = {kind: value for kind, value in asked.items() if kind not in ("path", "purge") and value != []}
    try:
        return plan_table(text, CONFIGURATION, desired).text == text
    except EdgeError:
        return False


def _foreign(document: Document, values: Mapping[str, Any]) -> Iterator[str]:
    """What role keepalived has no variable for."""
    for option in values:
        if option not in (*LISTS, "global_defs", "other"):
            yield f"{option}: role keepalived has no variable for it"
    for block in unknown_options(document):
        if block["options"]:
            yield f"{', '.join(block['options'])} in {block['block']}: not known, or not as an option can have it"
    for statement in document.statements(document.root):
        if is_opaque(statement) or (statement.keyword not in CONFIGURATION.rank and statement.keyword):
            line = " ".join(redact(document.text[statement.start : statement.end]).split())
            yield f"{line[:80]}{'…' if len(line) > 80 else ''}"
    for offset, reason in document.flaws[:1]:
        yield f"the whole file from line {document.line(offset)} on: {reason}"


def _with_words(table: Table, kept: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """``kept``, plus every single word or number of ``values`` that does not fit its option. Unreadable values are left
    out."""
    found = dict(kept)
    for shape in table.shapes:
        value = values.get(shape.name)
        if isinstance(shape, Value) and value is not None:
            found[shape.name] = value
        elif isinstance(shape, Group) and isinstance(value, Mapping) and shape.name in kept:
            found[shape.name] = _with_words(shape.table, kept[shape.name], value)
        elif isinstance(shape, Blocks) and shape.name in kept:
            pairs = zip(kept[shape.name], values[shape.name], strict=True)
            found[shape.name] = [_with_words(shape.table, one, other) for one, other in pairs]
    return found
