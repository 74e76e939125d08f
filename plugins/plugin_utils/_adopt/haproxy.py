# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Translate a haproxy.cfg to variables of role haproxy, and list what cannot be translated and stays unmanaged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import (
    SECTION_KEYWORDS,
    Section,
    conditional,
    parse,
    unclear,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.description import describe
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.overlay import overrides
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.secrets import (
    extract_secrets,
    masks,
    unmasked,
    without_unwritable,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.haproxy_file import (
    CONFIG_PATH,
    DEFAULTS,
    global_options,
    whole_haproxy_cfg,
)

LISTS = ("frontends", "listens", "backends", "sections")
_KINDS = {"frontends": "frontend", "listens": "listen", "backends": "backend"}
#: Any OS family will do: only the option names count, since each one is either removed or overridden.
_FAMILY = "Debian"
_DERIVED_GLOBAL = dict.fromkeys(global_options(_FAMILY, (), {}))
_NOTHING: Mapping[str, Any] = {"frontends": [], "backends": []}


class Translation(NamedTuple):
    """The translation of a haproxy.cfg. The fields mean what they mean in ``Translation`` of ``keepalived.py``."""

    values: Mapping[str, Any]
    variables: dict[str, Any]
    vault: dict[str, Any]
    foreign: list[str]
    masked: list[str]


def translated(text: str) -> Translation:
    """Translate a haproxy.cfg. Applied by the role, the variables change nothing in the file."""
    plain, shown = describe(text, str), describe(text)
    masked = list(masks(plain, ""))
    foreign: dict[str, None] = {}
    skipped = _skipped(text)
    given: dict[str, Any] = {}
    masks_of: dict[str, Any] = {}
    for kind in LISTS:
        pairs = [
            (unmasked(one), other)
            for one, other in zip(plain[kind], shown[kind], strict=True)
            if _title(kind, one) not in skipped and without_unwritable(one) == one
        ]
        given[kind], masks_of[kind] = [one for one, _other in pairs], [other for _one, other in pairs]
    settings = {} if "global" in skipped else unmasked(plain["global"])
    defaults = unmasked(plain["defaults"][0]) if len(plain["defaults"]) == 1 and "defaults" not in skipped else {}
    if defaults.get("name") or defaults.get("from"):
        defaults = {}
    if plain["defaults"] and not defaults:
        foreign["defaults: role haproxy has one section of defaults, without a name"] = None
    for kind, index in list(_not_taken(text, settings, defaults, given)):
        title = _title(kind, given[kind][index]) if index is not None else kind
        foreign[f"{title}: haproxy_config would not take it as it is"] = None
        skipped[title] = ""
    settings, defaults = (
        {} if kind in skipped else each for kind, each in (("global", settings), ("defaults", defaults))
    )
    foreign = {**{f"{title}: {why}": None for title, why in skipped.items() if why}, **foreign}
    vault: dict[str, Any] = {}
    variables: dict[str, Any] = {
        "haproxy_global": overrides(
            _DERIVED_GLOBAL,
            extract_secrets(settings, shown["global"], "haproxy_global", vault),
        ),
        "haproxy_defaults": overrides(
            DEFAULTS, extract_secrets(defaults, shown["defaults"][0] if defaults else {}, "haproxy_defaults", vault)
        ),
    }
    for kind in LISTS:
        entries = [
            extract_secrets(one, other, f"haproxy_{kind}_{one.get('name') or one.get('type')}", vault)
            for one, other in zip(given[kind], masks_of[kind], strict=True)
            if _title(kind, one) not in skipped
        ]
        if entries:
            variables[f"haproxy_{kind}"] = entries
    return Translation(plain, variables, vault, list(foreign), masked)


def options(settings: Mapping[str, Any], defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The options that the role would pass to haproxy_config on a host whose HAProxy serves no VIP."""
    by_hand = {
        "global": overrides(_DERIVED_GLOBAL, settings),
        "defaults": overrides(DEFAULTS, defaults),
        **{kind: given.get(kind) or [] for kind in LISTS},
        "purge": False,
    }
    return whole_haproxy_cfg(CONFIG_PATH, _FAMILY, _NOTHING, by_hand)


def _title(kind: str, entry: Mapping[str, Any]) -> str:
    keyword = _KINDS.get(kind) or str(entry.get("type"))
    return f"{keyword} {entry.get('name') or ''}".rstrip()


def _skipped(text: str) -> dict[str, str]:
    """By title: the sections that haproxy_config refuses to edit, and why."""
    document = parse(text)
    found = {}
    often = Counter(section.title for section in document.sections)
    for section in document.sections:
        reason = ""
        if conditional(document, section):
            reason = "it depends on .if conditionals"
        elif unclear(document, section) is not None:
            reason = "where it ends is not clear"
        elif section.kind not in SECTION_KEYWORDS:
            reason = "no section of this kind is known"
        elif section.kind != "global" and often[section.title] > 1:
            reason = f"it stands there {often[section.title]} times"
        if reason:
            found[_plain(section)] = reason
    return found


def _plain(section: Section) -> str:
    return section.title.replace("\0", "")


def _not_taken(
    text: str, settings: Mapping[str, Any], defaults: Mapping[str, Any], given: Mapping[str, Any]
) -> Iterator[tuple[str, int | None]]:
    """The sections that would change if the translation were applied."""
    if _stays(text, options(settings, defaults, given)):
        return
    if not _stays(text, options(settings, {}, {})):
        yield "global", None
    if not _stays(text, options({}, defaults, {})):
        yield "defaults", None
    for kind in LISTS:
        for index, entry in enumerate(given[kind]):
            if not _stays(text, options({}, {}, {kind: [entry]})):
                yield kind, index


def _stays(text: str, asked: Mapping[str, Any]) -> bool:
    try:
        return plan_config(text, asked).text == text
    except EdgeError:
        return False
