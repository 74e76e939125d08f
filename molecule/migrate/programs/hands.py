#!/usr/bin/python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In how many hands each address was, from what `ip -ts monitor address` wrote on every host. All hosts have one clock.

hands.py FILE…       a file for each host, named HOST.log; prints by address: hands, most at any time; now, who has it;
                     nobody, the longest time in seconds between two hands
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

EVENT = re.compile(r"^\[(?P<time>[^\]]+)\] *(?P<gone>Deleted )?.*\binet (?P<address>[0-9.]+)/")


def events(file: Path) -> list[tuple[datetime, str, str, bool]]:
    """Time, address, host, and whether the host has it from now on."""
    found = filter(None, map(EVENT.match, file.read_text().splitlines()))
    return [(datetime.fromisoformat(each["time"]), each["address"], file.stem, not each["gone"]) for each in found]


@dataclass
class Seen:
    """What happened to one address so far. `since` is when nobody began to have it."""

    hands: int = 0
    nobody: float = 0.0
    now: set[str] = field(default_factory=set)
    since: datetime | None = None

    def add(self, time: datetime, host: str, has: bool) -> None:
        self.now = self.now | {host} if has else self.now - {host}
        if self.now and self.since:
            self.nobody = max(self.nobody, (time - self.since).total_seconds())
        self.since = None if self.now else self.since or time
        self.hands = max(self.hands, len(self.now))


def main(files: list[str]) -> None:
    seen: dict[str, Seen] = {}
    for time, address, host, has in sorted(event for name in files for event in events(Path(name))):
        seen.setdefault(address, Seen()).add(time, host, has)
    print(json.dumps({of: {"hands": it.hands, "nobody": it.nobody, "now": sorted(it.now)} for of, it in seen.items()}))


if __name__ == "__main__":
    main(sys.argv[1:])
