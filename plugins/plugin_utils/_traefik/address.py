# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The address that Traefik writes to the status of Ingress objects: that of a VIP. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem


def address_of(vip: str, vips: Sequence[Mapping[str, Any]], problems: list[Problem]) -> str:
    """The address for ``vip``, which is an address, the name of one of ``vips``, or empty for none. A VIP with both
    families gives the first one, since Traefik takes one address."""
    if not vip:
        return ""
    try:
        return str(ip_address(vip))
    except ValueError:
        pass
    for each in vips:
        if each.get("name") == vip:
            return str(next(iter(each["addresses"]))).partition("/")[0]
    known = ", ".join(_names(vips)) or "none is declared"
    problems.append(
        Problem("traefik_vip", vip, "is neither an address nor a VIP's name", f"Name one of k8s_edge_vips: {known}.")
    )
    return ""


def _names(vips: Iterable[Mapping[str, Any]]) -> list[str]:
    return [str(each["name"]) for each in vips if each.get("name")]
