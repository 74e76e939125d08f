# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings for HAProxy's health page and for its health checks of servers."""

from __future__ import annotations

import re
from typing import NamedTuple

#: The first version of HAProxy that supports everything in the derived sections. Older versions get less.
COMPLETE = (2, 4)


class Health(NamedTuple):
    """``ca_file``: a path on the host; empty if the apiservers' certificates are not verified. ``health_port``: a port
    on loopback. ``version``: the installed version of HAProxy; empty if unknown, which counts as a new one."""

    ca_file: str
    health_port: int
    version: str = ""

    @property
    def complete(self) -> bool:
        """Whether the installed HAProxy supports everything in the derived sections."""
        numbers = [int(each) for each in re.findall(r"\d+", self.version)[:2]]
        return not numbers or tuple(numbers) >= COMPLETE
