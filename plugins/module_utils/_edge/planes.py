# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that one plan of a host uses, each with its options and its action. A module that is not used is not
imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host.affected import of_haproxy, of_ipvs, of_keepalived
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import Action, Redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

#: (options, plan, host) -> what the change would interrupt, as further keys of the plan.
Affected = Callable[[Mapping[str, Any], Mapping[str, Any], System], "dict[str, Any]"]


class Plane(NamedTuple):
    """``lean``: the action takes nested options without the keys that were not given. ``daemon``: the program that
    checks the file. ``redact``: masks what a message repeats of the file."""

    arguments: Mapping[str, Any]
    action: Action
    lean: bool = False
    daemon: str = ""
    redact: Redact = str
    affected: Affected | None = None


def _haproxy() -> Plane:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_config
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.action import file_action
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.arguments import config_arguments
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact

    action = file_action(plan_config)
    return Plane(config_arguments(), action, lean=True, daemon="haproxy", redact=redact, affected=of_haproxy)


def _keepalived() -> Plane:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import ARGUMENTS, config

    return Plane(ARGUMENTS, config, daemon="keepalived", affected=of_keepalived)


def _ipvs() -> Plane:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync.action import config
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.arguments import config_arguments

    return Plane(config_arguments(), config, affected=of_ipvs)


def _kube_proxy() -> Plane:
    """What this plane reads is either right, or not ours to change."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._kubernetes.kube_proxy import ARGUMENTS, information

    def action(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
        faults = information(params, system, check_mode)["faults"]
        if faults:
            raise EdgeError(" ".join(faults))
        return {"changed": False, "steps": [], "impact": "none"}

    return Plane(ARGUMENTS, action)


def _firewall() -> Plane:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.action import access
    from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.arguments import ARGUMENTS

    return Plane(ARGUMENTS, access)


def _selinux() -> Plane:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.action import access
    from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.arguments import ARGUMENTS

    return Plane(ARGUMENTS, access)


def _kernel() -> Plane:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._kernel.action import apply
    from ansible_collections.k8s_edge.ha.plugins.module_utils._kernel.arguments import ARGUMENTS

    return Plane(ARGUMENTS, apply)


def _loopback() -> Plane:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._loopback.action import apply
    from ansible_collections.k8s_edge.ha.plugins.module_utils._loopback.arguments import ARGUMENTS

    return Plane(ARGUMENTS, apply)


#: In the order in which a host is changed.
PLANES: Mapping[str, Callable[[], Plane]] = {
    "selinux_access": _selinux,
    "firewall_access": _firewall,
    "kernel_settings": _kernel,
    "loopback_addresses": _loopback,
    "haproxy_config": _haproxy,
    "kube_proxy_info": _kube_proxy,
    "ipvs_config": _ipvs,
    "keepalived_config": _keepalived,
}
