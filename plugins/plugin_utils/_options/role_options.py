# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert the variables of a role to the types of its argument specification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.typed import typed
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.variables import of_roles


def settings_of(role: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of ``given``, converted, with the role's prefix removed from the keys. Other keys are kept unchanged.

    Raises InputError with every value that does not fit its option."""
    problems: list[Problem] = []
    made: dict[str, Any] = {}
    for name, value in given.items():
        spec = of_roles().get(f"{role}_{name}")
        made[name] = typed(f"{role}_{name}", value, spec, problems) if spec else value
        if name == "kubeconfig" and not isinstance(value, (str, Mapping)):
            remedy = "Write the path of a file, or its content"
            problems.append(Problem(f"{role}_{name}", value, "is not a kubeconfig", remedy))
    refuse(problems)
    return made
