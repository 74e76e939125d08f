# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python3 -m lab.impact FILE: print the table, and end with 1 where something was not as predicted.

The file is JSON: ``records`` (verdict.py), ``addresses``, ``events`` (what ``ip`` wrote, by host), ``probes`` and
``holds`` (what vip-probe and vip-hold printed), and ``least``, how many kinds of change there must be.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lab.impact.observed import events
from lab.impact.verdict import Clients, row, table


def main(file: str) -> int:
    seen = json.loads(Path(file).read_text())
    found = [event for host, text in seen["events"].items() for event in events(host, text)]
    clients = Clients.of(seen["probes"], seen["holds"])
    rows = [row(record, found, clients, seen["addresses"]) for record in seen["records"]]
    asked = sum(probe["requests"] for probe in seen["probes"])
    held = sum(hold["connections"] for hold in seen["holds"])
    print(f"{asked} requests and {held} long-lived connections")
    print(table(rows))
    if len(rows) < seen["least"]:
        print(f"only {len(rows)} kinds of change, and {seen['least']} are wanted")
        return 1
    return int(any(each.faults for each in rows))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
