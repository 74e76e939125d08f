# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check labels and taints before a request: what the API would refuse. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")

_WORD = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_KEY = re.compile(rf"([a-z0-9]([a-z0-9.-]{{0,251}}[a-z0-9])?/)?{_WORD}")
_VALUE = re.compile(rf"({_WORD})?")


def problems(labels: Mapping[str, Any], taints: Sequence[Any]) -> Iterable[Problem]:
    """A problem for each label that is not a string, and for each taint without a valid key and effect."""
    if not labels:
        yield Problem("edge_nodes_labels", {}, "marks no node as the edge", "Write for example {edgenode: 'true'}.")
    for key, value in labels.items():
        yield from _pair(f"edge_nodes_labels[{key}]", key, value)
    for index, taint in enumerate(taints):
        option = f"edge_nodes_taints[{index}]"
        if not isinstance(taint, Mapping):
            yield Problem(option, taint, "is not a dictionary", "Write key, value and effect.")
            continue
        yield from _pair(option, taint.get("key"), taint.get("value", ""))
        if taint.get("effect") not in EFFECTS:
            yield Problem(f"{option}.effect", taint.get("effect"), "is unknown", "Use {}.".format(", ".join(EFFECTS)))
        for strange in set(taint) - {"key", "value", "effect"}:
            yield Problem(option, strange, "is not a key there", "Use: key, value, effect.")


def _pair(option: str, key: Any, value: Any) -> Iterable[Problem]:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        yield Problem(option, key, "cannot be a key", "Use up to 63 letters, digits, '-', '_' and '.', or domain/name.")
    if not isinstance(value, str):
        yield Problem(option, value, "is not a string, as the API requires", f"Write '{str(value).lower()}' in quotes.")
    elif not _VALUE.fullmatch(value):
        yield Problem(option, value, "cannot be a value", "Use up to 63 letters, digits, '-', '_' and '.'.")
