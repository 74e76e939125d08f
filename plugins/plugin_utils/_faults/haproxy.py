# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of a haproxy.cfg that HAProxy accepts. Pure."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.fault import Fault, of_problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.proxies import Proxy, proxies
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import ERROR, NOTE, WARNING

#: A client or server timeout below this (seconds) cuts idle sessions: kubectl logs -f, exec and watches.
SHORT = 600.0
#: Connections to one apiserver in a cluster of 60 nodes. Each node has kubelet, kube-proxy, agents and users.
FEW = 1000
_LOOPBACK = ("127.", "::1", "/", "unix@", "abns@", "fd@")


def haproxy_faults(
    host: str, values: Mapping[str, Any], vips: Container[str], verified: bool = False
) -> Iterator[Fault]:
    """The faults of one file. ``vips``: the addresses that VRRP moves to and from the host; ``verified``: the
    apiservers' CA is given."""
    try:
        plan_config("", values)
    except InputError as error:
        for problem in error.problems:
            yield of_problem(problem, host, "haproxy.cfg")
    where = (host,)
    yield from _global(where, values.get("global") or {})
    found = proxies(values)
    leading = {proxy.name: proxy for proxy in found if proxy.kind != "frontend"}
    for proxy in found:
        if proxy.kind != "backend":
            yield from _listener(where, proxy, leading.get(str(proxy.section.get("default_backend")), proxy), vips)
        if proxy.kind != "frontend":
            yield from _servers(where, proxy)
            if proxy.apiservers:
                yield from _apiservers(where, proxy, verified)


def _global(host: tuple[str, ...], settings: Mapping[str, Any]) -> Iterator[Fault]:
    options = str(settings.get("ssl_default_bind_options") or "")
    if "no-sslv3" in options and "ssl-min-ver" not in options and "no-tlsv10" not in options:
        reason = f"ssl-default-bind-options {options}: TLS 1.0 and 1.1 are still taken"
        remedy = "Set ssl-min-ver TLSv1.2"
        yield Fault("tls", WARNING, host, "global", reason, remedy, "ssl-min-ver TLSv1.2")
    sockets = [str(each) for each in settings.get("stats_socket") or ()]
    if sockets and not any("level admin" in each for each in sockets):
        reason = "no stats socket has level admin, so every change of a server needs a reload"
        yield Fault("socket", NOTE, host, "global", reason, "Add level admin", "level admin")


def _listener(host: tuple[str, ...], proxy: Proxy, led: Proxy, vips: Container[str]) -> Iterator[Fault]:
    public = [bind for bind in proxy.binds if not bind[0].startswith(_LOOPBACK)]
    lines = "\n".join(_texts(proxy.section))
    everywhere = [f"{address}:{port}" for address, port in public if address == "*"]
    statistics = re.search(r"\bstats (enable|uri|auth|admin)\b|^(enable|uri)\b", lines, re.MULTILINE) is not None
    if statistics and public and proxy.mode == "http":
        locked = "auth" in lines
        reason = f"shows statistics at {public[0][0]}:{public[0][1]}"
        reason += ", with a password in clear in the file and on the wire" if locked else " to everybody"
        remedy = "Bind it to loopback, or lock it with a userlist of hashed passwords, over TLS"
        yield Fault("stats", ERROR, host, proxy.title, reason, remedy, "bind 127.0.0.1")
    elif everywhere and vips:
        reason = f"listens at every address of the host ({', '.join(everywhere)}), and not at the VIP"
        remedy = "Bind the VIP; net.ipv4.ip_nonlocal_bind lets HAProxy do so where another host holds it"
        mended = "the VIP" if proxy.mode == "tcp" else ""
        yield Fault("bind", WARNING, host, proxy.title, reason, remedy, mended)
    for side, one in (("client", proxy), ("server", led)):
        limit, tunnel = one.timeout(side), led.timeout("tunnel") or proxy.timeout("tunnel")
        if limit is None and (side == "client" or one.servers):
            reason = f"has no timeout {side}: sessions that nobody ends stay for ever"
            yield Fault("no-timeout", WARNING, host, one.title, reason, "Set it", "24h for VIPs")
        elif limit is not None and proxy.mode == "tcp" and max(limit, tunnel or 0) < SHORT:
            reason = f"timeout {side} of {limit:g} s cuts quiet sessions: kubectl logs -f, exec and watches"
            yield Fault("timeout", ERROR, host, one.title, reason, "Give 24h, with TCP keepalive", "24h, and keepalive")


def _servers(host: tuple[str, ...], proxy: Proxy) -> Iterator[Fault]:
    unchecked = [str(each.get("name")) for each in proxy.servers if not each.get("check") and not each.get("track")]
    if unchecked and len(proxy.servers) > 1:
        reason = f"{', '.join(unchecked)} without check: dead servers get connections"
        yield Fault("no-check", ERROR, host, proxy.title, reason, "Add check", "checked servers")
    for each in proxy.servers:
        if (each.get("ssl") or each.get("check_ssl")) and each.get("verify") in (None, "none"):
            reason = f"server {each.get('name')} is reached over TLS and not verified: anybody may answer for it"
            yield Fault("verify", WARNING, host, proxy.title, reason, "Set verify required and ca-file")
            break


def _apiservers(host: tuple[str, ...], proxy: Proxy, verified: bool) -> Iterator[Fault]:
    checked = [each for each in proxy.servers if each.get("check")]
    if checked and not any(each.startswith("httpchk") for each in proxy.options()):
        reason = "asks the apiservers for a connection only: one that is not ready is still used"
        remedy = (
            "option httpchk GET /readyz over TLS (profile kube_apiserver); that needs the CA (k8s_edge_kube_ca_file)"
        )
        mended = "profile kube_apiserver" if verified else ""
        yield Fault("tcp-check", ERROR, host, proxy.title, reason, remedy, mended)
    balance = str(proxy.section.get("balance") or proxy.defaults.get("balance") or "roundrobin")
    if balance.partition(" ")[0] in ("roundrobin", "static-rr"):
        reason = f"balance {balance} counts new connections, and those of kubelets last for days"
        yield Fault("balance", WARNING, host, proxy.title, reason, "Use leastconn", "leastconn")
    limits = [int(each["maxconn"]) for each in checked if str(each.get("maxconn") or "").isdigit()]
    if limits and min(limits) < FEW:
        reason = f"maxconn {min(limits)} for each server: after an outage of one, nodes wait in the queue"
        remedy = "Allow 1000 and 50 for each node (nodes of the VIP)"
        yield Fault("maxconn", WARNING, host, proxy.title, reason, remedy, "4000, for 60 nodes")
    if checked and not any(each.get("on_marked_down") == "shutdown-sessions" for each in checked):
        reason = "sessions to a server that is down are left hanging"
        remedy = "on-marked-down shutdown-sessions"
        yield Fault("marked-down", WARNING, host, proxy.title, reason, remedy, "on-marked-down shutdown-sessions")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield str(key).replace("_", " ")
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
