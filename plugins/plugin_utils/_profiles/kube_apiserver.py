# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profile ``kube_apiserver``: the API servers of a cluster, checked at ``/readyz`` over TLS."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.health import Health
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.proxied import Proxied
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Section


class KubeApiserver(Proxied):
    """As any VIP behind HAProxy, with checks of an apiserver's readiness, and verification of its certificate."""

    name = "kube_apiserver"
    about = "leads to the servers through HAProxy, which checks C(/readyz) of every server over TLS."
    apiservers = True

    def checked(self, backend: Section, health: Health) -> Section:
        verified = {"verify": "required", "ca_file": health.ca_file} if health.ca_file else {"verify": "none"}
        return {
            **backend,
            "options": ["httpchk GET /readyz", *backend["options"]],
            "http_check": ["expect status 200"],
            "default_server": {**backend["default_server"], **verified, "check_ssl": True},
        }


PROFILE = KubeApiserver()
