# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument spec of a module that runs on the controller only, taken from its documentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

_TAKEN = ("aliases", "choices", "default", "elements", "required", "type")


def arguments(documentation: str) -> dict[str, Any]:
    """The options in the DOCUMENTATION of a module or a fragment, as an argument spec."""
    return _specs(yaml.safe_load(documentation)["options"])


def _specs(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _spec(stated) for name, stated in options.items()}


def _spec(stated: Mapping[str, Any]) -> dict[str, Any]:
    spec = {key: stated[key] for key in _TAKEN if key in stated}
    return {**spec, "options": _specs(stated["suboptions"])} if "suboptions" in stated else spec
