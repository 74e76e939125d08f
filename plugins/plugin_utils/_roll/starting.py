# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the daemons of a host would start again as they are, from what they say of themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def unstartable(
    hosts: Sequence[str], keepalived: Mapping[str, Mapping[str, Any]], haproxy: Mapping[str, Mapping[str, Any]]
) -> Iterable[str]:
    """A sentence for each host with a daemon that would not come back as it was. ``keepalived`` and ``haproxy`` are the
    answers of ``keepalived_info`` and ``haproxy_info`` by host; a daemon that neither runs nor starts at boot does not
    count."""
    for host in hosts:
        found = [
            "{}: {}".format(name, " ".join(info["start_problems"]))
            for name, info in (("HAProxy", haproxy.get(host) or {}), ("keepalived", keepalived.get(host) or {}))
            if info.get("start_problems") and (info.get("active") or info.get("enabled"))
        ]
        if found:
            yield "{} would not be as it is after a restart of {}".format(host, " ".join(found))
