# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of one host that somebody set up by hand, as it comes from the host or from a folder of files."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import decode

#: The files of a host that are read, and what may be known of it beside them.
FILES = ("keepalived", "haproxy")


class Source(NamedTuple):
    """``keepalived`` and ``haproxy`` are the texts of its files, None where there is none. ``address`` is where it is
    reached, empty where that is not known. Of a running host also ``addresses`` and ``instances``, as keepalived_info
    has them, ``ipvs``, the virtual servers of its kernel, and ``selinux``, its mode."""

    host: str
    keepalived: str | None
    haproxy: str | None
    address: str = ""
    addresses: Sequence[Mapping[str, Any]] = ()
    instances: Sequence[Mapping[str, Any]] = ()
    ipvs: Sequence[Mapping[str, Any]] = ()
    selinux: str = ""


def sources_of(given: Mapping[str, Mapping[str, Any]]) -> list[Source]:
    """The hosts as plain values: texts in base64, since a file may hold any bytes. InputError for what is none."""
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
    """Without Ansible's own types, which no YAML file takes."""
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
        "Name hosts that run them (k8s_edge_adopt_hosts), or a folder with their files (k8s_edge_adopt_folder): "
        "HOST/keepalived.conf and HOST/haproxy.cfg"
    )
    reason = "has no keepalived.conf and no haproxy.cfg, so there is nothing to adopt"
    return [Problem("sources", ", ".join(given) or None, reason, remedy)]
