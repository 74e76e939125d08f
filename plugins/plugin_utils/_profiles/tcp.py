# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profile ``tcp``: any service for which a successful connection is a sufficient check."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.proxied import Proxied


class Tcp(Proxied):
    """HAProxy passes connections through and checks each server by connecting to it."""

    name = "tcp"
    about = "leads to the servers through HAProxy, which only checks that every server accepts connections."


PROFILE = Tcp()
