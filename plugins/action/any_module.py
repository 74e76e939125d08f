# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's side of a task, for every module that runs on a host: meta/runtime.yml routes them all here.

It runs the module as Ansible would. Only the garbage collector is kept from walking through all of the controller's
memory while the module's source is packed (docs/adr/0007). ansible-test wants documentation for each action
plugin: plugins/modules/any_module.yml.
"""

from __future__ import annotations

import gc
from typing import Any

from ansible.plugins.action.normal import ActionModule as Normal

#: New objects between two collections. A worker ends with its task, but a task may be a loop over thousands of items.
_NEW_OBJECTS = 100_000


class ActionModule(Normal):  # type: ignore[misc]  # ansible-core has no types
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        gc.freeze()
        gc.set_threshold(_NEW_OBJECTS)
        result: dict[str, Any] = super().run(tmp, task_vars)
        return result
