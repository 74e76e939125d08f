# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Warnings about other rules on the host that close what is opened here: rules that none of our backends writes to."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.model import Desired
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.nftables import NftablesRules
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

BOTH = (
    "firewalld and nftables.service both start at boot, and each stops the other: it is undefined which one runs "
    "after the next boot. Run `systemctl disable nftables`, or disable firewalld."
)


def closed_beside_firewalld(system: System) -> list[str]:
    """With firewalld: a warning for each chain that drops what firewalld accepts. Chains of iptables may be firewalld's
    own."""
    return [
        f"Beside firewalld the chain {chain} drops or rejects other traffic, so it may still block what "
        "firewalld allows. Allow it there too, or remove that chain."
        for chain in NftablesRules(Desired(), system).chains()
        if chain.table != "firewalld" and not chain.iptables
    ]


def closed_without_backend(system: System) -> list[str]:
    """On a host without firewalld and nftables.service: a warning for each chain that drops."""
    return [
        "Neither firewalld nor nftables.service is in use on this host, so nothing was opened; but the chain "
        f"{chain} drops or rejects other traffic, and so may block VRRP and the VIPs' ports. Open them with the tool "
        "that manages "
        "those rules (ufw, iptables-persistent), or name the backend."
        for chain in NftablesRules(Desired(), system).chains()
    ]
