# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of the fleet as one HTML page that needs nothing else: for a reviewer, on a phone and on paper. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.text import MEANING, headline, way_text

_STYLE = """
:root{color-scheme:light dark;--line:#8884;--quiet:#777;--none:#6b7280;--runtime:#0f766e;--reload:#1d4ed8;
--restart:#b45309;--vip_move:#b91c1c}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem}
h1{font-size:1.4rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.3rem 0}
article{border:1px solid var(--line);border-radius:.5rem;margin:.75rem 0;padding:.75rem 1rem}
h3{font-size:1rem;margin:0;display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}
.impact{border-radius:1rem;color:#fff;font-size:.8rem;font-weight:600;padding:.1rem .6rem}
.quiet{color:var(--quiet)}ul{margin:.4rem 0;padding-left:1.2rem}li{overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid var(--line);padding:.3rem .5rem .3rem 0;
text-align:left;vertical-align:top}th{font-size:.85rem}
pre{font-size:.8rem;line-height:1.35;margin:.4rem 0;overflow-x:auto}ins{color:#15803d;text-decoration:none}
del{color:#b91c1c;text-decoration:none}summary{cursor:pointer}
.warn{border-left:.3rem solid var(--restart);padding-left:.6rem}
@media(prefers-color-scheme:dark){ins{color:#4ade80}del{color:#f87171}}
@media print{body{max-width:none}article{break-inside:avoid}details>*{display:block}}
"""


def plan_page(plan: Mapping[str, Any], when: str) -> str:
    """The page. ``when`` says when the hosts were read."""
    return document("Plan of the edge", "\n".join(_body(plan, when)))


def document(title: str, body: str) -> str:
    """A page of its own, with the look that all of ours have."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _body(plan: Mapping[str, Any], when: str) -> Iterator[str]:
    yield f'<h1>Plan of the edge</h1><p class="quiet">Hosts read {escape(when)}. Nothing was changed.</p>'
    yield f"<p><strong>{escape(headline(plan))}</strong></p>"
    if plan["vips"]:
        yield "<h2>VIPs</h2><table><tr><th>VIP</th><th>address</th><th>held by</th><th>during the run</th></tr>"
        for way in plan["vips"]:
            cells = (way["vip"], way["address"], " and ".join(way["held_by"]) or "no host", way_text(way))
            yield "<tr>" + "".join(f"<td>{escape(each)}</td>" for each in cells) + "</tr>"
        yield "</table>"
    for each in plan["removes"]:
        yield f"<article><h3>{escape(each['host'])}</h3>{_list(each['what'])}</article>"
    if plan["connections"]:
        yield "<h2>Connections</h2>" + _list(plan["connections"])
    if plan["notes"]:
        yield "<h2>Notes</h2>" + _list(plan["notes"])
    changing = [each for each in plan["hosts"] if each["changes"]]
    if changing:
        yield "<h2>Hosts, in the order in which they are changed</h2>"
        for number, each in enumerate(changing, 1):
            yield from _host(number, each)
    same = [each for each in plan["hosts"] if not each["changes"]]
    if same:
        yield f"<h2>Hosts with nothing to do</h2><p>{escape(', '.join(each['host'] for each in same))}</p>"
        yield from (_warned(f"{each['host']}: {line}") for each in same for line in each["warnings"])


def _host(number: int, each: Mapping[str, Any]) -> Iterator[str]:
    impact = each["impact"]
    mark = f'<span class="impact" style="background:var(--{impact})">{escape(MEANING[impact])}</span>'
    yield f"<article><h3>{number}. {escape(each['host'])} {mark}</h3>"
    if each["leaves"]:
        yield f"<p>Leaves {escape(', '.join(each['leaves']))}, which its peers take over first.</p>"
    if each["stops"]:
        yield f"<p>Its peers are stopped for this step: {escape(', '.join(each['stops']))}.</p>"
    for plane in each["planes"]:
        yield f"<p><strong>{escape(plane['plane'])}</strong></p>{_list(plane['steps'])}"
        if plane["diff"]:
            yield f"<details><summary>Difference</summary><pre>{_diff(plane['diff'])}</pre></details>"
    yield from (_warned(f"Not foreseen: {line}") for line in each["unforeseen"])
    yield from (_warned(f"Warning: {line}") for line in each["warnings"])
    yield "</article>"


def _warned(line: str) -> str:
    return f'<p class="warn">{escape(line)}</p>'


def _list(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _diff(lines: Sequence[str]) -> str:
    marks = {"+": "ins", "-": "del"}
    return "\n".join(
        f"<{marks[line[:1]]}>{escape(line)}</{marks[line[:1]]}>" if line[:1] in marks else escape(line)
        for line in lines
    )
