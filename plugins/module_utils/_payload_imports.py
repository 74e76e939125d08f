# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A faster start from the zip that Ansible sends to a host.

Python's zipimport compiles every module twice: ``zipimporter.get_filename``, called while the module is only searched
for, compiles it to learn its location (CPython 3.8 to 3.13, Lib/zipimport.py). Nothing in the payload is precompiled,
so this is most of the cost of a run without changes. This finder compiles once. The garbage collector is disabled: in a
process that lives for a tenth of a second it is of no use, and its passes over all that Ansible's own imports create
took a third of the time of our code.
"""

from __future__ import annotations

import gc
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_OURS = "ansible_collections.k8s_edge.ha.plugins."


class PayloadFinder:
    """Finds this collection's modules in one archive. Everything else, packages too, is left to the other finders."""

    def __init__(self, archive: Any) -> None:
        self.archive = archive

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if not name.startswith(_OURS):
            return None
        place = name.replace(".", "/") + ".py"
        try:
            source = self.archive.get_data(place)
        except OSError:
            return None
        loader: Any = _Source(source)
        spec = ModuleSpec(name, loader, origin=f"{self.archive.archive}/{place}")
        spec.has_location = True
        return spec


class _Source:
    def __init__(self, source: bytes) -> None:
        self.source = source

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        code = compile(self.source, str(module.__file__), "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102 (this is what a loader does)

    def get_source(self, name: str) -> str:
        """For tracebacks."""
        return self.source.decode()


def start_lean(loader: Any) -> None:
    """Install the finder first and disable the collector, if ``loader`` (a module's ``__loader__``) reads from a
    zip."""
    if type(loader).__name__ == "zipimporter":
        gc.disable()
        gc.freeze()
        sys.meta_path.insert(0, PayloadFinder(loader))
