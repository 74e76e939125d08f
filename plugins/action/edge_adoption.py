# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The implementation of edge_adoption, which runs on the controller.

It is an action plugin and not a filter because it reads and writes many files, and their secrets must not become
variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.adoption import Adoption
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.disk import (
    read_directory,
    require_free,
    write_directory,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.report import report
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.source import sources_of


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """``specified``: the argument spec. The documentation is in plugins/modules/edge_adoption.yml."""

    TRANSFERS_FILES = False
    specified: ClassVar[dict[str, Any]] = {
        "sources": {"type": "dict"},
        "directory": {"type": "str"},
        "to": {"type": "str", "required": True},
        "mend": {"type": "bool", "default": False},
        "kube_ca_file": {"type": "str", "default": ""},
    }

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = {**super().run(tmp, task_vars), "changed": False}
        _valid, given = self.validate_argument_spec(
            argument_spec=self.specified,
            mutually_exclusive=[("sources", "directory")],
            required_one_of=[("sources", "directory")],
        )
        # Relative paths start at the directory of the command, not of the playbook.
        here = Path(os.environ.get("PWD") or ".")
        directory = here / given["to"]
        try:
            require_free(directory)
            sources = given["sources"] if given["directory"] is None else read_directory(here / given["directory"])
            found = report(Adoption(sources_of(sources), given["mend"], given["kube_ca_file"]))
            files = found.pop("files")
            if not self._task.check_mode:
                write_directory(directory, files)
        except EdgeError as error:
            return {**result, **error.facts, "failed": True, "msg": str(error)}
        shown = [{"path": each["path"], "mode": each["mode"]} for each in files]
        return {**result, **found, "changed": True, "to": str(directory), "files": shown}
