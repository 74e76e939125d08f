# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The available profiles of VIPs: one per file of the directory ``_profiles``."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Profile

DEFAULT = "kube_apiserver"

_PACKAGE = "ansible_collections.k8s_edge.ha.plugins.plugin_utils._profiles"


@cache
def profiles() -> Mapping[str, Profile]:
    """Every profile by name, sorted by name."""
    directory = Path(__file__).resolve().parents[1] / "_profiles"
    files = sorted(path.stem for path in directory.glob("[!_]*.py"))
    found = [importlib.import_module(f"{_PACKAGE}.{file}").PROFILE for file in files]
    return {profile.name: profile for profile in found}


def foreign_options(path: str, entry: Mapping[str, Any], profile: Profile) -> Iterator[Problem]:
    """A problem for each option of an entry that belongs to other profiles only."""
    for option in entry:
        having = [each.name for each in profiles().values() if option in each.options]
        if having and profile.name not in having:
            reason = f"goes with profile {' or '.join(having)} only, and this is {profile.name}"
            yield Problem(f"{path}.{option}", None, reason, "Leave it out.")
