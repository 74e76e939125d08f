# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a newer package of a daemon would refuse or handle differently on this host, checked before it is installed.

The newer version is the one given, or the one that apt would install from its current package lists. Other package
managers need the network to find it, so there the version must be given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

DAEMONS = ("haproxy", "keepalived")
#: A package's version without Debian's epoch and revision: ``1:2.2.7-1+b2`` is 2.2.7.
_UPSTREAM = re.compile(r"(?:\d+:)?(\d+(?:\.\d+)+)")
_CANDIDATE = re.compile(r"^(\S+):\n(?:.*\n)*?\s+Candidate: (\S+)", re.MULTILINE)


def upgrades(params: dict[str, Any], system: System) -> dict[str, Any]:
    """For each installed daemon: ``name``, ``installed``, ``newer`` (empty where unknown) and ``changes``, each with
    ``where``, ``since``, ``refused``, ``reason`` and ``remedy``. Raises InputError for an invalid version."""
    asked = params.get("upgrade_to") or {}
    remedy = 'Give it in numbers and in quotes, such as "3.4".'
    refuse(
        [
            Problem(f"upgrade_to.{name}", version, "is not a version", remedy)
            for name, version in asked.items()
            if version and not _UPSTREAM.fullmatch(version)
        ]
    )
    found = [(name, _VERSIONS[name](system)) for name in DAEMONS]
    installed = {name: version for name, version in found if version}
    unasked = [name for name in installed if not asked.get(name)]
    newer = {**_candidates(unasked, system), **{name: asked[name] for name in installed if asked.get(name)}}
    return {
        "changed": False,
        "daemons": [
            {
                "name": name,
                "installed": version,
                "newer": newer.get(name, ""),
                "changes": list(_CHANGES[name](params, version, newer[name], system)) if newer.get(name) else [],
            }
            for name, version in installed.items()
        ],
    }


def _candidates(names: list[str], system: System) -> dict[str, str]:
    """The version that apt would install, by package."""
    program = system.which("apt-cache") if names else None
    if program is None:
        return {}
    listing = system.run([program, "policy", *names], timeout=30.0).stdout
    return {name: upstream for name, version in _CANDIDATE.findall(listing) if (upstream := _upstream(version))}


def _upstream(version: str) -> str:
    match = _UPSTREAM.match(version)
    return match.group(1) if match else ""


def _haproxy_version(system: System) -> str:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.service import version

    return _upstream(version(system) or "")


def _keepalived_version(system: System) -> str:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.live import version

    return version(system) or ""


def _haproxy(params: dict[str, Any], installed: str, newer: str, system: System) -> Iterator[dict[str, Any]]:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.upgrade import changes
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.files import read_others
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse

    path = params["haproxy_config_path"]
    try:
        with open(path, "rb") as file:
            own = parse(decode(file.read()))
    except FileNotFoundError:
        return
    for change in changes(read_others(path, system).around(own), installed, newer):
        yield {**change._asdict()}


def _keepalived(params: dict[str, Any], installed: str, newer: str, _system: System) -> Iterator[dict[str, Any]]:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.upgrade import changes
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.versions import number
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.files import read_configuration
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.script_links import (
        SINCE,
        linked_programs,
    )

    document = read_configuration(params["keepalived_config_path"]).document
    for since, problem in changes(document, installed, newer):
        yield _shown(problem.option, since, False, problem.reason, problem.remedy)
    if number(installed) < SINCE <= number(newer):
        for problem in linked_programs("", document.text):
            reason = f"{problem.value} lies below a symbolic link, so it would never be run as root"
            yield _shown(problem.option, ".".join(map(str, SINCE)), True, reason, problem.remedy)


def _shown(where: str, since: str, refused: bool, reason: str, remedy: str) -> dict[str, Any]:
    return {"where": where, "since": since, "refused": refused, "reason": reason, "remedy": remedy}


_VERSIONS = {"haproxy": _haproxy_version, "keepalived": _keepalived_version}
_CHANGES = {"haproxy": _haproxy, "keepalived": _keepalived}
