# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What verifying looks at, a row for each thing, from what the hosts have answered. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import endpoints
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.certificates import certificate_findings
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import ERROR, merged
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.holders import Holding, holdings
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.seen import Seen
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._verify.proof import ANSWER, vip_faults

OK, WARNING, FAULT = "ok", "warning", "fault"

#: Planes that protect the host: a difference from the declaration is a fault. In other planes it is a warning, since
#: site.yml may not have run yet.
GUARDS = {"firewall_access": "firewall", "selinux_access": "SELinux"}
_DAY = 86400


class Check(NamedTuple):
    """One row: ``about`` is what was looked at, ``observed`` what was seen there."""

    result: str
    about: str
    observed: str

    @property
    def text(self) -> str:
        """In one sentence."""
        return f"{self.about}: {self.observed.rstrip('.')}."


class Answers:
    """What every host has answered last, by kind; nothing of a host that could not be read."""

    def __init__(self, fleet: Fleet) -> None:
        self._answers = {host: fleet.variables(host).get(ANSWER) or {} for host in fleet.hosts}

    def of(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """By host."""
        return {host: answer[kind] for host, answer in self._answers.items() if answer.get(kind)}


def verification(fleet: Fleet, applied: bool) -> dict[str, Any]:
    """``checks``, the rows; ``faults``, a sentence for each fault; ``text``, a table of lines.

    ``applied`` as a part of site.yml, whose roles have verified the planes of hosts that they changed. There a VIP may
    also come before the servers behind it.
    """
    answers = Answers(fleet)
    keepalived, haproxy = answers.of("keepalived"), answers.of("haproxy")
    seen = Seen(fleet, answers.of("wire"), keepalived)
    # What these rows show, vip_faults says in sentences.
    own_rows = [*_held(seen), *_keepalived(fleet, keepalived)]
    others = [
        *_unseen(answers),
        *_answered(fleet, answers),
        *_proxies(fleet, haproxy),
        *_backends(fleet, haproxy, WARNING if applied else FAULT),
        *_planes(fleet, applied),
        *_certificates(seen),
    ]
    faults = vip_faults(fleet, keepalived, haproxy, answers.of("wire"))
    faults += [each.text for each in others if each.result == FAULT]
    rows = [*own_rows, *others]
    return {
        "checks": [each._asdict() for each in rows],
        "faults": list(dict.fromkeys(faults)),
        "text": table(rows),
    }


def table(rows: list[Check]) -> list[str]:
    """A line for each row, what is wrong first, after one that counts them."""
    order = sorted(rows, key=lambda each: (FAULT, WARNING, OK).index(each.result))
    wide = max((len(each.about) for each in rows), default=0)
    counts = {result: sum(each.result == result for each in rows) for result in (OK, WARNING, FAULT)}
    counted = ", ".join(f"{number} {result}" for result, number in counts.items() if number)
    return [
        f"{len(rows)} checks: {counted or 'nothing to check'}.",
        *(f"{each.result:<7}  {each.about:<{wide}}  {each.observed}" for each in order),
    ]


def _held(seen: Seen) -> Iterator[Check]:
    for each in holdings(seen):
        about = f"VIP {each.vip.name} {each.address.ip}"
        one = len(each.says) == 1 and not each.split and not each.others
        yield Check(OK if one else FAULT, about, _holder(each))


def _holder(each: Holding) -> str:
    observed = f"held by {' and '.join(each.says) or 'no host'}"
    if each.answers:
        observed += ", seen on the network at {}".format(" and ".join(each.answers))
    if each.others:
        observed += ", answered for by {} too".format(" and ".join(each.others))
    return observed


def _keepalived(fleet: Fleet, infos: Mapping[str, Mapping[str, Any]]) -> Iterator[Check]:
    for host in fleet.hosts:
        yield _daemon(f"keepalived on {host}", infos.get(host) or {})


def _proxies(fleet: Fleet, infos: Mapping[str, Mapping[str, Any]]) -> Iterator[Check]:
    for host in fleet.proxied:
        yield _daemon(f"HAProxy on {host}", infos.get(host) or {})


def _daemon(about: str, info: Mapping[str, Any]) -> Check:
    if not info:
        return Check(FAULT, about, "could not be read")
    if not info.get("active"):
        return Check(FAULT, about, "does not run")
    if not info.get("loaded"):
        reason = str(info.get("loaded_reason") or "")
        return Check(FAULT, about, f"runs with another configuration than its file{f' ({reason})' if reason else ''}")
    if info.get("start_problems"):
        return Check(FAULT, about, "would not start again: {}".format(" ".join(info["start_problems"])))
    return Check(OK, about, "runs what its file says")


def _answered(fleet: Fleet, answers: Answers) -> Iterator[Check]:
    """Every endpoint, as the hosts see it as clients. Nothing where none was asked."""
    asked = answers.of("probe")
    for endpoint in endpoints(fleet.vips):
        where = (endpoint["name"], endpoint["address"], endpoint["port"])
        problems = {
            host: str(each["problem"])
            for host, answer in asked.items()
            for each in answer.get("answers") or ()
            if (each["name"], each["address"], each["port"]) == where
        }
        about = f"service {endpoint['name']} {endpoint['address']} port {endpoint['port']}"
        wrong = [f"{problem} (asked by {host})" for host, problem in problems.items() if problem]
        if wrong:
            yield Check(FAULT, about, "; ".join(wrong))
        elif problems:
            yield Check(OK, about, f"answers {', '.join(problems)}")
    for host, answer in asked.items():
        if answer.get("failed") and not answer.get("answers"):
            yield Check(FAULT, f"services as {host} sees them", str(answer.get("msg")))


def _backends(fleet: Fleet, infos: Mapping[str, Mapping[str, Any]], empty: str) -> Iterator[Check]:
    """The backends of VIPs. ``empty`` is the result where no server of one is up."""
    for host in fleet.proxied:
        servers: dict[str, dict[str, str]] = {}
        for row in ((infos.get(host) or {}).get("runtime") or {}).get("stat") or ():
            if row.get("svname") not in ("FRONTEND", "BACKEND"):
                servers.setdefault(str(row.get("pxname")), {})[str(row["svname"])] = str(row.get("status", ""))
        for backend in fleet.backends.get(host, ()):
            known = servers.get(backend, {})
            if not known:
                reason = "not known: HAProxy's runtime API says nothing of it"
                yield Check(WARNING, f"backend {backend} on {host}", reason)
                continue
            up = [name for name, status in known.items() if status.startswith(("UP", "no check"))]
            away = [f"{name} is {status}" for name, status in known.items() if name not in up]
            observed = f"{len(up)} of {len(known)} servers are up{': ' if away else ''}{', '.join(away)}"
            yield Check(OK if not away else WARNING if up else empty, f"backend {backend} on {host}", observed)


def _planes(fleet: Fleet, applied: bool) -> Iterator[Check]:
    """Whether the rest of each host is as declared, where it was planned."""
    changed = set(fleet.changing) if applied else set()
    for host in fleet.concerned:
        planes = fleet.plan(host).get("planes")
        if planes is None or host in changed:
            continue
        steps = {name: list(plane.get("steps") or ()) for name, plane in planes.items()}
        differs = {name: found for name, found in steps.items() if found}
        for name, found in differs.items():
            result = FAULT if name in GUARDS else WARNING
            yield Check(result, f"{GUARDS.get(name, name)} on {host}", f"not as declared: {'; '.join(found)}")
        for name in fleet.plan(host).get("failed_planes") or ():
            yield Check(FAULT, f"{GUARDS.get(name, name)} on {host}", str(planes[name].get("msg")))
        if not differs and not fleet.plan(host).get("failed_planes"):
            guards = [guard for name, guard in GUARDS.items() if name in planes]
            yield Check(OK, f"host {host}", "as declared" + (f" ({' and '.join(guards)} too)" if guards else ""))


def _unseen(answers: Answers) -> Iterator[Check]:
    """Hosts that could not look at their networks: what others see must do."""
    for host, wire in answers.of("wire").items():
        why = str(wire.get("msg") if wire.get("failed") else wire.get("deaf") or "")
        if why:
            yield Check(WARNING, f"network of {host}", f"could not be looked at: {why}")


def _certificates(seen: Seen) -> Iterator[Check]:
    """The apiservers' certificates, as the hosts that looked see them."""
    found = merged(certificate_findings(seen))
    for each in found:
        observed = f"{each.reason.rstrip('.')}{f'. {each.remedy}' if each.remedy else ''}"
        yield Check(FAULT if each.severity == ERROR else WARNING, f"certificate of {each.about}", observed)
    wrong = {each.about for each in found}
    days: dict[str, int] = {}
    for wire in seen.observations.values():
        for each in wire.get("certificates") or ():
            where = f"apiserver {each['name']} ({each['address']}:{each['port']})"
            if not each["problem"] and not any(where in about for about in wrong):
                days[where] = int((each["not_after"] - wire["clock"]) // _DAY)
    yield from (
        Check(OK, f"certificate of {where}", f"names the VIP, {left} days left") for where, left in days.items()
    )
