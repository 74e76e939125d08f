# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What haproxy_info returns: the file, the service and the running process, each as far as it can be read."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.invocation import Invocation, invocation
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.processes import Loaded
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.service import as_answered, facts
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import PATIENCE, Runtime
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.socket import stats_socket
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.stats import live_state
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.description import describe
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

_STATE_FILE = "load-server-state-from-file"


def by_state_file(text: str, servers: list[dict[str, Any]]) -> str:
    """A message that names the servers whose port in the process differs from the file because HAProxy took it from its
    server state file at start; empty where there are none. ``servers`` are the rows of ``show servers state``."""
    if _STATE_FILE not in text:
        return ""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.servers import proxies

    known = proxies(parse(text))
    for row in servers:
        backend, name, port = str(row.get("be_name")), str(row.get("srv_name")), row.get("srv_port")
        server = known[backend].servers.get(name) if backend in known else None
        if server is not None and server.state.port not in (None, port):
            return (
                f"{backend}/{name} has port {port} in the serving process, as in HAProxy's server state file "
                f"({_STATE_FILE}), and {server.state.port} in the configuration"
            )
    return ""


def information(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """The module's result. Never changes anything, with or without check mode."""
    content = ConfigFile(params["path"]).read()
    text = None if content is None else decode(content)
    service = invocation(params["path"], system, unit=params["unit"])
    warnings = _warnings(params["path"], text or "", service)
    about = facts(system, params["path"], params["unit"])
    address = params["socket"] or (None if text is None else stats_socket(text))
    runtime, error = None, None
    if address is None:
        error = f"no socket of the runtime API (stats socket) is named in {params['path']}"
    else:
        try:
            # Where nothing runs, there is no socket to connect to.
            with Runtime(address, patience=PATIENCE if about["active"] or about["loaded"] else 0) as process:
                runtime = live_state(process)
        except EdgeError as reason:
            error = str(reason)
    if runtime is not None:
        loaded = as_answered(
            Loaded(about["loaded"], about["loaded_reason"]), params["path"], runtime["info"].get("Pid")
        )
        stale = by_state_file(text or "", runtime["servers"]) if loaded.loaded else ""
        about.update(loaded=loaded.loaded and not stale, loaded_reason=stale or loaded.reason)
    problems = None
    if params.get("check_start"):
        from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.restart import start_problems

        problems = start_problems(params["path"], service, system, running=about["loaded"])
    return {
        "changed": False,
        "warnings": warnings,
        **about,
        "files": service.in_place_of(params["path"], params["path"]),
        "config": None if text is None else describe(text),
        "runtime": runtime,
        "runtime_error": error,
        "socket": address,
        "start_problems": problems,
    }


def _warnings(path: str, text: str, service: Invocation) -> list[str]:
    """Warnings about lines that HAProxy reads only in part: the result has only that part."""
    if '""' not in text and "''" not in text and '"$' not in text:
        return []
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.cut_lines import cut_lines
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse

    return [f"{path}: {cut}" for cut in cut_lines([parse(text)], service.environment)]
