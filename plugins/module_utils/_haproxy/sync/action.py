# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the state modules do: one edit of one file, planned, validated, swapped, applied to the process and verified."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import ConfigFileResource, Edited
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import Action, plan_result
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

if TYPE_CHECKING:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.file import Others

_FILE_OPTIONS = ("path", "backup", "validate", "runtime", "socket")


#: (text, options, cache of what was checked about the options alone, the other files that HAProxy reads) -> the edit.
Planner = Callable[[str, Mapping[str, Any], dict[str, Any], Callable[[], "Others"]], Edited]


def file_action(planner: Planner) -> Action:
    """The action of a module. ``planner`` turns the module's options, without those about the file, into an edit."""

    def action(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
        options = {option: value for option, value in params.items() if option not in _FILE_OPTIONS}
        planned_on: list[str] = []
        beside: list[Others] = []
        remembered: dict[str, Any] = {}
        too_old: list[str] = []

        def others() -> Others:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.files import read_others

            if not beside:
                beside.append(read_others(params["path"], system))
            return beside[0]

        def edit(text: str) -> Edited:
            planned_on.append(text)
            return planner(text, options, remembered, others)

        def examine(text: str) -> None:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.versions import examine as ask

            too_old[:] = ask(planned_on[0], text, system, strict=params["validate"] and not check_mode)

        def validate(candidate: str, current: str) -> list[str]:
            # Imported here, because a run that changes nothing does not need it.
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.validator import judge

            return judge(candidate, current, system, check_mode=check_mode)

        file = ConfigFile(params["path"], validate=validate if params["validate"] else None, backup=params["backup"])
        files = ConfigFileResource(file, edit, redact=redact, examine=examine)
        if params["runtime"] == "never":
            with files.verdict():
                plan = reconcile(files, check_mode=check_mode)
        else:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.resource import FileAndProcess

            required = params["runtime"] == "require"
            both = FileAndProcess(files, required=required, socket=params["socket"], names=_managed(options))
            with files.verdict():
                plan = both.carried_out(reconcile(both, check_mode=check_mode))
        warnings = [*plan.warnings, *file.warnings, *too_old]
        return plan_result(plan, file.path, warnings=warnings, backup_file=files.backup_file)

    return action


def _managed(options: Mapping[str, Any]) -> set[str]:
    """The proxies whose servers a task manages: those that are given servers or a default-server."""
    sections = [options] if "name" in options else [*(options.get("backends") or ()), *(options.get("listens") or ())]
    return {
        section["name"]
        for section in sections
        if section.get("servers") is not None or section.get("default_server") is not None
    }
