# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python3 -m lab.impact FOLDER LEAST: print the table, and end with 1 where something was not as predicted.

Each JSON file in the folder has some of: ``records`` (verdict.py); ``failures``, changes that could not be made, in
words; ``events`` (what ``ip`` wrote, by host), ``probes`` and ``holds`` (what vip-probe and vip-hold printed). There
must be at least so many kinds of change.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lab.impact.observed import events
from lab.impact.verdict import Clients, is_late, row, table

#: Those of VIPs. Others may come to a host, and go, and belong to that host alone.
ADDRESSES = ("10.77.0.100", "fd00:77::100", "10.77.0.111", "10.77.0.113")


def main(folder: str, least: str) -> int:
    files = [json.loads(path.read_text()) for path in sorted(Path(folder).glob("*.json"))]
    records, failures, probes, holds = (
        [each for file in files for each in file.get(key) or ()] for key in ("records", "failures", "probes", "holds")
    )
    found = [event for file in files for host, text in file.get("events", {}).items() for event in events(host, text)]
    clients = Clients.of(probes, holds)
    rows = [row(record, found, clients, ADDRESSES) for record in records]
    asked = sum(probe["requests"] for probe in probes)
    held = sum(hold["connections"] for hold in holds)
    print(f"{asked} requests and {held} long-lived connections")
    late = max((probe["longest_stall_ms"] for probe in probes if is_late(probe)), default=0)
    if late:
        print(f"The client itself was late by up to {late / 1000:.0f} s, so that its lost requests are not judged.")
    print(table(rows))
    print("".join(f"not made: {each}\n" for each in failures), end="")
    if len(rows) < int(least):
        print(f"only {len(rows)} kinds of change, and {least} are wanted")
        return 1
    return int(bool(failures) or any(each.faults for each in rows))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
