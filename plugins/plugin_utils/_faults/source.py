# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The input for one hand-configured host, read from the running host or from a directory of files."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode

#: The files that are read from a host, and the optional facts beside them.
FILES = ("keepalived", "haproxy")


class Source(NamedTuple):
    """``keepalived`` and ``haproxy``: the text of each file; None if it does not exist. ``address``: where the host is
    reached; empty if unknown. Known for a running host only: ``addresses`` and ``instances``, as keepalived_info
    returns them; ``ipvs``, the virtual servers in its kernel; ``selinux``, its mode."""

    host: str
    keepalived: str | None
    haproxy: str | None
    address: str = ""
    addresses: Sequence[Mapping[str, Any]] = ()
    instances: Sequence[Mapping[str, Any]] = ()
    ipvs: Sequence[Mapping[str, Any]] = ()
    selinux: str = ""


def sources_of(given: Mapping[str, Mapping[str, Any]]) -> list[Source]:
    """Build sources from plain values, with the texts in base64, since a file may hold any bytes. Raises InputError for
    malformed values."""
    given = _plain(given)
    refuse(list(_problems(given)))
    return [
        Source(
            host,
            _text(each.get("keepalived")),
            _text(each.get("haproxy")),
            address=str(each.get("address") or ""),
            addresses=each.get("addresses") or (),
            instances=each.get("instances") or (),
            ipvs=each.get("ipvs") or (),
            selinux=str(each.get("selinux") or ""),
        )
        for host, each in given.items()
    ]


def _plain(value: Any) -> Any:
    """The value in plain types: PyYAML cannot write Ansible's own."""
    if isinstance(value, Mapping):
        return {str.__str__(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, str):
        return str.__str__(value)
    if value is None or isinstance(value, bool):
        return value
    return float(value) if isinstance(value, float) else int(value)


def _text(content: str | None) -> str | None:
    return None if content is None else decode(b64decode(content))


def _problems(given: Mapping[str, Mapping[str, Any]]) -> list[Problem]:
    if any(each.get(name) is not None or each.get("ipvs") for each in given.values() for name in FILES):
        return []
    remedy = (
        "Name hosts that run them (k8s_edge_adopt_hosts), or a directory with their files (k8s_edge_adopt_from): "
        "HOST/keepalived.conf and HOST/haproxy.cfg"
    )
    reason = "has no keepalived.conf and no haproxy.cfg, so there is nothing to adopt"
    return [Problem("sources", ", ".join(given) or None, reason, remedy)]
