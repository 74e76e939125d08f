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
from datetime import datetime
from pathlib import Path

EVENT = re.compile(r"^\[(?P<time>[^\]]+)\] *(?P<gone>Deleted )?.*\binet (?P<address>[0-9.]+)/")


def events(file: Path) -> list[tuple[datetime, str, str, bool]]:
    """Time, address, host, and whether the host has it from now on."""
    found = filter(None, map(EVENT.match, file.read_text().splitlines()))
    return [(datetime.fromisoformat(each["time"]), each["address"], file.stem, not each["gone"]) for each in found]


def main(files: list[str]) -> None:
    told: dict[str, dict[str, object]] = {}
    since: dict[str, datetime] = {}
    for time, address, host, has in sorted(event for name in files for event in events(Path(name))):
        seen = told.setdefault(address, {"hands": 0, "nobody": 0.0, "now": []})
        now = set(seen["now"]) | {host} if has else set(seen["now"]) - {host}  # type: ignore[call-overload]
        if has and address in since:
            seen["nobody"] = max(float(str(seen["nobody"])), (time - since.pop(address)).total_seconds())
        if not now:
            since[address] = time
        seen.update(now=sorted(now), hands=max(int(str(seen["hands"])), len(now)))
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
