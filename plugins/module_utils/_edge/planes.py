# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that one plan of a host asks, each with its options and its action. What is not asked is not loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import Action


class Plane(NamedTuple):
    """``lean``: the action takes nested options without those that were not given."""

    arguments: Mapping[str, Any]
    action: Action
    lean: bool = False


def _haproxy() -> Plane:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_config
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.action import file_action
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.arguments import config_arguments

    return Plane(config_arguments(), file_action(plan_config), lean=True)


def _keepalived() -> Plane:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import ARGUMENTS, config

    return Plane(ARGUMENTS, config)


def _ipvs() -> Plane:
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync.action import config
    from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.arguments import config_arguments

    return Plane(config_arguments(), config)


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
    "ipvs_config": _ipvs,
    "keepalived_config": _keepalived,
}
