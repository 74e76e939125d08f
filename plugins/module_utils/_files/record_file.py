# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small file that records what a plane owns on this host."""

from __future__ import annotations

import os
from contextlib import suppress

from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile

DIRECTORY = "/var/lib/k8s_edge"


class RecordFile(ConfigFile):
    """A record in a directory of ours. The directory is created with the first record and removed with the last one."""

    def write(self, content: bytes | None) -> None:
        """Replace the record by ``content``; None removes it."""
        if content is not None:
            os.makedirs(self.directory, exist_ok=True)
        current = self.read()
        if content != current:
            self.replace(current, content)
        if content is None:
            with suppress(OSError):  # other records are still there
                os.rmdir(self.directory)
