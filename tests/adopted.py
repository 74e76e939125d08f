# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An adopted inventory as Ansible would have it, and what the roles would make with it of the files that were read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_config as plan_haproxy
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.arguments import (
    config_arguments,
    file_options,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import ARGUMENTS as KEEPALIVED
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config as plan_keepalived
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.source import Source
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.variables import faults
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet

CORPUS = Path(__file__).resolve().parent / "corpus"
_CHECKED = {"haproxy": ArgumentSpecValidator(config_arguments()), "keepalived": ArgumentSpecValidator(KEEPALIVED)}


class _Loader(yaml.SafeLoader):
    pass


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def text(name: str) -> str:
    """A file of the corpus."""
    return decode((CORPUS / name).read_bytes())


#: The pair of one seed, whose files disagree, and the three nodes of another, which have one file.
CFG = text("haproxy/seed_k8s_api.cfg")
PAIR = [
    Source("haproxy-1", text("keepalived/seed_haproxy_master.conf"), CFG),
    Source("haproxy-2", text("keepalived/seed_haproxy_backup.conf"), CFG),
]
THREE = [
    Source(f"edge-{n}", text("keepalived/seed_lvs_three_nodes.conf"), None, address=f"172.20.0.11{n + 2}")
    for n in (1, 2, 3)
]


class Inventory:
    """``groups`` and ``hostvars`` of what was written. ``facts`` go to hosts beside it."""

    def __init__(self, report: Mapping[str, Any], facts: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        # By way of bytes, as it lies on a disk.
        read = {each["path"]: yaml.load(each["content"].encode(), _Loader) for each in report["files"]}
        children = read["hosts.yml"]["all"]["children"]
        self.groups: dict[str, list[str]] = {name: list(group["hosts"]) for name, group in children.items()}
        self.groups["all"] = list(dict.fromkeys(host for hosts in self.groups.values() for host in hosts))
        self.hostvars: dict[str, dict[str, Any]] = {}
        for host in self.groups["all"]:
            variables: dict[str, Any] = {
                "k8s_edge_read": True,
                "k8s_edge_before": {},
                **((facts or {}).get(host) or {}),
            }
            for group in ("all", *(name for name, hosts in self.groups.items() if host in hosts and name != "all")):
                variables.update((children.get(group) or {"hosts": {}})["hosts"].get(host) or {})
                for name in ("edge", "vault"):
                    variables.update(read.get(f"group_vars/{group}/{name}.yml") or {})
            for name in ("edge", "vault"):
                variables.update(read.get(f"host_vars/{host}/{name}.yml") or {})
            self.hostvars[host] = _resolved(variables, variables)

    @property
    def fleet(self) -> Fleet:
        return Fleet(self.groups, self.hostvars)

    def faults(self) -> list[str]:
        """What playbooks would refuse of the variables."""
        return [str(each) for host in self.groups["all"] for each in faults(self.hostvars[host])]


def _resolved(value: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        match = re.fullmatch(r"\{\{ (vault_\w+) \}\}", value)
        return variables[match[1]] if match else value
    if isinstance(value, dict):
        return {key: _resolved(one, variables) for key, one in value.items()}
    return [_resolved(one, variables) for one in value] if isinstance(value, list) else value


def becomes(fleet: Fleet, source: Source) -> dict[str, str]:
    """What the roles make of the files of a host, by plane; a plane that has nothing to do there is left out."""
    found = {}
    part = fleet.host(source.host)
    for plane, before in (("keepalived", source.keepalived), ("haproxy", source.haproxy)):
        if before is not None and part[plane]["serves"]:
            checked = _CHECKED[plane].validate(part[plane]["options"])
            assert checked.error_messages == []
            given = dict(checked.validated_parameters)
            if plane == "haproxy":
                params = {name: value for name, value in given.items() if name not in file_options()}
                found[plane] = plan_haproxy(before, params).text
            else:
                found[plane] = plan_keepalived(before, given).text
    return found


def changed(fleet: Fleet, sources: Sequence[Source]) -> list[str]:
    """Host and plane of every file that would not stay as it is."""
    return [
        f"{source.host} {plane}"
        for source in sources
        for plane, after in becomes(fleet, source).items()
        if after != getattr(source, plane)
    ]
