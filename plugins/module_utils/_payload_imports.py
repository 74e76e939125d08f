# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cheaper start from the zip that Ansible sends to a host.

Python's zipimport compiles every module twice: ``zipimporter.get_filename``, asked while the module is only being
looked for, compiles it to learn where it lies (CPython 3.8 to 3.13, Lib/zipimport.py). Nothing in such a payload is
compiled beforehand, so that is most of what a run without changes costs. This finder compiles once. The garbage
collector rests: a process that lives for a tenth of a second has no use for it, and walking all that Ansible's own
imports have made, several times on the way and once more at the end, took a third of what our code cost.
"""

from __future__ import annotations

import gc
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_OURS = "ansible_collections.k8s_edge.ha.plugins."


class PayloadFinder:
    """Finds this collection's modules in one archive; everything else, packages too, is left to the others."""

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
    """Put the finder first and rest the collector, where ``loader`` (a module's ``__loader__``) reads from a zip."""
    if type(loader).__name__ == "zipimporter":
        gc.disable()
        gc.freeze()
        sys.meta_path.insert(0, PayloadFinder(loader))
