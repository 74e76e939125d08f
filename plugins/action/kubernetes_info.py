# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's side of kubernetes_info: what ``module_defaults`` give ``kubernetes.core.k8s_info`` to reach the API
by counts for it too, so that credentials are written once; and a kubeconfig is found as there.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible_collections.k8s_edge.ha.plugins.action.haproxy_config import ActionModule as Ours
from ansible_collections.k8s_edge.ha.plugins.module_utils._kubernetes.read import ACCESS

_NAMES = {name for option, spec in ACCESS.items() for name in (option, *spec.get("aliases", ()))}


class ActionModule(Ours):
    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        if not find_spec("ansible_collections.kubernetes") or not find_spec("ansible_collections.kubernetes.core"):
            raise AnsibleActionFail(
                "This module needs the collection kubernetes.core on the controller, which is not there. Install it by "
                "`ansible-galaxy collection install kubernetes.core`."
            )
        self._task.args = {**self._access(), **self._task.args}
        kubeconfig = self._task.args.get("kubeconfig")
        if kubeconfig and isinstance(kubeconfig, str):
            try:
                self._task.args["kubeconfig"] = self._file(kubeconfig)
            except AnsibleError as error:
                return {"failed": True, "msg": f"kubeconfig: {error.message}", "results": []}
        if self._task.args.get("queries") == []:
            return {"changed": False, "results": []}
        return super().run(tmp, task_vars)

    def _file(self, kubeconfig: str) -> Any:
        """The file as kubernetes.core finds it: beside the playbook too, and decrypted where it is in a vault."""
        return self._loader.get_real_file(self._find_needle("files", kubeconfig), decrypt=True)

    def _access(self) -> dict[str, Any]:
        """By which options k8s_info would reach the API, as Ansible looks them up: those of the group, then its own."""
        given: dict[str, Any] = {}
        for each in self._task.module_defaults or ():
            given.update(each)
        found: dict[str, Any] = {}
        for name in ("group/kubernetes.core.k8s", "kubernetes.core.k8s_info"):
            found.update(self._templar.template(given.get(name) or {}))
        return {name: value for name, value in found.items() if name in _NAMES}
