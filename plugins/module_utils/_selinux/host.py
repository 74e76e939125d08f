# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host for ``needs``: the running kernel, the policy store and the labels on disk, each read once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.kernel import Kernel, type_of
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.model import MODULE, Custom, Record
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.plan import file_expression
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.store import Range, Store


class Host:
    """Cached answers as of its creation; create another after a change."""

    def __init__(self, kernel: Kernel, store: Store) -> None:
        self.kernel = kernel
        self.store = store
        self.boolean = kernel.boolean
        self.is_domain = kernel.is_domain
        self._allowed: dict[tuple[str, str, str], frozenset[str]] = {}

    def allowed(self, domain: str, target: str, target_class: str) -> frozenset[str]:
        key = (domain, target, target_class)
        if key not in self._allowed:
            self._allowed[key] = self.kernel.allowed(*key)
        return self._allowed[key]

    def domain_of(self, program: str) -> str:
        return domain_of(program, self.kernel)

    def port_type(self, port: str) -> str:
        """The type of a port: local ranges take precedence over those of the policy."""
        return port_type(port, self._local_ranges) or port_type(port, self._ports) or "port_t"

    def path_type(self, path: str) -> str:
        return path_type(path)

    def labels(self, path: str) -> list[tuple[str, str]]:
        there = [entry.path for entry in os.scandir(path)] if os.path.isdir(path) else [path]
        return [(each, written) for each in there for written in [label(each)] if written is not None]

    def in_effect(self, record: Record) -> Custom:
        made = record.made
        local_files = self.store.local_files() if made.files else {}
        modules = self.store.modules() if made.rules or made.permissive else set()
        settings = self.settings(made.booleans)
        return Custom(
            {port: kind for port, kind in made.ports.items() if self._local_ports.get(port) == kind},
            {name: value for name, value in made.booleans.items() if settings[name] == (value, value)},
            {path: kind for path, kind in made.files.items() if local_files.get(file_expression(path)) == kind},
            made.rules if MODULE in modules else frozenset(),
            frozenset(domain for domain in made.permissive if f"permissive_{domain}" in modules),
        )

    def settings(self, names: Iterable[str]) -> dict[str, tuple[bool | None, bool]]:
        """Each boolean's local setting, if it has one, and its current value."""
        asked = list(names)
        local = self.store.local_booleans() if asked else {}
        return {name: (local.get(name), bool(self.kernel.boolean(name))) for name in asked}

    def theirs(self, desired: Custom, ours: Custom) -> dict[str, str]:
        """The types that were set by something else for ports and paths for which another one is desired."""
        paths = {file_expression(path): path for path in desired.files if path not in ours.files}
        local_files = self.store.local_files() if paths else {}
        ports = [port for port in desired.ports if port not in ours.ports]
        return {
            **{port: self._local_ports[port] for port in ports if port in self._local_ports},
            **{path: local_files[expression] for expression, path in paths.items() if expression in local_files},
        }

    @cached_property
    def _local_ranges(self) -> list[Range]:
        return self.store.local_ranges()

    @cached_property
    def _local_ports(self) -> dict[str, str]:
        return {f"{each.protocol}/{each.low}": each.type for each in self._local_ranges if each.low == each.high}

    @cached_property
    def _ports(self) -> list[Range]:
        return self.store.ports()


def domain_of(program: str, kernel: Kernel) -> str:
    """The type a program runs in when systemd starts it. For a program that is not installed yet, by its future
    label."""
    return kernel.domain_from(systemd_context(), label(program) or path_type(program))


def systemd_context() -> str:
    """The context of process 1. Raises OSError."""
    with open("/proc/1/attr/current", encoding="ascii") as file:
        return file.read().strip("\0\n ")


def label(path: str) -> str | None:
    """The type in a path's label; None where the path does not exist."""
    try:
        return type_of(os.getxattr(os.path.realpath(path), "security.selinux").decode())
    except OSError:
        return None


def path_type(path: str) -> str:
    """The type that the policy gives to a path, whether or not it exists. The first call reads all file contexts, which
    takes longer than everything else here."""
    # Already in every module's payload, through basic.
    from ansible.module_utils.compat import selinux

    rc, context = selinux.matchpathcon(os.path.realpath(path), 0)
    if rc != 0:
        raise EdgeError(f"The SELinux policy has no label for {path}.")
    return type_of(context)


def port_type(port: str, ranges: Iterable[Range]) -> str | None:
    """The type of the narrowest range that contains the port (``tcp/7777``); None where none does."""
    protocol, number = port.split("/")
    having = [each for each in ranges if each.protocol == protocol and each.low <= int(number) <= each.high]
    return min(having, key=lambda each: each.high - each.low).type if having else None
