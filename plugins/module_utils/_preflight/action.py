# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module ``vip_preflight`` does: read a host and its networks in one call, without changes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, os_reason, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.addresses import LOOPBACK, local_addresses
from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight import host
from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight.wire import (
    Observed,
    SeenAdvertisement,
    observe,
    questions,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

_LONGEST = 60.0
_SECONDS = 5.0


def look(params: Mapping[str, Any], _system: System, check_mode: bool) -> dict[str, Any]:
    """Everything that is asked for, read in parallel. Where listening is not permitted, ``deaf`` says so, and the rest
    is read all the same."""
    del check_mode  # it never changes anything
    refuse(list(_problems(params)))
    clock = time.time()
    links = host.links()
    local = local_addresses()
    ethernet = {
        each["name"]: bytes.fromhex(each["hardware"].replace(":", ""))
        for each in links
        if each["up"] and each["hardware"] and each["name"] != LOOPBACK
    }
    with_address = {one.interface for one in local if not one.address.startswith("fe80:")}
    listens = params["interfaces"] if params["interfaces"] is not None else sorted(with_address & set(ethernet))
    asked = questions(params["addresses"], ethernet, local)
    with ThreadPoolExecutor(1) as pool:
        certificates = pool.submit(_certificates, params)
        observed, deaf = Observed((), ()), ""
        try:
            observed = observe(listens, asked, params["listen"])
        except OSError as error:
            deaf = os_reason(error)
        return {
            "changed": False,
            "clock": clock,
            "deaf": deaf,
            "listened": {"seconds": params["listen"], "interfaces": listens},
            "advertisements": [_advertisement(each) for each in observed.advertisements],
            "answers": [_answer(each["address"], asked, observed) for each in params["addresses"]],
            "links": links,
            "taken": host.taken(params["ports"]),
            "disks": host.disks(params["paths"]),
            "certificates": certificates.result(),
        }


def _problems(params: Mapping[str, Any]) -> list[Problem]:
    found = []
    if not 0 <= params["listen"] <= _LONGEST:
        remedy = "Three or four times the longest interval between advertisements is enough"
        found.append(Problem("listen", params["listen"], f"is not from 0 to {_LONGEST:g} seconds", remedy))
    for option in ("addresses", "ports", "servers"):
        for index, each in enumerate(params[option]):
            address = parse_address(each["address"])
            if address is None or address.prefix is not None:
                where = f"{option}[{index}].address"
                found.append(
                    Problem(where, each["address"], "is not an address", "Write it without a prefix: 10.0.0.100")
                )
    return found


def _certificates(params: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not params["servers"]:
        return []
    from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight.servers import certificates

    return certificates(params["servers"], params["ca"], _SECONDS)


def _advertisement(each: SeenAdvertisement) -> dict[str, Any]:
    result = each.advertisement._asdict()
    result["addresses"] = list(result["addresses"])
    return {
        "interface": each.interface,
        "hardware": each.hardware,
        **result,
        "count": each.times,
        "first": round(each.first, 3),
        "last": round(each.last, 3),
    }


def _answer(address: str, asked: list[Any], observed: Observed) -> dict[str, Any]:
    spelled = parse_address(address)
    name = spelled.host if spelled else address
    return {
        "address": address,
        "asked_on": [each.interface for each in asked if each.address == name],
        "hardware": sorted({claim.hardware for _interface, claim in observed.claims if claim.address == name}),
    }
