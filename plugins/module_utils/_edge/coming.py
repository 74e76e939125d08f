# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan would add to a host, and what a module could not plan because that is still missing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host.look import Look, plane
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.planes import Plane
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import DaemonSays, EdgeError, Lacking
from ansible_collections.k8s_edge.ha.plugins.module_utils._kernel.model import parameter_name, parameter_path
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

_AS_IT_WAS = "The file was not changed."


class Coming:
    """What a plan would add: ``packages`` by name, ``things`` (users and paths of files), and kernel ``settings``.
    Warnings that name one of these as lacking are dropped or explained. Only in a daemon's own words, and in the
    message of a failure, are they looked for in the text."""

    def __init__(self) -> None:
        self.packages: list[str] = []
        self.things: list[str] = []
        self.settings: list[str] = []

    def note(self, name: str, found: Look) -> None:
        """Record what the steps of a look will add."""
        (self.packages if name == "packages" else self.things).extend(found.brings)

    def note_settings(self, names: Iterable[str]) -> None:
        """Record which kernel parameters will have their declared values."""
        self.settings += [parameter_name(parameter_path(name)) for name in names]

    def foresee(self, asked: Plane, params: dict[str, Any], system: System) -> dict[str, Any]:
        """The plan of a module. Where it fails only because something in the plan is not there yet, the result says so.
        Any other failure is raised."""
        missing = bool(asked.daemon and self.packages and system.which(asked.daemon) is None)
        unforeseen = []
        try:
            result = asked.action(params, system, True)
        except EdgeError as error:
            named = _mentioned([*self.packages, *self.things], str(error))
            if not named:
                raise
            result = asked.action({**params, "validate": False}, system, True) if params.get("validate") else {}
            reason = asked.redact(str(error)).replace(_AS_IT_WAS, "").strip().replace("\n", " ")
            unforeseen.append(f"it needs {', '.join(named)}, which this plan adds. Without it: {reason}")
        warnings: list[str] = list(result.pop("warnings", ()))
        if missing:
            unforeseen.append(f"{asked.daemon} is not installed yet, so it could not check the file")
            warnings = [each for each in warnings if not _lacks(each, [asked.daemon])]
            result["impact"] = "none"  # nothing is running that the change could affect
        warnings = [each for each in warnings if not _lacks(each, self.settings)]
        early = [each for each in warnings if self._is_early(each)]
        if early:
            named = [each for each in self.things if any(_concerns(warning, each) for warning in early)] or self.things
            unforeseen.append(f"it needs {', '.join(named)}, which this plan adds, so it could not be checked")
        left = [str(each) for each in warnings if each not in early]
        return {**plane(Look()), **result, "warnings": left, "unforeseen": unforeseen}

    def _is_early(self, warning: str) -> bool:
        """Whether a warning may only be due to something that the plan is still to add."""
        if isinstance(warning, DaemonSays) and warning.not_found and self.things:
            return True
        return any(_concerns(warning, each) for each in self.things)


def _lacks(warning: str, names: Iterable[str]) -> bool:
    return isinstance(warning, Lacking) and warning.lacks in names


def _concerns(warning: str, name: str) -> bool:
    return _lacks(warning, [name]) or (isinstance(warning, DaemonSays) and bool(_mentioned([name], warning)))


def _mentioned(names: Iterable[str], text: str) -> list[str]:
    return [name for name in names if re.search(rf"(?<![\w./-]){re.escape(name)}(?![\w/-])", text)]
