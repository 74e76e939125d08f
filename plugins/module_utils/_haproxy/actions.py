# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the state modules do: one edit of one file, planned, validated, swapped and verified."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._config_file import ConfigFile
from ansible_collections.k8s_edge.ha.plugins.module_utils._config_resource import ConfigFileResource, Edited
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.secrets import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._ports import Ports
from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import Action, plan_result

_FILE_OPTIONS = ("path", "backup", "validate")


def file_action(planner: Callable[[str, Mapping[str, Any]], Edited]) -> Action:
    """The action of a module whose options, without those of the file, a planner turns into an edit."""

    def action(params: dict[str, Any], ports: Ports, check_mode: bool) -> dict[str, Any]:
        options = {option: value for option, value in params.items() if option not in _FILE_OPTIONS}

        def validate(candidate: str, current: str) -> list[str]:
            # Imported here, because a run that changes nothing validates nothing.
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.validator import judge

            return judge(candidate, current, ports, check_mode=check_mode)

        file = ConfigFile(params["path"], validate=validate if params["validate"] else None, backup=params["backup"])
        resource = ConfigFileResource(file, lambda text: planner(text, options), redact=redact)
        plan = reconcile(resource, check_mode=check_mode)
        warnings = [*plan.warnings, *file.warnings]
        return plan_result(plan, file.path, warnings=warnings, backup_file=resource.backup_file)

    return action
