# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of the fleet as one self-contained HTML page for reviewers, readable on a phone and on paper. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import worst
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._plan.text import MEANING, beside, headline, moves_text

_STYLE = """
:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--ink:#1b2430;--quiet:#5b6675;--line:#dfe3e8;
--none:#5b6675;--runtime:#0f766e;--reload:#1d4ed8;--restart:#b45309;--vip_move:#b91c1c;
--none-soft:#eceef1;--runtime-soft:#dcf3f0;--reload-soft:#e2eafd;--restart-soft:#fbecd8;--vip_move-soft:#fbe3e3}
@media(prefers-color-scheme:dark){:root{--ground:#12161c;--card:#1a2029;--ink:#e4e8ee;--quiet:#98a3b3;--line:#2d3541;
--none:#a6b0bf;--runtime:#5ecfc0;--reload:#8db1ff;--restart:#f3b463;--vip_move:#ff9a9a;
--none-soft:#262d37;--runtime-soft:#173733;--reload-soft:#1d2c4d;--restart-soft:#3d2c14;--vip_move-soft:#431f21}}
*{box-sizing:border-box}
body{background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:64rem;
overflow-wrap:break-word;padding:1.5rem 1rem 3rem}li,p,td:last-child{overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.2;margin:0}h2{font-size:1.05rem;margin:2.2rem 0 .6rem}p{margin:.3rem 0}
.quiet{color:var(--quiet);font-size:.9rem}.lead{font-size:1.1rem;margin:1rem 0}
.facts{display:grid;gap:.6rem;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));margin:1rem 0 0;padding:0}
.facts div,article,table,.list{background:var(--card);border:1px solid var(--line);border-radius:.6rem}
.facts div{padding:.6rem .8rem}.facts dt{color:var(--quiet);font-size:.8rem}
.facts dd{font-size:1.15rem;font-weight:600;line-height:1.3;margin:.1rem 0 0}
article{border-left:.35rem solid var(--mark,var(--line));margin:.7rem 0;padding:.8rem 1rem}
h3{align-items:center;display:flex;flex-wrap:wrap;font-size:1.05rem;gap:.3rem .6rem;margin:0}
.number{color:var(--quiet);font-variant-numeric:tabular-nums}
.impact{background:var(--soft);border-radius:1rem;color:var(--mark);font-size:.8rem;font-weight:600;
padding:.15rem .65rem}
h4{font:600 .85rem/1.4 ui-monospace,monospace;margin:.9rem 0 0;color:var(--quiet)}
ul{margin:.15rem 0;padding-left:1.15rem}li{margin:.1rem 0}.list{margin:0;padding:.7rem 1rem .7rem 2rem}
table{border-collapse:separate;border-spacing:0;overflow:hidden;width:100%}
th,td{padding:.5rem .8rem;text-align:left;vertical-align:top}th{color:var(--quiet);font-size:.8rem;font-weight:500}
td{border-top:1px solid var(--line)}
pre{background:var(--ground);border-radius:.4rem;font:.8rem/1.4 ui-monospace,monospace;margin:.4rem 0 0;overflow-x:auto;
overflow-wrap:normal;padding:.6rem .8rem}
ins{color:#15803d;text-decoration:none}del{color:#b91c1c;text-decoration:none}
@media(prefers-color-scheme:dark){ins{color:#4ade80}del{color:#f87171}}
summary{color:var(--quiet);cursor:pointer;font-size:.85rem;margin-top:.3rem}
.warn{background:var(--restart-soft);border-radius:.4rem;font-size:.9rem;margin:.6rem 0 0;padding:.45rem .7rem}
@media(min-width:40rem){td:not(:last-child){white-space:nowrap}}
@media(max-width:40rem){thead{display:none}tr,tbody{display:block}tr{padding:.4rem 0}
tr+tr{border-top:1px solid var(--line)}td{border:0;display:grid;gap:.6rem;grid-template-columns:6rem 1fr;
padding:.15rem .8rem}td::before{color:var(--quiet);content:attr(data-label);font-size:.85rem}}
@media print{:root{--ground:#fff;--card:#fff;--ink:#000;--quiet:#444;--line:#bbb}
body{font-size:10pt;max-width:none;padding:0}
article,tr,.facts div{break-inside:avoid}h2,h3,h4{break-after:avoid}pre{white-space:pre-wrap}
details::details-content{content-visibility:visible;block-size:auto}*{print-color-adjust:exact}}
"""


def plan_page(plan: Mapping[str, Any], when: str) -> str:
    """The HTML page. ``when``: the time at which the hosts were read."""
    return document("Plan of the edge", "\n".join(_body(plan, when)))


def document(title: str, body: str) -> str:
    """A complete HTML document in the style of all of this collection's pages."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _body(plan: Mapping[str, Any], when: str) -> Iterator[str]:
    changing = [each for each in plan["hosts"] if each["changes"]]
    yield f'<h1>Plan of the edge</h1><p class="quiet">Hosts read {escape(when)}. Nothing was changed.</p>'
    yield f'<p class="lead">{escape(headline(plan))}</p>'
    if changing:
        yield _facts(plan, changing)
    if plan["vips"]:
        yield "<h2>VIPs</h2>"
        yield table(("VIP", "address", "held by", "during the run"), (_way(way) for way in plan["vips"]))
    for each in plan["removes"]:
        yield f"<article><h3>{escape(each['host'])}</h3>{_list(each['what'])}</article>"
    if plan["connections"]:
        yield f"<h2>Connections</h2>{_list(plan['connections'], 'list')}"
    if plan["notes"]:
        yield f"<h2>Notes</h2>{_list(plan['notes'], 'list')}"
    if changing:
        yield "<h2>Hosts, in the order in which they are changed</h2>"
        for number, each in enumerate(changing, 1):
            yield from _host(number, each, beside(plan, each["host"]))
    same = [each for each in plan["hosts"] if not each["changes"]]
    if same:
        yield f"<h2>Hosts with nothing to do</h2><p>{escape(', '.join(each['host'] for each in same))}</p>"
        yield from (_warned(f"{each['host']}: {line}") for each in same for line in each["warnings"])


def _facts(plan: Mapping[str, Any], changing: Sequence[Mapping[str, Any]]) -> str:
    """The summary at the top of the page."""
    heaviest = MEANING[worst([each["impact"] for each in changing])]
    moves = sum(len(way["moves"]) for way in plan["vips"])
    facts = {
        "hosts that change": f"{len(changing)} of {len(plan['hosts'])}",
        "heaviest impact": heaviest,
        "moves of VIPs": str(moves) if moves else "none",
        "takes about": f"{plan['seconds']} s",
    }
    tiles = (f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts.items())
    return f'<dl class="facts">{"".join(tiles)}</dl>'


def _way(way: Mapping[str, Any]) -> tuple[str, ...]:
    return way["vip"], way["address"], " and ".join(way["held_by"]) or "no host", moves_text(way)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that a narrow screen shows as one block per row, each cell with its heading."""
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join(f"<tr>{''.join(map(_cell, heads, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cell(head: str, text: str) -> str:
    return f'<td data-label="{escape(head)}">{escape(text)}</td>'


def _host(number: int, each: Mapping[str, Any], together: Sequence[str]) -> Iterator[str]:
    impact = each["impact"]
    mark = f'<span class="impact">{escape(MEANING[impact])}</span>'
    yield f'<article style="--mark:var(--{impact});--soft:var(--{impact}-soft)">'
    yield f'<h3><span class="number">{number}.</span> {escape(each["host"])} {mark}</h3>'
    yield from (f'<p class="quiet">{escape(line[:1].upper() + line[1:])}.</p>' for line in together)
    if each["leaves"]:
        yield f"<p>Leaves {escape(', '.join(each['leaves']))}, which its peers take over first.</p>"
    if each["stops"]:
        yield f"<p>Its peers are stopped for this step: {escape(', '.join(each['stops']))}.</p>"
    for plane in each["planes"]:
        yield f"<h4>{escape(plane['plane'])}</h4>{_list(plane['steps'])}"
        if plane["diff"]:
            yield f"<details><summary>Difference</summary><pre>{_diff(plane['diff'])}</pre></details>"
    yield from (_warned(f"Not foreseen: {line}") for line in each["unforeseen"])
    yield from (_warned(f"Warning: {line}") for line in each["warnings"])
    yield "</article>"


def _warned(line: str) -> str:
    return f'<p class="warn">{escape(line)}</p>'


def _list(lines: Sequence[str], kind: str = "") -> str:
    start = f'<ul class="{kind}">' if kind else "<ul>"
    return start + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _diff(lines: Sequence[str]) -> str:
    marks = {"+": "ins", "-": "del"}
    return "\n".join(
        f"<{marks[line[:1]]}>{escape(line)}</{marks[line[:1]]}>" if line[:1] in marks else escape(line)
        for line in lines
    )
