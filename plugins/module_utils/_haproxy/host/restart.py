# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether HAProxy would start again with its current files. Loaded only when that is asked.

A running HAProxy keeps what it bound and loaded at its start, even if the host has since lost what a start needs:
permission to bind addresses that are not local, a directory, a certificate. So the files are checked against the host.
"""

from __future__ import annotations

import os

from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host import directories as start_faults
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.binding import unbindable
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.invocation import Invocation
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.messages import read_messages
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.validator import TIME_LIMIT
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document, parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

#: Exit codes of ``haproxy -c`` for accepted files: valid, and valid without any listener.
_ACCEPTED = (0, 2)


def start_problems(path: str, service: Invocation, system: System, *, running: bool) -> list[str] | None:
    """Why a start would fail, a sentence or two each, secrets masked. None where it cannot be checked: HAProxy or the
    file is missing, or this is not root.

    Ports in use are no problem while HAProxy is ``running`` with these files: it is the one using them.
    """
    program = system.which("haproxy")
    if program is None or not os.path.isfile(path) or os.geteuid() != 0:
        return None
    files = service.in_place_of(path, path)
    documents = [_document(file) for file in files if os.path.isfile(file)]
    found = _refused(program, files, service, system)
    found += [str(problem) for problem in start_faults.missing([], documents)]
    for document in documents:
        found += [
            str(problem)
            for problem in unbindable(parse(""), document, rehearsal=False, busy=not running, at="start")
            # Missing directories of sockets are reported already.
            if "/" not in str(problem.value)
        ]
    return found


def _refused(program: str, files: list[str], service: Invocation, system: System) -> list[str]:
    ended = system.run([program, *service.arguments(files)], timeout=TIME_LIMIT, environment=service.environment)
    if ended.timed_out:
        return [f"haproxy -c did not end within {TIME_LIMIT:.0f} s."]
    if ended.rc in _ACCEPTED:
        return []
    alerts = read_messages(ended.stderr + ended.stdout, {}).alerts
    return [f"HAProxy refuses its files: {'; '.join(alerts) or f'haproxy -c ended with status {ended.rc}'}."]


def _document(file: str) -> Document:
    with open(file, "rb") as content:
        return parse(decode(content.read()))
