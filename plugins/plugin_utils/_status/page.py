# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the edge is now, as one HTML page that needs nothing else: for a phone at night and a screen on a wall. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.page import document
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
        yield from _host(each)
    if state["certificates"]:
        yield "<h2>Certificates of apiservers</h2><table><tr><th>server</th><th>days left</th></tr>"
        for each in state["certificates"]:
            yield f"<tr><td>{escape(each['server'])}</td><td>{each['days']}</td></tr>"
        yield "</table>"


def _host(host: Mapping[str, Any]) -> Iterator[str]:
    yield f"<article><h3>{escape(host['host'])}</h3><p>{escape(host_text(host))}</p>"
    if host["servers"]:
        yield "<table><tr><th>backend</th><th>server</th><th>state</th><th>sessions</th></tr>"
        for each in host["servers"]:
            cells = (
                each["backend"],
                each["server"],
                f"{each['status']} {each['check']}".strip(),
                str(each["sessions"]),
            )
            yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        yield "</table>"
    yield from (f"<p>{escape(line)}</p>" for line in old_text(host))
    yield f'<p class="{"warn" if host["drift"] else "quiet"}">{escape(drift_text(host))}</p></article>'
