# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write variables of hosts as inventory files. What all hosts of a group have in common is written once, for the group.
Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.secrets import VAULT, Reference

#: Text that Ansible would treat as a template.
_TEMPLATE = re.compile(r"\{[{%#]")
_HEADS = {
    "edge": "# Written by k8s_edge.ha.adopt from what stands on the hosts.\n",
    "vault": "# Secrets. Encrypt this file: ansible-vault encrypt FILE\n",
}


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # one of two classes
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: Any, value: str) -> Any:
    if _TEMPLATE.search(value):
        return dumper.represent_scalar("!unsafe", value, style="'")
    return dumper.represent_str(value)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Reference, lambda dumper, value: dumper.represent_str(str(value)))


def files(
    groups: Mapping[str, Sequence[str]],
    addresses: Mapping[str, str],
    common: Mapping[str, Any],
    variables: Mapping[str, Mapping[str, Any]],
) -> dict[str, str]:
    """Inventory files: text by path. ``groups``: host names by group; ``common``: variables of all hosts;
    ``variables``: variables by host. Variables whose names begin with ``vault_`` go to separate files. A host's
    connection variables are written at its first occurrence."""
    rest = {host: dict(each) for host, each in variables.items()}
    found = {"hosts.yml": _hosts(groups, addresses)}
    _place(found, "group_vars/all", common)
    homes: dict[str, list[str]] = {}
    for host in rest:
        home = next((group for group, hosts in groups.items() if host in hosts), "")
        homes.setdefault(home, []).append(host)
    for group, hosts in homes.items():
        first = rest[hosts[0]]
        shared = [name for name in first if all(rest[host].get(name, _NONE) == first[name] for host in hosts)]
        if group and sorted(hosts) == sorted(groups[group]):
            _place(found, f"group_vars/{group}", {name: first[name] for name in shared})
            for host in hosts:
                rest[host] = {name: value for name, value in rest[host].items() if name not in shared}
    for host, each in rest.items():
        _place(found, f"host_vars/{host}", each)
    return found


_NONE = object()


def _place(found: dict[str, str], directory: str, variables: Mapping[str, Any]) -> None:
    for name in ("edge", "vault"):
        mine = {key: value for key, value in variables.items() if key.startswith(VAULT) == (name == "vault")}
        if mine:
            found[f"{directory}/{name}.yml"] = f"---\n{_HEADS[name]}{text(mine)}"


def _hosts(groups: Mapping[str, Sequence[str]], addresses: Mapping[str, str]) -> str:
    described: set[str] = set()
    children: dict[str, Any] = {}
    for group, hosts in groups.items():
        entries: dict[str, Any] = {}
        for host in hosts:
            address = addresses.get(host)
            entries[host] = {"ansible_host": address} if address and host not in described else {}
            described.add(host)
        children[group] = {"hosts": entries}
    return f"---\n{_HEADS['edge']}{text({'all': {'children': children}})}"


def text(value: Any) -> str:
    """A value as YAML."""
    written: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, indent=2)
    return written
