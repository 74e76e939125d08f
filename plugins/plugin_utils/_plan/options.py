# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of ``edge_plan`` for each host: everything that the roll would configure there. Pure.

These options and the roles must cover the same configuration, since a host whose plan is empty runs no role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.host_names import MARKER, host_names
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.keepalived_file import CONFIG_PATH
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import BEFORE
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import truth
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.grouping import first_groups, grouped_later

#: The interface that kube-proxy creates in IPVS mode, where it has virtual servers of its own.
_KUBE_IPVS = "kube-ipvs0"

Part = Mapping[str, Any]
Variables = Mapping[str, Any]


def plan_options(fleet: Fleet, host: str) -> dict[str, Any]:
    """The options of ``edge_plan`` for one host."""
    part, variables = fleet.host(host), fleet.variables(host)
    asked: dict[str, Any] = {"packages": [], "users": [], "files": [], "blocks": [], "units": [], "modules": {}}
    asked["apiservers"] = []
    if host in fleet.hosts:
        _selinux(part, variables, asked)
        _firewall(part, variables, asked)
        _names(fleet, variables, asked)
        _haproxy(part, variables, asked)
        _director(part, variables, asked)
        _keepalived(part, variables, asked)
    if host in fleet.real_servers or host in fleet.former_real_servers:
        _real_server(part["ipvs"], variables, asked)
    return asked


def _selinux(part: Part, variables: Variables, asked: dict[str, Any]) -> None:
    facts = (variables.get("ansible_facts") or {}).get("selinux") or {}
    if facts.get("status", "unknown") != "disabled":
        asked["modules"]["selinux_access"] = {
            "programs": part["selinux"],
            "booleans": variables.get("selinux_booleans") or {},
            "permissive": list(variables.get("selinux_permissive") or ()),
            "state": variables.get("selinux_state") or "present",
        }


def _firewall(part: Part, variables: Variables, asked: dict[str, Any]) -> None:
    state = variables.get("firewall_state") or "present"
    kept = {kind: part["firewall"][kind] for kind in ("openings", "interfaces", "guarded")}
    if state != "present":
        kept = {kind: list(variables.get(f"firewall_{kind}") or ()) for kind in ("openings", "interfaces")}
    backend = variables.get("firewall_backend") or "auto"
    asked["modules"]["firewall_access"] = {**kept, "backend": backend, "close": True, "state": state}


def _names(fleet: Fleet, variables: Variables, asked: dict[str, Any]) -> None:
    wanted = variables.get("k8s_edge_etc_hosts")
    if wanted is None:
        return
    state = variables.get("etc_hosts_state") or ("present" if truth(wanted) else "absent")
    entries = variables.get("etc_hosts_vips")
    vips = fleet.vips if entries is None else declared(entries, fleet.groups)
    domain = variables.get("etc_hosts_domain", variables.get("k8s_edge_domain")) or ""
    lines = host_names(vips, fleet.hostvars, str(domain)) if state == "present" else []
    path = variables.get("etc_hosts_path") or "/etc/hosts"
    asked["blocks"].append({"path": path, "marker": MARKER, "block": "\n".join(lines), "state": state})


def _haproxy(part: Part, variables: Variables, asked: dict[str, Any]) -> None:
    haproxy = part["haproxy"]
    if haproxy["serves"]:
        asked["packages"].append("haproxy")
        asked["files"] += [{"owner": "root", "group": "root", **each} for each in haproxy["files"]]
        asked["modules"]["haproxy_config"] = haproxy["options"]
        asked["apiservers"] = list(_verified(haproxy))
        unit = {"name": "haproxy", "active": True, "enabled": True, "config_path": haproxy["options"]["path"]}
        asked["units"].append(unit)
    elif haproxy["stops"]:
        asked["units"].append({"name": "haproxy", "active": False, "enabled": False})
    if haproxy["serves"] or not haproxy["bound"]:
        state = variables.get("kernel_state") or "present"
        settings = {
            "name": "kernel",
            "parameters": part["kernel"] if state == "present" else {},
            "modules": list(variables.get("kernel_modules") or ()),
            "state": state,
        }
        _settings(asked).append(settings)


def _verified(haproxy: Part) -> Iterator[dict[str, Any]]:
    """The servers whose certificates HAProxy verifies by the given CA."""
    for file in haproxy["files"]:
        for backend in haproxy["options"]["backends"]:
            for server in backend.get("servers") or ():
                whole = {**(backend.get("default_server") or {}), **server}
                verified = whole.get("ca_file") == file["path"] and whole.get("verify") == "required"
                if verified and str(whole.get("port")).isdecimal():
                    place = {"address": whole["address"], "port": int(whole["port"])}
                    yield {"backend": backend["name"], **place, "ca": file["content"]}


def _director(part: Part, variables: Variables, asked: dict[str, Any]) -> None:
    ipvs = part["ipvs"]
    if ipvs["virtual_servers"]:
        asked["packages"].append("ipvsadm")
        _settings(asked).append({"name": "director", "modules": ipvs["modules"], "parameters": ipvs["parameters"]})
        if _KUBE_IPVS in ((variables.get("ansible_facts") or {}).get("interfaces") or ()):
            addresses = list(dict.fromkeys(each["address"] for each in ipvs["virtual_servers"]))
            asked["modules"]["kube_proxy_info"] = {"virtual_addresses": addresses}
    elif ipvs["former"]:
        _settings(asked).append({"name": "director", "state": "absent"})


def grouped_by_a_second_reload(part: Part, variables: Variables) -> list[str]:
    """The new instances that the role loads first and adds to their sync group by a second reload."""
    options = part["keepalived"]["options"]
    return grouped_later(variables.get(BEFORE) or {}, options["instances"], options["sync_groups"])


def _keepalived(part: Part, variables: Variables, asked: dict[str, Any]) -> None:
    keepalived = part["keepalived"]
    if not keepalived["serves"]:
        return
    asked["packages"].append("keepalived")
    asked["users"] += keepalived["users"]
    asked["files"] += [{"owner": "root", "group": "root", **each} for each in keepalived["files"]]
    later = grouped_by_a_second_reload(part, variables)
    groups = first_groups(variables.get(BEFORE) or {}, keepalived["options"]["sync_groups"], later)
    asked["modules"]["keepalived_config"] = {**keepalived["options"], "sync_groups": groups}
    path = keepalived["options"].get("path") or CONFIG_PATH
    asked["units"].append({"name": "keepalived", "active": True, "enabled": True, "config_path": path})


def _real_server(ipvs: Part, variables: Variables, asked: dict[str, Any]) -> None:
    addresses = ipvs["loopback"] if (variables.get("ipvs_real_server_state") or "present") == "present" else []
    if addresses:
        asked["modules"]["loopback_addresses"] = {"name": "real-server", "addresses": addresses}
        _settings(asked).append({"name": "real-server", "parameters": ipvs["loopback_parameters"]})
    else:
        asked["modules"]["loopback_addresses"] = {"name": "real-server", "state": "absent"}
        _settings(asked).append({"name": "real-server", "state": "absent"})


def _settings(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The kernel parameters of all roles together."""
    settings: list[dict[str, Any]] = asked["modules"].setdefault("kernel_settings", [])
    return settings
