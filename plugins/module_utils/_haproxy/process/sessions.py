# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sessions of the running HAProxy, one by one: proxy, server and age of each. Pure; loaded only when needed."""

from __future__ import annotations

import re
from typing import NamedTuple

#: More sessions than these are not read one by one: that would load HAProxy, and take too long here.
MOST_SESSIONS = 20_000
#: In seconds. A session older than this is expected to last.
LASTING = 5

_SESSION = re.compile(r"0x[0-9a-f]+: .*?\bfe=(\S+) be=(\S+) srv=(\S+) .*\bage=(\S+)")
_PART = re.compile(r"(\d+)([dhms])")
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


class Session(NamedTuple):
    """``age`` is in whole seconds."""

    frontend: str
    backend: str
    server: str
    age: int


def read_sessions(reply: str) -> list[Session]:
    """The sessions in the reply to ``show sess``."""
    found = (_SESSION.match(line) for line in reply.splitlines())
    return [Session(each[1], each[2], each[3], _age(each[4])) for each in found if each]


def _age(text: str) -> int:
    """HAProxy's ``1m5s`` in seconds."""
    return sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
