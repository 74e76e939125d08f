# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses on the loopback interface as a resource: the kernel, through ``ip``, and a systemd unit."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile
from ansible_collections.k8s_edge.ha.plugins.module_utils._loopback.model import (
    AddAddress,
    Enable,
    Found,
    Reload,
    RemoveAddress,
    Write,
    arguments,
    plan,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System

UNITS = "etc/systemd/system"
_SECONDS = 30.0
_ADDRESS = re.compile(r"\binet6? (\S+)")


class Loopback:
    """The addresses that ``name`` manages on loopback. ``root`` is for tests."""

    def __init__(self, desired: Sequence[str], name: str, system: System, root: str = "/") -> None:
        self.desired = desired
        self.name = name
        self.system = system
        self.root = root
        self.unit = f"k8s-edge-{name}.service"
        self.file = ConfigFile(os.path.join(root, UNITS, self.unit), mode=0o644)
        self.link = os.path.join(root, UNITS, "multi-user.target.wants", self.unit)
        self.ip = self._tool("ip", "iproute2 (Debian) or iproute (Enterprise Linux)")

    def lock(self) -> AbstractContextManager[None]:
        return self.file.lock()

    def read(self) -> Found:
        shown = self._run([self.ip, "-o", "address", "show", "dev", "lo"]).stdout
        content = self.file.read()
        text = None if content is None else content.decode("utf-8", "surrogateescape")
        return Found(frozenset(_ADDRESS.findall(shown)), text, os.path.islink(self.link))

    def plan(self, current: Found) -> Plan:
        return plan(current, self.desired, self.name, self.ip)

    def rehearse(self, plan: Plan) -> None:
        self._systemctl()

    def execute(self, change: Any) -> None:
        if isinstance(change, AddAddress):
            self._run([self.ip, *arguments(change.address)])
        elif isinstance(change, RemoveAddress):
            self._run([self.ip, "address", "delete", change.address, "dev", "lo"])
        elif isinstance(change, Write):
            self.file.replace(_content(change.expected), _content(change.text))
        elif isinstance(change, Reload):
            if self._runs():
                self._run([self._systemctl(), "daemon-reload"])
        elif isinstance(change, Enable):
            now = ["--now"] if self._runs() else []
            self._run([self._systemctl(), "enable" if change.enabled else "disable", *now, self.unit])

    def _runs(self) -> bool:
        """Whether systemd is running as this host's init; while an image is built it is not, and units are only
        enabled."""
        return os.path.isdir(os.path.join(self.root, "run/systemd/system"))

    def _systemctl(self) -> str:
        return self._tool("systemctl", "systemd, which adds the addresses at boot")

    def _tool(self, name: str, package: str) -> str:
        path = self.system.which(name)
        if path is None:
            raise EdgeError(f"There is no {name} on this host. Install {package}.")
        return path

    def _run(self, argv: list[str]) -> Completed:
        ended = self.system.run(argv, timeout=_SECONDS)
        if ended.rc != 0:
            reason = (ended.stderr or ended.stdout).strip() or "no reason"
            raise EdgeError("{} failed: {}.".format(" ".join(argv), reason.rstrip(".")))
        return ended


def _content(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogateescape")
