# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module ``vip_probe`` does: connect to every VIP as a client would, to all of them in parallel."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

#: HTTP codes that count as an answer: an apiserver that requires authentication has answered too.
ANSWERED = (200, 401, 403)
#: Seconds between two attempts.
_PAUSE = 1.0
_AT_ONCE = 16


def probe(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """``answers`` has an entry for each endpoint. Raises EdgeError with all endpoints that did not answer."""
    del system, check_mode  # it asks the network, and never changes anything
    endpoints = params["endpoints"]
    with ThreadPoolExecutor(min(_AT_ONCE, len(endpoints)) or 1) as pool:
        problems = list(pool.map(lambda each: _problem(each, params), endpoints))
    answers = [
        {"name": each["name"], "address": each["address"], "port": each["port"], "problem": problem}
        for each, problem in zip(endpoints, problems)
    ]
    silent = [f"{each['name']}: {each['problem']}." for each in answers if each["problem"]]
    if silent:
        raise EdgeError("\n".join(silent), answers=answers)
    return {"changed": False, "answers": answers}


def _problem(endpoint: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    """Why a client would not be served; empty where it would."""
    problem = ""
    for number in range(params["retries"] + 1):
        if number:
            time.sleep(_PAUSE)
        problem = _ask(endpoint, params)
        if not problem:
            break
    return problem


def _ask(endpoint: Mapping[str, Any], params: Mapping[str, Any]) -> str:
    try:
        if not endpoint["url"]:
            address = (endpoint["address"], endpoint["port"])
            with socket.create_connection(address, timeout=float(params["timeout"])):
                return ""
        status = _status(endpoint["url"], params)
    except (OSError, http.client.HTTPException) as error:
        where = endpoint["url"] or f"{endpoint['address']}:{endpoint['port']}"
        return f"{where} does not answer: {str(error) or type(error).__name__}"
    return "" if status in ANSWERED else f"{endpoint['url']} answers with status {status}"


def _status(url: str, params: Mapping[str, Any]) -> int:
    parts = urlsplit(url)
    context = ssl.create_default_context(cafile=params["ca_path"], cadata=params["ca"])
    if params["ca_path"] is None and params["ca"] is None:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    timeout = float(params["timeout"])
    connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=timeout, context=context)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status
    finally:
        connection.close()
