# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration file as a resource: a plane's pure edit of its text, applied by validated swap."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Callable, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step


class Edited(NamedTuple):
    """The result of a planner for a text: the new text, a summary line for each change, the impact on the daemon, and
    warnings for the user. Without a change: the same text, no summaries."""

    text: str
    summaries: tuple[str, ...] = ()
    impact: str = "none"
    warnings: tuple[str, ...] = ()


class Swap(NamedTuple):
    """Put ``content`` in the place of ``expected``. ``restore`` marks a revert: not validated, no backup."""

    expected: bytes | None
    content: bytes | None
    restore: bool = False


class ConfigFileResource:
    """``edit`` is pure: text in, ``Edited`` out. ``redact`` masks the secrets of a text for the diff. ``examine``,
    where given, checks the host (interfaces, scripts) before anything is changed and raises EdgeError."""

    def __init__(
        self,
        file: ConfigFile,
        edit: Callable[[str], Edited],
        *,
        redact: Callable[[str], str],
        examine: Callable[[str], None] | None = None,
    ) -> None:
        self.file = file
        self.edit = edit
        self.redact = redact
        self.examine = examine
        self.backup_file: str | None = None
        #: Whether the previous file was restored; None where it was never replaced.
        self.restored: bool | None = None
        #: The text of the last edit, once verified that nothing is left to do.
        self._settled: Edited | None = None

    @contextmanager
    def verdict(self) -> Iterator[None]:
        """Wraps a run. On failure, the error's ``restored`` says what became of the file, so that no code has to parse
        messages."""
        try:
            yield
        except EdgeError as error:
            if self.restored is not None:
                error.facts["restored"] = self.restored
            raise

    def lock(self) -> AbstractContextManager[None]:
        return self.file.lock()

    def read(self) -> bytes | None:
        return self.file.read()

    def plan(self, current: bytes | None) -> Plan:
        text = decode(current or b"")
        # The edit is pure, so a text that was verified once needs no second edit after the swap.
        settled = self._settled is not None and self._settled.text == text
        edited = self._settled if settled and self._settled is not None else self.edit(text)
        if edited.text == text:
            shown = self.redact(text)
            return Plan(before=shown, after=shown, warnings=edited.warnings)
        left = self.edit(edited.text)
        if left.text != edited.text:
            raise EdgeError(
                "After this change, {0} would still not be as declared: {1}. Nothing was written. The "
                "daemon reads some value as more than one, or this is a bug: please report it with the file and "
                "the task.".format(self.file.path, "; ".join(left.summaries))
            )
        self._settled = left
        content = encode(edited.text)
        step = Step("\n".join(edited.summaries), Swap(current, content), Swap(content, current, restore=True))
        return Plan(self.redact(text), self.redact(edited.text), (step,), edited.impact, edited.warnings)

    def rehearse(self, plan: Plan) -> None:
        """Let the daemon check the candidate in a temporary directory, so that check mode leaves the host untouched."""
        import tempfile

        for step in plan.steps:
            self._examine(step.apply)
            if self.file.validate is not None and step.apply.content is not None:
                with tempfile.TemporaryDirectory(prefix="k8s_edge-") as directory:
                    candidate = os.path.join(directory, self.file.name)
                    with open(candidate, "wb") as file:
                        file.write(step.apply.content)
                    self.file.warnings = list(self.file.validate(candidate, self.file.real))

    def execute(self, swap: Swap) -> None:
        if swap.restore:
            ConfigFile(self.file.path).replace(swap.expected, swap.content)
            self.backup_file, self.restored = None, True
            return
        self._examine(swap)
        self.backup_file = self.file.replace(swap.expected, swap.content)
        self.restored = False

    def _examine(self, swap: Swap) -> None:
        if self.examine is not None and swap.content is not None:
            self.examine(decode(swap.content))


def decode(content: bytes) -> str:
    """Bytes as text. ``encode`` restores exactly the same bytes, whatever they are."""
    return content.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The reverse of ``decode``."""
    return text.encode("utf-8", "surrogateescape")
