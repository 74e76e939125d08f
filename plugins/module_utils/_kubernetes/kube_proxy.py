# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How kube-proxy runs on this host, and whether it would remove IPVS services that are not its own. Read only.

In IPVS mode kube-proxy removes every service in the kernel's table that it did not make, unless ``excludeCIDRs`` covers
its address (kubernetes issues 59507 and 76267).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

ARGUMENTS: dict[str, Any] = {"virtual_addresses": {"type": "list", "elements": "str", "default": []}}

_REMEDY = (
    "Set it in the ConfigMap kube-system/kube-proxy (config.conf, below ipvs), then restart the kube-proxy pods: "
    "kubectl -n kube-system rollout restart daemonset kube-proxy."
)


def information(params: dict[str, Any], system: System, check_mode: bool, root: str = "/") -> dict[str, Any]:
    """The action of kube_proxy_info."""
    del system, check_mode
    found = next(_running(root), None)
    settings = {"mode": "", "strict_arp": False, "exclude_cidrs": []} if found is None else settings_of(*found)
    faults = list(faults_of(settings, params["virtual_addresses"]))
    return {"changed": False, "running": found is not None, **settings, "faults": faults}


def settings_of(arguments: Sequence[str], config: str) -> dict[str, Any]:
    """``mode``, ``strict_arp`` and ``exclude_cidrs`` from a command line and a configuration file. With a file,
    kube-proxy ignores these flags."""
    if config:
        flags = {
            "mode": _scalar(config, "mode"),
            "strict_arp": _scalar(config, "strictARP"),
            "exclude_cidrs": ",".join(_items(config, "excludeCIDRs")),
        }
    else:
        names = {"mode": "proxy-mode", "strict_arp": "ipvs-strict-arp", "exclude_cidrs": "ipvs-exclude-cidrs"}
        flags = {key: _flag(arguments, name) for key, name in names.items()}
    return {
        "mode": flags["mode"],
        "strict_arp": flags["strict_arp"] == "true",
        "exclude_cidrs": [each for each in flags["exclude_cidrs"].split(",") if each],
    }


def faults_of(settings: Mapping[str, Any], addresses: Iterable[str]) -> Iterator[str]:
    """Why kube-proxy and other virtual servers cannot coexist on this host, each with the remedy."""
    if settings["mode"] != "ipvs":
        return
    networks = [ip_network(each, strict=False) for each in settings["exclude_cidrs"] if _is_network(each)]
    bare = [each for each in addresses if not any(ip_address(each) in network for network in networks)]
    if bare:
        prefixes = ", ".join("{0}/{1}".format(each, ip_address(each).max_prefixlen) for each in bare)
        yield (
            "kube-proxy in IPVS mode would remove the virtual servers of {0}: its excludeCIDRs does not cover them. "
            "Add {1} to excludeCIDRs. {2}".format(", ".join(bare), prefixes, _REMEDY)
        )
    if not settings["strict_arp"]:
        yield (
            "kube-proxy in IPVS mode has addresses on kube-ipvs0, and without strictARP the host may answer ARP for "
            "them. Set strictARP to true. " + _REMEDY
        )


def _running(root: str) -> Iterator[tuple[list[str], str]]:
    """The command line of each kube-proxy, and its configuration file as it sees it: a container has its own root
    directory."""
    directory = os.path.join(root, "proc")
    for name in os.listdir(directory):
        if not name.isdigit():
            continue
        arguments = _text(os.path.join(directory, name, "cmdline")).split("\0")
        if os.path.basename(arguments[0]) != "kube-proxy":
            continue
        config = _flag(arguments, "config")
        yield arguments, _text(os.path.join(directory, name, "root", config.lstrip("/"))) if config else ""


def _flag(arguments: Sequence[str], name: str) -> str:
    for index, argument in enumerate(arguments):
        option, equals, value = argument.partition("=")
        if option.lstrip("-") == name and option.startswith("-"):
            if equals:
                return value
            following = arguments[index + 1] if index + 1 < len(arguments) else ""
            return "true" if following.startswith("-") or not following else following
    return ""


def _scalar(config: str, key: str) -> str:
    found = re.search(r"^\s*{0}:[ \t]*[\"']?([^\s\"'#]*)".format(key), config, re.MULTILINE)
    return found.group(1) if found else ""


def _items(config: str, key: str) -> list[str]:
    """A YAML list, in brackets or with a line for each item."""
    found = re.search(r"^\s*{0}:[ \t]*(\[[^\]]*\]|(?:\n[ \t]*-[^\n]*)*)".format(key), config, re.MULTILINE)
    return re.findall(r"[0-9A-Fa-f.:]+/[0-9]+|[0-9A-Fa-f]*[.:][0-9A-Fa-f.:]+", found.group(1)) if found else []


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
