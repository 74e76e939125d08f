# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the edge is now, as one HTML page that needs nothing else: for a phone at night and a screen on a wall. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.page import document, table
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._status.directors import service_name
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._status.text import (
    drift_text,
    headline,
    holder_text,
    host_text,
    old_text,
)


def status_page(state: Mapping[str, Any], now: float, when: str) -> str:
    """The page. ``when`` is ``now`` in words."""
    return document("Status of the edge", "\n".join(_body(state, now, when)))


def _body(state: Mapping[str, Any], now: float, when: str) -> Iterator[str]:
    yield f'<h1>Status of the edge</h1><p class="quiet">Hosts read {escape(when)}.</p>'
    yield f"<p><strong>{escape(headline(state))}</strong></p>"
    yield from (f'<p class="warn">{escape(each)}</p>' for each in state["faults"])
    yield "<h2>VIPs</h2>"
    for each in state["vips"]:
        yield f"<article><h3>{escape(each['vip'])} {escape(each['address'])}</h3>"
        yield f"<p>{escape(holder_text(each, now))}</p>"
        others = [
            f"<li>{escape(one['host'])}: {escape(one['why'])}</li>" for one in each["members"] if not one["holds"]
        ]
        yield f"<ul>{''.join(others)}</ul></article>" if others else "</article>"
    yield "<h2>Hosts</h2>"
    for each in state["hosts"]:
        yield from _host(each, now)
    if state["certificates"]:
        yield "<h2>Certificates of apiservers</h2>"
        yield table(("server", "days left"), ((each["server"], str(each["days"])) for each in state["certificates"]))


def _host(host: Mapping[str, Any], now: float) -> Iterator[str]:
    yield f"<article><h3>{escape(host['host'])}</h3><p>{escape(host_text(host, now))}</p>"
    if host["servers"]:
        yield table(("backend", "server", "state", "sessions"), map(_server, host["servers"]))
    if host["virtual_servers"]:
        rows = (row for each in host["virtual_servers"] for row in _real_servers(each))
        yield table(("virtual server", "real server", "weight", "active", "inactive"), rows)
    yield from (f"<p>{escape(line)}</p>" for line in old_text(host))
    yield f'<p class="{"warn" if host["drift"] else "quiet"}">{escape(drift_text(host))}</p></article>'


def _server(server: Mapping[str, Any]) -> tuple[str, ...]:
    state = f"{server['status']} {server['check']}".strip()
    return server["backend"], server["server"], state, str(server["sessions"])


def _real_servers(service: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    name = service_name(service)
    for each in service["real_servers"]:
        yield name, each["server"], str(each["weight"]), str(each["active"]), str(each["inactive"])
    if not service["real_servers"]:
        yield name, "nobody", "", "", ""
