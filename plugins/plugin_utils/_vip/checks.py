# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How HAProxy is asked whether it is well, and how it asks the servers."""

from __future__ import annotations

import re
from typing import NamedTuple

#: The first HAProxy with all that the derived sections say; one before it gets less.
COMPLETE = (2, 4)


class Checks(NamedTuple):
    """``ca_file`` is a path on the host; empty means that the apiservers' certificates are not verified.
    ``health_port`` is on loopback. ``version`` is the installed HAProxy's; empty where it is not known, which counts as
    a new one."""

    ca_file: str
    health_port: int
    version: str = ""

    @property
    def complete(self) -> bool:
        """Whether the installed HAProxy knows everything."""
        numbers = [int(each) for each in re.findall(r"\d+", self.version)[:2]]
        return not numbers or tuple(numbers) >= COMPLETE
