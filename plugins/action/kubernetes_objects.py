# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The implementation of kubernetes_objects, which runs on the controller."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, ClassVar

from ansible_collections.k8s_edge.ha.plugins.action.kubernetes_info import ACCESS
from ansible_collections.k8s_edge.ha.plugins.action.kubernetes_info import ActionModule as Asking
from ansible_collections.k8s_edge.ha.plugins.modules import kubernetes_objects
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.apply import Mode, Objects
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.documented import arguments


class ActionModule(Asking):
    """Changes are reported as they are made. With ``--diff`` Ansible shows every changed field at the end."""

    specified: ClassVar[dict[str, Any]] = {**arguments(kubernetes_objects.DOCUMENTATION), **ACCESS}

    def ask(self, params: dict[str, Any], result: dict[str, Any]) -> None:
        check, fields = bool(self._task.check_mode), bool(self._task.diff)
        params["validate"] = params["validate"] and find_spec("kubernetes_validate") is not None
        mode = Mode(check, fields, say=self._display.display, warn=self._display.warning)
        result["changes"] = changes = []
        try:
            if params["state"] != "patched" or params["objects"]:
                run = Objects(self.api(params), params, mode)
                result["changes"] = changes = run.changes
                run.run()
        finally:
            result["changed"] = bool(changes)
            if fields and changes:
                result["diff"] = {"prepared": "".join(f"{line}\n" for line in changes)}
