#!/usr/bin/python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pod of kube-keepalived-vip 0.35 does on its node, as far as addresses go.

Now and then it reads the ConfigMap, writes one VRRP instance with all its addresses (for none, no instance), and
reloads a keepalived of its own. The real one reads within two seconds; this one is slow, so that it shows when an
address is given before it has left.

    kube_keepalived_vip.py URL-OF-CONFIGMAP DIRECTORY PRIORITY
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

SECONDS = 15

INSTANCE = """
vrrp_instance vips {{
  state BACKUP
  interface eth0
  virtual_router_id 50
  priority {priority}
  nopreempt
  advert_int 1
  track_interface {{
    eth0
  }}
  virtual_ipaddress {{
    {addresses}
  }}
}}
"""


def written(url: str, priority: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        addresses = sorted(json.load(answer).get("data") or {})
    made = "global_defs {\n  vrrp_version 3\n}\n"
    return made + INSTANCE.format(priority=priority, addresses="\n    ".join(addresses)) if addresses else made


def main(url: str, directory: Path, priority: str) -> None:
    directory.mkdir(exist_ok=True)
    file = directory / "keepalived.conf"
    current = written(url, priority)
    file.write_text(current)
    command = ["keepalived", "--dont-fork", "--log-console", "--release-vips", "--vrrp", f"--use-file={file}"]
    keepalived = subprocess.Popen([*command, f"--pid={directory}/pid", f"--vrrp_pid={directory}/vrrp_pid"])
    while keepalived.poll() is None:
        time.sleep(SECONDS)
        now = written(url, priority)
        if now != current:
            file.write_text(now)
            keepalived.send_signal(signal.SIGHUP)
            current = now


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
