# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts still have from this collection when ``k8s_edge_vips`` is an empty list, and whether it may be removed.

No host is then a member of a VIP, so every host of the inventory is read. A host is changed only if something shows
that this collection has configured it; a keepalived or HAProxy that was set up otherwise is left alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.keepalived_file import SCRIPT_USER, global_defs
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import HEALTH
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import VARIABLE as DOWN
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.down import hosts_down, without
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.reading import BEFORE, HAPROXY_BEFORE
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import truth
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import VARIABLE

Groups = Mapping[str, Sequence[str]]
Hostvars = Mapping[str, Mapping[str, Any]]

#: The host variable that lists the files of this collection on the host (playbooks/site.yml).
TRACES = "k8s_edge_traces"
PURGES = ("keepalived_purge", "haproxy_purge")


def emptied(groups: Groups, hostvars: Hostvars) -> bool:
    """Whether ``k8s_edge_vips`` is declared and empty on all hosts."""
    given = [(hostvars.get(host) or {}).get(VARIABLE) for host in groups.get("all") or ()]
    return not any(given) and any(isinstance(each, list) for each in given)


def remains(groups: Groups, hostvars: Hostvars) -> list[dict[str, Any]]:
    """What is left on each host of the inventory that is not declared down, as plain values; empty if VIPs are
    declared.

    ``keepalived`` and ``haproxy``: a description of what is left of each. ``files``: the paths of other files of this
    collection. ``removes``: something is left, and the host's purge variables allow removing all of it."""
    if not emptied(groups, hostvars):
        return []
    return [_of_host(host, hostvars[host]) for host in without(groups.get("all") or (), hosts_down(hostvars))]


def removal_notes(groups: Groups, hostvars: Hostvars) -> list[str]:
    """A sentence for each host that keeps something after this run."""
    return [_note(each) for each in remains(groups, hostvars) if each["holds"] and not each["removes"]]


def removal_problems(groups: Groups, hostvars: Hostvars) -> Iterator[str]:
    """What forbids the removal: a host that could not be read might take a VIP that the others release."""
    if any(truth((hostvars.get(host) or {}).get(purge)) for host in groups.get("all") or () for purge in PURGES):
        for each in remains(groups, hostvars):
            if not each["read"]:
                reason = "could not be read, so that it is not known whether it takes a VIP that the others give up"
                remedy = (
                    "Bring it back. If it is down, or none of the edge's hosts, name it "
                    f"({DOWN}: [{each['host']}]), and nothing is removed there. With --limit hosts are not read"
                )
                yield str(Problem(VARIABLE, each["host"], reason, remedy))


def _of_host(host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    traces = [str(each["path"]) for each in (variables.get(TRACES) or {}).get("files") or ()]
    keepalived = _keepalived(host, variables, traces)
    haproxy = _haproxy(variables, traces)
    # Firewall and SELinux serve both.
    needed = [purge for purge, left in zip(PURGES, (keepalived or not haproxy, haproxy)) if left]
    holds = bool(keepalived or haproxy or traces)
    return {
        "host": host,
        "read": TRACES in variables,
        "holds": holds,
        "keepalived": keepalived,
        "haproxy": haproxy,
        "files": traces,
        "needed": needed,
        "removes": holds and all(truth(variables.get(purge)) for purge in needed),
    }


def _keepalived(host: str, variables: Mapping[str, Any], traces: Sequence[str]) -> list[str]:
    info = variables.get(BEFORE) or {}
    configuration = info.get("configuration") or {}
    common = configuration.get("global_defs") or {}
    user = variables.get("keepalived_script_user") or SCRIPT_USER
    own = {**global_defs(host, user), **(variables.get("keepalived_global_defs") or {})}
    scripts = [path for path in traces if "/check-" in path]
    if not scripts and any(common.get(option) != value for option, value in own.items()):
        return []
    kinds = {"instances": "instance", "virtual_servers": "virtual server", "scripts": "script"}
    found = [
        f"{words} {each.get('name') or each.get('address') or each.get('fwmark')}"
        for kind, words in kinds.items()
        for each in configuration.get(kind) or ()
    ]
    runs = ["keepalived runs"] if info.get("active") else ["keepalived starts at boot"] if info.get("enabled") else []
    return found + runs


def _haproxy(variables: Mapping[str, Any], traces: Sequence[str]) -> list[str]:
    info = variables.get(HAPROXY_BEFORE) or {}
    config = info.get("config") or {}
    certified = any("/kube-ca-" in path for path in traces)
    if not certified and HEALTH not in [each.get("name") for each in config.get("frontends") or ()]:
        return []
    found = [
        f"{kind[:-1]} {each.get('name')}"
        for kind in ("frontends", "listens", "backends")
        for each in config.get(kind) or ()
    ]
    runs = ["HAProxy runs"] if info.get("active") else ["HAProxy starts at boot"] if info.get("enabled") else []
    return found + runs + (["a CA of the apiservers"] if certified else [])


def _note(each: Mapping[str, Any]) -> str:
    left = ", ".join([*each["keepalived"], *each["haproxy"], *each["files"]])
    purges = " ".join(f"-e {purge}=true" for purge in each["needed"])
    return (
        f"{each['host']}: no VIP is declared, and nothing was removed. It still has {left}. To remove all of that,"
        f" and everything undeclared in keepalived.conf and haproxy.cfg, run with {purges} (look first with --check"
        " --diff). Declare what must stay: keepalived_instances, haproxy_frontends and so on."
    )
