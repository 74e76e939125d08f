# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Usage: python3 -m lab.impact DIRECTORY LEAST. Print the table; the exit code is 1 if a prediction was wrong.

Each JSON file in the directory has some of: ``records`` (see verdict.py); ``failures``, messages on changes that could
not be made; ``events``, the output of ``ip`` by host; ``probes`` and ``holds``, the output of vip-probe and vip-hold.
LEAST is the required number of kinds of change."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lab.impact.observed import events
from lab.impact.verdict import Clients, is_late, row, table

#: The addresses of VIPs. Other addresses that appear on a host or disappear belong to that host.
ADDRESSES = ("10.77.0.100", "fd00:77::100", "10.77.0.111", "10.77.0.113")


def main(directory: str, least: str) -> int:
    files = [json.loads(path.read_text()) for path in sorted(Path(directory).glob("*.json"))]
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
