# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task asks of a file and its process, the state of both, and the step for the process."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile

if TYPE_CHECKING:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.serving import Process
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.plan import RuntimeChange
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.servers import Row


class Asked(NamedTuple):
    """``required``: everything must be possible without a reload. ``socket`` is the process's, where the user named
    one; ``names`` are the proxies whose servers the task manages."""

    file: ConfigFile
    required: bool
    socket: str | None
    names: set[str]


class Seen(NamedTuple):
    """The state that was read. ``process`` is None where it was not asked; ``why`` says why; ``mute`` means that one
    seems to run all the same. ``rows`` are its servers, by proxy."""

    content: bytes | None
    process: Process | None
    rows: dict[str, dict[str, Row]]
    why: str = ""
    mute: bool = False


class ProcessStep(NamedTuple):
    """Change the process from the state ``seen`` to ``content``: by the change's commands or, where it has reasons, by
    a reload."""

    process: Process
    seen: Seen
    content: bytes
    change: RuntimeChange
