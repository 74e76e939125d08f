# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SELinux denied, as messages with a remedy: read from the audit log, or from the journal where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.kernel import type_of
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

LOG = "/var/log/audit/audit.log"
#: How much of the end of the log is read, in bytes: some minutes of a busy host.
TAIL = 4_000_000

_DENIED = re.compile(r"audit\((?P<seconds>[0-9.]+):\d+\): +avc: +denied +\{ (?P<what>[^}]*) \} for (?P<rest>.*)")
_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|(\S+))')
_PORTS = {"name_bind": "bind", "name_connect": "connect to"}


def read(since: float, system: System, log: str = LOG) -> str:
    """The log text with the denials since a time (in seconds since 1970)."""
    try:
        with open(log, "rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        argv = ["journalctl", "--quiet", "--no-pager", "--output=cat", f"--since=@{since:.0f}", "_TRANSPORT=audit"]
        if system.which(argv[0]) is None:
            return ""
        return system.run([*argv, "+", "_TRANSPORT=kernel"], timeout=30).stdout


def parse(text: str, since: float, domains: Iterable[str]) -> list[dict[str, Any]]:
    """The denials since ``since``, in seconds since 1970, of processes in ``domains`` (of all where empty), without
    duplicates."""
    asked = set(domains)
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for match in _DENIED.finditer(text):
        fields = {name: quoted or bare for name, quoted, bare in _FIELD.findall(match["rest"])}
        if float(match["seconds"]) < since or not {"scontext", "tcontext", "tclass"} <= set(fields):
            continue
        denial = _denial(float(match["seconds"]), match["what"].split(), fields)
        if not asked or denial["domain"] in asked:
            key = (denial["domain"], denial["target"], denial["class"], *denial["permissions"], denial["object"])
            found.setdefault(key, denial)
    return list(found.values())


def _denial(seconds: float, permissions: list[str], fields: dict[str, str]) -> dict[str, Any]:
    domain, target, target_class = type_of(fields["scontext"]), type_of(fields["tcontext"]), fields["tclass"]
    port = fields.get("src") or fields.get("dest")
    thing = port if set(permissions) & set(_PORTS) and port else fields.get("path") or fields.get("name") or ""
    denial = {
        "time": seconds,
        "command": fields.get("comm", ""),
        "domain": domain,
        "permissions": permissions,
        "class": target_class,
        "target": target,
        "object": thing,
        "enforced": fields.get("permissive", "0") == "0",
    }
    return {**denial, "message": _message(denial)}


def _message(denial: dict[str, Any]) -> str:
    command, domain, target, thing = denial["command"], denial["domain"], denial["target"], denial["object"]
    end = "did not let" if denial["enforced"] else "would not have let"
    who = f"SELinux {end} {command} ({domain})"
    for permission, verb in _PORTS.items():
        if permission in denial["permissions"]:
            return (
                f"{who} {verb} port {thing}, whose type is {target}. Declare the port where HAProxy's front ends and "
                "servers are declared and run the role selinux again, or label it: "
                f"semanage port -a -t http_port_t -p {denial['class'].split('_')[0]} {thing}"
            )
    what = f"{'/'.join(denial['permissions'])} {thing or 'something'} ({denial['class']} of type {target})"
    if denial["class"] in ("file", "dir", "lnk_file", "sock_file"):
        return (
            f"{who} {what}. If it should, give the file the label of the policy (restorecon -v), or name "
            "it in selinux_programs with what the program does with it, and run the role selinux again."
        )
    return f"{who} {what}. To allow it: ausearch -m avc -ts recent | audit2allow"
