# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The implementation of kubernetes_info, which runs on the controller.

The connection options that ``module_defaults`` set for ``kubernetes.core.k8s_info`` apply here too, so that credentials
are configured once. A kubeconfig is searched for as that module does."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from typing import Any, ClassVar

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.k8s_edge.ha.plugins.doc_fragments.kubernetes import ModuleDocFragment
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.modules import kubernetes_info
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.api import Api
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.documented import arguments

ACCESS = arguments(ModuleDocFragment.DOCUMENTATION)
_NAMES = {name for option, spec in ACCESS.items() for name in (option, *spec.get("aliases", ()))}


#: Required collections and Python packages, and how to install them.
_NEEDED = {
    "ansible_collections.kubernetes.core": "Install it by `ansible-galaxy collection install kubernetes.core`.",
    "kubernetes": f"Install the Python package by `{sys.executable} -m pip install kubernetes`.",
}


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """``specified``: the module's argument spec. ``ask``: the module's work."""

    TRANSFERS_FILES = False
    specified: ClassVar[dict[str, Any]] = {**arguments(kubernetes_info.DOCUMENTATION), **ACCESS}

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = {**super().run(tmp, task_vars), "changed": False}
        for name, remedy in _NEEDED.items():
            if not _there(name):
                raise AnsibleActionFail(f"This needs {name} on the controller, which is not there. {remedy}")
        given = {
            name: value for name, value in self._task.args.items() if name not in _NAMES or value not in ("", None)
        }
        self._task.args = {**self._access(), **given}
        _valid, known = self.validate_argument_spec(argument_spec=self.specified)
        # Convert to plain types: the client does not know Ansible's own string types.
        params: dict[str, Any] = json.loads(json.dumps(known, default=str))
        kubeconfig = params["kubeconfig"]
        try:
            if isinstance(kubeconfig, str):
                params["kubeconfig"] = self._file(kubeconfig)
            self.ask(params, result)
        except EdgeError as error:
            return {**result, **error.facts, "failed": True, "msg": str(error)}
        except AnsibleError as error:
            return {**result, "failed": True, "msg": f"kubeconfig: {error.message}"}
        finally:
            self._loader.cleanup_all_tmp_files()
        return result

    def ask(self, params: dict[str, Any], result: dict[str, Any]) -> None:
        """Fill in ``result``. Raises EdgeError on failure."""
        result["results"] = []
        if not params["queries"]:
            return
        for query, found in zip(params["queries"], self.api(params).read(params["queries"])):
            shown = [_without(each, params["hidden_fields"]) for each in found or ()]
            result["results"].append({"item": query, "resources": shown, "api_found": found is not None})

    def api(self, params: dict[str, Any]) -> Api:
        """A client for the API that the options select."""
        return Api({name: params[name] for name in ACCESS if params[name] is not None})

    def _file(self, kubeconfig: str) -> Any:
        """The path of the kubeconfig, found as by kubernetes.core: next to the playbook too, and decrypted if it is in
        a vault."""
        return self._loader.get_real_file(self._find_needle("files", kubeconfig), decrypt=True)

    def _access(self) -> dict[str, Any]:
        """The connection options that apply to k8s_info, in Ansible's order: those of the action group, then the
        module's own."""
        given: dict[str, Any] = {}
        for each in self._task.module_defaults or ():
            given.update(each)
        found: dict[str, Any] = {}
        for name in ("group/kubernetes.core.k8s", "kubernetes.core.k8s_info"):
            found.update(self._templar.template(given.get(name) or {}))
        return {name: value for name, value in found.items() if name in _NAMES}


def _there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a parent package is missing
        return False


def _without(each: Any, hidden: list[str]) -> Any:
    """The object without the ``hidden`` fields, each of which is a path of keys."""
    for path in hidden:
        *way, last = path.split(".")
        inner = each
        for key in way:
            inner = inner.get(key) if isinstance(inner, dict) else None
        if isinstance(inner, dict):
            inner.pop(last, None)
    return each
