# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small file in which a plane remembers what on this host is its own."""

from __future__ import annotations

import os
from contextlib import suppress

from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile

FOLDER = "/var/lib/k8s_edge"


class RecordFile(ConfigFile):
    """A record in a folder of ours, which is made with the first record and goes with the last one."""

    def write(self, content: bytes | None) -> None:
        """Put ``content`` in the place of what is there; None for no record."""
        if content is not None:
            os.makedirs(self.directory, exist_ok=True)
        current = self.read()
        if content != current:
            self.replace(current, content)
        if content is None:
            with suppress(OSError):  # somebody else's records are there too
                os.rmdir(self.directory)
