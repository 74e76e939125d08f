# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the running kernel enforces, read through selinuxfs: no library and no policy file needed."""

from __future__ import annotations

import os
from functools import cached_property

ROOT = "/sys/fs/selinux"


class Kernel:
    """The SELinux of the running kernel. Contexts are complete (``system_u:system_r:haproxy_t:s0``), types are not."""

    def __init__(self, root: str = ROOT) -> None:
        self.root = root
        self._classes: dict[str, dict[str, int]] = {}

    @property
    def enabled(self) -> bool:
        return os.path.exists(f"{self.root}/enforce")

    @property
    def enforcing(self) -> bool:
        return self._read("enforce") == "1"

    def boolean(self, name: str) -> bool | None:
        """The boolean's value; None where the policy has no such boolean."""
        try:
            return self._read(f"booleans/{name}").split()[0] == "1"
        except OSError:
            return None

    def allowed(self, domain: str, target: str, target_class: str) -> frozenset[str]:
        """The permissions of a domain on objects of a type and class, with the current booleans. Empty for unknown
        ones."""
        try:
            index = self._read(f"class/{target_class}/index")
            answer = self._ask("access", f"{self.process(domain)} {self.object(target)} {index}")
            bits = int(answer.split()[0], 16)
            return frozenset(name for name, bit in self._bits(target_class).items() if bits >> (bit - 1) & 1)
        except OSError:
            return frozenset()

    def knows(self, kind: str) -> bool:
        """Whether the policy has a type."""
        try:
            self._ask("context", self.object(kind), answer=False)
        except OSError:
            return False
        return True

    def is_domain(self, kind: str) -> bool:
        """Whether the policy has a type that services can run in."""
        try:
            self._ask("context", self.process(kind), answer=False)
        except OSError:
            return False
        return True

    def domain_from(self, parent: str, executable: str) -> str:
        """The type a program of type ``executable`` runs in when a process with the context ``parent`` starts it."""
        index = self._read("class/process/index")
        return type_of(self._ask("create", f"{parent} {self.object(executable)} {index}"))

    def process(self, domain: str) -> str:
        """The context of a service that runs in a domain."""
        return f"system_u:system_r:{domain}{self._level}"

    def object(self, kind: str) -> str:
        """The context of a file or port of a type."""
        return f"system_u:object_r:{kind}{self._level}"

    @cached_property
    def _level(self) -> str:
        return ":s0" if self._read("mls") == "1" else ""

    def _bits(self, target_class: str) -> dict[str, int]:
        """The permissions of a class and their bits in an answer. Cached: each is a file."""
        if target_class not in self._classes:
            directory = f"class/{target_class}/perms"
            names = os.listdir(f"{self.root}/{directory}")
            self._classes[target_class] = {name: int(self._read(f"{directory}/{name}")) for name in names}
        return self._classes[target_class]

    def _read(self, name: str) -> str:
        with open(f"{self.root}/{name}", encoding="ascii") as file:
            return file.read().strip("\0\n ")

    def _ask(self, name: str, question: str, answer: bool = True) -> str:
        """Write a question and read the answer over one descriptor. Raises OSError where the kernel finds the question
        invalid."""
        descriptor = os.open(f"{self.root}/{name}", os.O_RDWR)
        try:
            os.write(descriptor, question.encode())
            return os.read(descriptor, 4096).decode().strip("\0\n ") if answer else ""
        finally:
            os.close(descriptor)


def type_of(context: str) -> str:
    """The type in a context."""
    return context.split(":")[2]
