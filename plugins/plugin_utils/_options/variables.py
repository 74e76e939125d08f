# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The public variables of the roles and playbooks, and which of them do not have the type that they must have.

The roles' types stand in their ``meta/argument_specs.yml``, which the controller reads here as Ansible does; those of
the playbooks stand below. What goes to a module as it is has the module's own types, however deep.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleError
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.arguments import (
    config_arguments,
    section_options,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import ARGUMENTS as KEEPALIVED
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import Spec, problems_of
from jinja2.exceptions import UndefinedError

ROLES = Path(__file__).resolve().parents[3] / "roles"

#: What the playbooks read beside the roles' own variables. ``k8s_edge_vips`` is read by _inventory/vips.py.
PLAYBOOKS: dict[str, Spec] = {
    "k8s_edge_address": {"type": "str"},
    "k8s_edge_interface": {"type": "str"},
    "k8s_edge_by_hand": {"type": "bool"},
    "k8s_edge_health_port": {"type": "int"},
    "k8s_edge_members_gone": {"type": "list", "elements": "str"},
    "k8s_edge_kube_ca_file": {"type": "str"},
    "k8s_edge_etc_hosts": {"type": "bool"},
    "k8s_edge_domain": {"type": "str"},
    "k8s_edge_kubeconfig": {"type": "raw"},
    "k8s_edge_kube_context": {"type": "str"},
    "k8s_edge_traefik": {"type": "bool"},
    "k8s_edge_plan_file": {"type": "str"},
    "k8s_edge_plan_fails_on_change": {"type": "bool"},
    "k8s_edge_rebalance_backends": {"type": "list", "elements": "str", "commas": True},
    "k8s_edge_rebalance_rate": {"type": "float"},
    "k8s_edge_rebalance_tolerance": {"type": "float"},
    "k8s_edge_rebalance_min_age": {"type": "int"},
    "k8s_edge_rebalance_timeout": {"type": "int"},
}


@cache
def of_modules() -> dict[str, Spec]:
    """The roles' variables whose content a module takes as it is."""
    haproxy = config_arguments()
    instance = KEEPALIVED["instances"]["options"]
    found = {f"haproxy_{name}": haproxy[name] for name in ("global", "frontends", "listens", "backends", "sections")}
    found["haproxy_defaults"] = {"type": "dict", "options": section_options("defaults")}
    lists = ("scripts", "track_processes", "track_files", "sync_groups", "instances", "virtual_servers")
    found.update({f"keepalived_{name}": KEEPALIVED[name] for name in (*lists, "global_defs")})
    found["keepalived_instance_defaults"] = over(instance)
    found["keepalived_health_check"] = over(KEEPALIVED["scripts"]["options"])
    return found


def over(options: Mapping[str, Spec], without: Iterable[str] = ("name",)) -> Spec:
    """What may go over derived options: any of them but those that say which it is, and none must be there."""
    kept = {name: {**option, "required": False} for name, option in options.items() if name not in without}
    return {"type": "dict", "options": kept, "numbers_are_texts": True}


@cache
def of_roles() -> dict[str, Spec]:
    """Every public variable of every role, with those of all its entry points."""
    found: dict[str, Spec] = {}
    for path in sorted(ROLES.glob("*/meta/argument_specs.yml")):
        content = yaml.load(path.read_bytes(), _Loader)  # noqa: S506  # a SafeLoader either way
        for entry in content["argument_specs"].values():
            found.update(entry.get("options") or {})
    return found


#: The C one is ten times as fast, and not built everywhere.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def faults(variables: Mapping[str, Any]) -> list[Problem]:
    """Everything wrong with the types of one host's variables.

    One whose expression cannot be resolved yet (it asks for facts) is left to the role's own check.
    """
    known = {**PLAYBOOKS, **of_roles()}
    return [problem for name, spec in known.items() if name in variables for problem in _of(name, spec, variables)]


def _of(name: str, spec: Spec, variables: Mapping[str, Any]) -> Iterator[Problem]:
    deeper = of_modules().get(name)
    try:
        found = list(problems_of(deeper or spec, variables[name], name, numbers_are_texts=deeper is not None))
    except (AnsibleError, UndefinedError):
        return
    yield from found


def fault_sentences(hosts: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A sentence for each fault, once, with the hosts that have it where not all do."""
    having: dict[str, list[str]] = {}
    asked = list(dict.fromkeys(hosts))
    for host in asked:
        for problem in faults(hostvars[host]):
            having.setdefault(str(problem), []).append(host)
    return [
        message if len(same) == len(asked) else f"{message} (Of {', '.join(same)}.)" for message, same in having.items()
    ]
