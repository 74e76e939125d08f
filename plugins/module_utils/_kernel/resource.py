# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel parameters and modules as a resource: /proc/sys, /sys/module, sysctl.d and modules-load.d."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, os_reason, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile
from ansible_collections.k8s_edge.ha.plugins.module_utils._kernel.model import (
    OURS,
    Desired,
    File,
    Found,
    Load,
    Set,
    parameter_name,
    plain,
    plan,
    settings,
    with_earlier_values,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._kernel.modules import may_load, no_modules
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

#: Where systemd-sysctl and procps' sysctl look: of files with the same name the first counts; all are read in the order
#: of their names.
DIRECTORIES = ("etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d", "lib/sysctl.d")
#: procps reads it last; systemd only reads it if a link in sysctl.d points to it.
LAST = "etc/sysctl.conf"
_SECONDS = 60.0
_ELSEWHERE = (
    "Install the kernel's modules (on Enterprise Linux kernel-modules-extra); in a container, load it on the "
    "container's "
    "host."
)


class KernelSettings:
    """The kernel settings as a resource. ``name`` identifies our files; ``root`` is for tests."""

    def __init__(self, desired: Desired, name: str, system: System, root: str = "/") -> None:
        self.desired = desired
        self.root = root
        self.system = system
        #: Parameters that do not exist before a module is loaded, and the values that the module gave them.
        self.unborn: set[str] = set()
        self.born: dict[str, str] = {}
        self.heading = (
            f"# Written by k8s_edge.ha ({name}). What a value was before, it gives back when it needs it no longer."
        )
        self.files = {
            "parameters": ConfigFile(os.path.join(root, DIRECTORIES[0], f"{OURS}{name}.conf"), mode=0o644),
            "modules": ConfigFile(os.path.join(root, "etc/modules-load.d", f"k8s-edge-{name}.conf"), mode=0o644),
        }

    def lock(self) -> AbstractContextManager[None]:
        return self.files["parameters"].lock()

    def read(self) -> Found:
        texts = {kind: _text(file.read()) for kind, file in self.files.items()}
        ours = {path for path, _value, _was in settings(texts["parameters"] or "")}
        values = {path: self._value(path) for path in {*ours, *self.desired.parameters}}
        self.unborn = {path for path, value in values.items() if value is None}
        loaded = frozenset(name for name in self.desired.modules if self._loaded(name))
        if loaded.issuperset(self.desired.modules):
            refuse(list(self._unknown(values)))
        own = self.files["parameters"].name
        others = [file for file in self._files() if os.path.basename(file.path) != own]
        before = tuple(file for file in others if os.path.basename(file.path) < own and not file.path.endswith(LAST))
        after = tuple(file for file in others if file not in before)
        return Found(values, loaded, texts["parameters"], texts["modules"], before, after)

    def plan(self, current: Found) -> Plan:
        return plan(current, self.desired, self.heading)

    def rehearse(self, plan: Plan) -> None:
        """Check for every module whether it exists, and for every parameter whether it can be written."""
        for step in plan.steps:
            born = isinstance(step.apply, Set) and step.apply.parameter not in self.unborn
            if born and not os.access(self._proc(step.apply.parameter), os.W_OK):
                raise _refused(step.apply, "it cannot be written")
            if isinstance(step.apply, Load):
                self._may_load(step.apply.module)
                self._modprobe(step.apply.module, "--dry-run")

    def execute(self, change: Any) -> None:
        if isinstance(change, Set):
            self._set(change)
        elif isinstance(change, Load):
            self._may_load(change.module)
            self._modprobe(change.module)
            values = {path: self._value(path) for path in self.unborn - set(self.born)}
            self.born.update((path, value) for path, value in values.items() if value is not None)
        elif change is not None:
            file = self.files[change.kind]
            content = None if change.content is None else with_earlier_values(change.content, self.born).encode()
            file.replace(file.read(), content)

    def _files(self) -> Iterator[File]:
        """The files of sysctl.d in the order in which they are read."""
        by_name: dict[str, str] = {}
        for directory in DIRECTORIES:
            path = os.path.join(self.root, directory)
            for name in os.listdir(path) if os.path.isdir(path) else ():
                if name.endswith(".conf"):
                    by_name.setdefault(name, os.path.join(path, name))
        for path in [*(path for _name, path in sorted(by_name.items())), os.path.join(self.root, LAST)]:
            content = ConfigFile(path).read() if os.path.isfile(path) else None
            if content is not None:
                yield File(path, content.decode("utf-8", "replace"))

    def _value(self, path: str) -> str | None:
        try:
            with open(self._proc(path), encoding="utf-8", errors="replace") as file:
                return plain(file.read())
        except OSError:
            return None

    def _set(self, change: Set) -> None:
        if change.value is None:
            return
        try:
            with open(self._proc(change.parameter), "w", encoding="utf-8") as file:
                file.write(change.value)
        except OSError as error:
            raise _refused(change, os_reason(error)) from error

    def _loaded(self, name: str) -> bool:
        plain_name = name.replace("-", "_")
        if os.path.isdir(os.path.join(self.root, "sys/module", plain_name)):
            return True
        built_in = os.path.join(self.root, "lib/modules", os.uname().release, "modules.builtin")
        try:
            with open(built_in, encoding="utf-8") as file:
                return any(os.path.basename(line).partition(".")[0].replace("-", "_") == plain_name for line in file)
        except OSError:
            return False

    def _may_load(self, name: str) -> None:
        why = no_modules(self.root) or ("" if may_load(self.root) else "this process lacks CAP_SYS_MODULE")
        if why:
            raise EdgeError(f"The module {name} cannot be loaded: {why}. {_ELSEWHERE}")

    def _modprobe(self, name: str, *options: str) -> None:
        tool = self.system.which("modprobe")
        if tool is None:
            raise EdgeError(f"The module {name} cannot be loaded: there is no modprobe. Install the package kmod.")
        ended = self.system.run([tool, *options, "--", name], timeout=_SECONDS)
        if ended.rc != 0:
            raise EdgeError(f"The module {name} cannot be loaded: {ended.stderr.strip() or 'no reason'}. {_ELSEWHERE}")

    def _unknown(self, values: dict[str, str | None]) -> Iterable[Problem]:
        for path, value in self.desired.parameters.items():
            if values[path] is None:
                reason = "is not a parameter of this kernel"
                remedy = "Correct its name, or name the module that brings it in modules."
                if path.startswith("net/ipv6/") and not os.path.isdir(self._proc("net/ipv6")):
                    remedy = "IPv6 is off on this host. Switch it on, or declare no IPv6 address here."
                yield Problem(f"parameters[{parameter_name(path)}]", value, reason, remedy)

    def _proc(self, path: str) -> str:
        return os.path.join(self.root, "proc/sys", path)


def _refused(change: Set, reason: str | None) -> EdgeError:
    return EdgeError(
        f"The kernel refuses {change.value} for {parameter_name(change.parameter)}: {reason}. In a container, "
        "set it on the container's host."
    )


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", "surrogateescape")
