# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the apiservers' certificates: clients connect to the VIP, so the certificates must contain it. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.apiservers import ca_names, distrusted
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import ERROR, WARNING, Finding
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.seen import Seen
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.vip import Vip

_DAY = 86400
#: A certificate that expires within this many days is reported.
SOON = 30
_RENEW = "Renew it (kubeadm certs renew apiserver, and restart the apiserver)"


def certificate_findings(seen: Seen) -> Iterator[Finding]:
    """The findings on each apiserver's certificate, as seen by any host of the VIP, by that host's clock."""
    for vip in seen.fleet.vips:
        if not vip.profile.apiservers:
            continue
        for host in vip.hosts:
            found = seen.observations.get(host, {})
            ports = [front.server_port for front in vip.fronts]
            shown = [
                each
                for each in found.get("certificates") or ()
                if each["name"] in vip.servers and each["port"] in ports
            ]
            # As in the plan: HAProxy continues with the servers that it trusts.
            trusts = any(not each["problem"] and not each["distrust"] for each in shown)
            cas = ca_names(str(seen.fleet.variables(host).get("k8s_edge_kube_ca") or ""))
            for each in shown:
                about = f"{vip.path}, apiserver {each['name']} ({each['address']}:{each['port']})"
                for severity, reason, remedy in _judged(vip, each, found["clock"], WARNING if trusts else ERROR, cas):
                    yield Finding(severity, (host,), about, reason, remedy)


def _judged(
    vip: Vip, shown: Mapping[str, Any], now: float, distrust: str, cas: Sequence[str]
) -> Iterator[tuple[str, str, str]]:
    """Severity, reason and remedy of each finding. ``distrust``: the severity if HAProxy would not accept the
    certificate."""
    if shown["problem"]:
        yield WARNING, shown["problem"], "If the cluster does not exist yet, continue"
        return
    if now > shown["not_after"]:
        yield distrust, f"its certificate expired on {_date(shown['not_after'])}", _RENEW
    elif now < shown["not_before"]:
        yield distrust, f"its certificate is not valid before {_date(shown['not_before'])}", "Set the clocks"
    elif shown["distrust"]:
        issuer = f"CN={shown['issuer']}" if shown["issuer"] else ""
        yield distrust, distrusted([shown["name"]], issuer, cas, shown["distrust"]), ""
    elif shown["not_after"] - now < SOON * _DAY:
        days = int((shown["not_after"] - now) // _DAY)
        yield WARNING, f"its certificate expires in {days} days, on {_date(shown['not_after'])}", _RENEW
    missing = [str(each.ip) for each in vip.addresses if str(each.ip) not in shown["addresses"]]
    if vip.endpoint and not any(_covers(name, vip.endpoint) for name in shown["names"]):
        missing.append(vip.endpoint)
    if missing:
        reason = f"its certificate does not name {' and '.join(missing)}: clients that use it reject the certificate"
        remedy = (
            "Add it to the apiserver's names (kubeadm: apiServer.certSANs), issue the certificate again and restart "
            "the "
            "apiserver"
        )
        yield ERROR, reason, remedy


def _covers(name: str, wanted: str) -> bool:
    """Whether a certificate's name covers ``wanted``; ``*`` stands for the first label."""
    name, wanted = name.lower().rstrip("."), wanted.lower().rstrip(".")
    return name == wanted or (name.startswith("*.") and name[1:] == wanted[wanted.find(".") :] and "." in wanted)


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))
