# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of keepalived's state modules: plan the change of one configuration file and carry it out."""

from __future__ import annotations

from typing import Any, Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Lacking, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import ConfigFileResource, Edited
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.lexer import is_plain
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import plan_result
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

DEFAULT_PATH = "/etc/keepalived/keepalived.conf"

FILE_ARGUMENTS: dict[str, Any] = {
    "path": {"type": "path", "default": DEFAULT_PATH},
    "backup": {"type": "bool", "default": False},
    "validate": {"type": "bool", "default": True},
}


def configure(
    params: dict[str, Any], system: System, check_mode: bool, planner: Callable[[str], Edited]
) -> dict[str, Any]:
    """Apply the planner's edit to the file at ``path``; returns the keys of the module's result."""
    warnings: list[str] = []
    planned_on: list[str] = []

    def edit(text: str) -> Edited:
        planned_on.append(text)
        return Edited(text) if _holds_already(file.real, text, planner) else planner(text)

    def examine(text: str) -> None:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.examination import needs

        missing = needs(file.real, planned_on[0], text, system, params["validate"])
        if check_mode or not params["validate"]:
            warnings.extend(Lacking(str(need), str(need.value)) for need in missing)
        else:
            refuse(missing)

    def validate(candidate: str, current: str) -> Any:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.validator import Validator

        return Validator(system, rehearsal=check_mode)(candidate, current)

    file = ConfigFile(params["path"], validate=validate if params["validate"] else None, backup=params["backup"])
    resource = ConfigFileResource(file, edit, redact=redact, examine=examine)
    with resource.verdict():
        plan = reconcile(resource, check_mode=check_mode)
    result = plan_result(plan, params["path"], backup_file=resource.backup_file)
    result["warnings"] = [*result["warnings"], *file.warnings, *warnings]
    return result


def _holds_already(path: str, text: str, planner: Callable[[str], Edited]) -> bool:
    """Whether the desired state is already true of the text as keepalived expands it: with included files, and with
    definitions, conditions and loops resolved. Such lines cannot be edited here, but they may already be right."""
    if is_plain(text):
        return False
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.files import read_configuration
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.live import config_id_of, pid_of_file

    meant = read_configuration(path, config_id_of(pid_of_file()), text).document
    try:
        return not meant.flaws and planner(meant.text).text == meant.text
    except EdgeError:
        return False
