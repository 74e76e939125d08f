# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of every module that runs on a host; meta/runtime.yml routes all of them here.

It runs the module as Ansible would. It only keeps Python's garbage collector from scanning all of the controller's
memory while the module is packed (docs/adr/0007). ansible-test requires documentation for each action plugin:
plugins/modules/any_module.yml."""

from __future__ import annotations

import gc
from typing import Any

from ansible.plugins.action.normal import ActionModule as Normal

#: The number of new objects between two collections. A worker process ends with its task, but a task may loop over
#: thousands of items.
_NEW_OBJECTS = 100_000


class ActionModule(Normal):  # type: ignore[misc]  # ansible-core has no types
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        gc.freeze()
        gc.set_threshold(_NEW_OBJECTS)
        result: dict[str, Any] = super().run(tmp, task_vars)
        return result
