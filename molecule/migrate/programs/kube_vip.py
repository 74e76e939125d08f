#!/usr/bin/python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the leader among kube-vip's pods does: it holds the address that a Service of type LoadBalancer asks for by its
annotation, says so in the Service's status, and lets go when it is no longer asked.

    kube_vip.py URL-OF-SERVICES NAME…      takes care of the Services of these names, and is deaf to all others
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request

ADDRESS = "kube-vip.io/loadbalancerIPs"


def asked(url: str, names: list[str]) -> dict[str, str]:
    """The address that each Service asks for."""
    with urllib.request.urlopen(url, timeout=5) as answer:
        services = json.load(answer)["items"]
    return {
        each["metadata"]["name"]: each["metadata"]["annotations"][ADDRESS]
        for each in services
        if each["metadata"]["name"] in names and each["spec"].get("type") == "LoadBalancer"
        if (each["metadata"].get("annotations") or {}).get(ADDRESS)
    }


def hold(verb: str, address: str) -> None:
    subprocess.run(["ip", "address", verb, f"{address}/32", "dev", "eth0"], check=True)


def tell(url: str, name: str, address: str) -> None:
    status = {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}
    request = urllib.request.Request(f"{url}/{name}", json.dumps(status).encode(), method="PATCH")
    request.add_header("Content-Type", "application/merge-patch+json")
    urllib.request.urlopen(request, timeout=5).close()


def main(url: str, names: list[str]) -> None:
    held: dict[str, str] = {}
    while True:
        wanted = asked(url, names)
        for name in [name for name, address in held.items() if wanted.get(name) != address]:
            hold("delete", held.pop(name))
        for name in [name for name in wanted if name not in held]:
            hold("add", wanted[name])
            held[name] = wanted[name]
            tell(url, name, wanted[name])
        time.sleep(0.5)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
