# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The complete keepalived.conf of a host as options of ``keepalived_config``. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import truth
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.override import overridden

CONFIG_PATH = "/etc/keepalived/keepalived.conf"

#: The user that the role makes for check scripts. Keepalived itself takes it where none is named; any other must be
#: there.
SCRIPT_USER = "keepalived_script"


def whole_keepalived_conf(
    host: str, script_user: str, derived: Mapping[str, Any], variables: Mapping[str, Any]
) -> dict[str, Any]:
    """The options of ``keepalived_config``: the ``derived`` ones (instances, sync_groups, scripts, track_processes,
    virtual_servers, global_defs), and those of the host's variables."""
    purge = truth(variables.get("keepalived_purge"))
    return {
        "path": str(variables.get("keepalived_config_path") or CONFIG_PATH),
        "global_defs": overridden(
            {**global_defs(host, script_user, purge), **derived["global_defs"]},
            variables.get("keepalived_global_defs") or {},
        ),
        "track_files": list(variables.get("keepalived_track_files") or ()),
        **{
            kind: [*derived[kind], *(variables.get(f"keepalived_{kind}") or ())]
            for kind in ("scripts", "track_processes", "sync_groups", "instances", "virtual_servers")
        },
        "purge": purge,
    }


def global_defs(host: str, script_user: str, purge: bool = False) -> dict[str, Any]:
    """The global_defs of every host. With ``purge``, a sync daemon that is not declared is removed."""
    derived: dict[str, Any] = {"router_id": host, "script_user": script_user, "enable_script_security": True}
    return {**derived, "lvs_sync_daemon": {}} if purge else derived
