# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of several kinds, read from the Kubernetes API by one process, with the client of ``kubernetes.core``.

A process that has loaded that client has spent nearly all of the time that a read takes, so a loop over kinds pays it
for each of them.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

#: How to reach the API, named as in kubernetes.core.
ACCESS: dict[str, Any] = {
    "kubeconfig": {"type": "raw", "no_log": True},
    "context": {"type": "str"},
    "host": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "validate_certs": {"type": "bool", "aliases": ["verify_ssl"]},
    "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"]},
    "client_cert": {"type": "path", "aliases": ["cert_file"]},
    "client_key": {"type": "path", "aliases": ["key_file"], "no_log": False},
    "proxy": {"type": "str"},
    "no_proxy": {"type": "str"},
    "proxy_headers": {
        "type": "dict",
        "options": {
            "proxy_basic_auth": {"type": "str", "no_log": True},
            "basic_auth": {"type": "str", "no_log": True},
            "user_agent": {"type": "str"},
        },
    },
    "persist_config": {"type": "bool"},
    "impersonate_user": {"type": "str"},
    "impersonate_groups": {"type": "list", "elements": "str"},
}

ARGUMENTS: dict[str, Any] = {
    **ACCESS,
    "queries": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "api_version": {"type": "str", "default": "v1"},
            "kind": {"type": "str", "required": True},
            "name": {"type": "str"},
            "namespace": {"type": "str"},
            "label_selectors": {"type": "list", "elements": "str", "default": []},
        },
    },
    "hidden_fields": {"type": "list", "elements": "str", "default": []},
}


def read(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """The action of kubernetes_info."""
    service = _service({name: params[name] for name in ACCESS if params[name] is not None})
    results = [_answer(service, query, params["hidden_fields"]) for query in params["queries"]]
    refused = [each["msg"] for each in results if "resources" not in each]
    if refused:
        raise EdgeError("\n".join(dict.fromkeys(refused)), results=results)
    return {"changed": False, "results": results}


def _service(access: dict[str, Any]) -> Any:
    """What asks the API. Imported here, since other modules and their tests do without kubernetes.core."""
    from ansible_collections.kubernetes.core.plugins.module_utils.k8s.client import get_api_client
    from ansible_collections.kubernetes.core.plugins.module_utils.k8s.core import requires
    from ansible_collections.kubernetes.core.plugins.module_utils.k8s.service import K8sService

    try:
        requires("kubernetes")
        return K8sService(get_api_client(**access), None)
    except Exception as error:  # kubernetes.core lets through whatever its libraries raise
        raise EdgeError(_said(error)) from error


def _answer(service: Any, query: dict[str, Any], hidden: list[str]) -> dict[str, Any]:
    """As an item of a loop over kubernetes.core.k8s_info would be registered."""
    try:
        found = service.find(**{name: value for name, value in query.items() if value}, hidden_fields=hidden)
    except Exception as error:  # as above; one kind that is refused keeps none of the others from being read
        return {"item": query, "msg": _said(error)}
    return {"item": query, **found}


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
