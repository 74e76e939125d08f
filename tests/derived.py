# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is derived for one host, as tests ask for it: without the rest of the host's part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.host import Derivation
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import desired_proxies
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.watch import Watch
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.members import HostsReadOnce
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.filter import readable_errors
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.health import Health


@readable_errors
def keepalived_instances(
    vips: Any,
    host: str,
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Any],
    defaults: Mapping[str, Any] | None = None,
    scripts: Sequence[Mapping[str, Any]] = (),
    watch: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """The host's vrrp_instances."""
    watched = None if watch is None else Watch(**watch)
    known = Derivation(declared(vips, groups), HostsReadOnce(hostvars))
    return known.instances(host, defaults or {}, scripts, watched)


@readable_errors
def haproxy_proxies(
    vips: Any,
    host: str,
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Any],
    health_port: int = 8404,
    ca_file: str = "",
    version: str | None = "",
) -> dict[str, list[dict[str, Any]]]:
    """The host's frontends and backends."""
    return desired_proxies(host, declared(vips, groups), hostvars, Health(ca_file, health_port, version or ""))
