# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of an entry of ``k8s_edge_vips``: common options, options of profiles, and nested options of modules."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import ARGUMENTS as KEEPALIVED
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.profiles import DEFAULT, profiles
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import Spec
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.variables import over
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import ByHand

_COMMON = Path(__file__).resolve().parents[1] / "_vip" / "options.yml"


@cache
def documented() -> Mapping[str, Spec]:
    """Every option of an entry as an argument spec with descriptions. ``{vips}`` in a description stands for the
    variable with the entries. bin/render_docs.py writes the spec into the roles."""
    found: dict[str, Any] = dict(yaml.safe_load(_COMMON.read_text()))
    about = [f"V({name}) {profile.about}" for name, profile in profiles().items()]
    found["profile"] = {**found["profile"], "choices": list(profiles()), "default": DEFAULT, "description": about}
    for profile in profiles().values():
        found.update(profile.options)
    return found


@cache
def by_hand_options() -> Mapping[str, ByHand]:
    """The options of an entry that accept a module's options."""
    instance = ByHand(KEEPALIVED["instances"]["options"], fixed=("name",))
    return {"instance": instance, **{k: v for each in profiles().values() for k, v in each.by_hand().items()}}


@cache
def entry_options() -> Mapping[str, Spec]:
    """The options of an entry, with their inner types."""
    return {**documented(), **{name: over(each.options, ()) for name, each in by_hand_options().items()}}
