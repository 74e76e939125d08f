# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the variables of role ``traefik`` before anything is applied to a cluster. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.bounds import (
    dns_label,
    dns_name,
    host,
    labels,
    number,
    port,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._traefik.arguments import NODE_PORTS
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._traefik.ingresses import problems as ingress_problems

#: The formats of passwords: bcrypt (htpasswd -B) or Apache's MD5 (htpasswd).
_HASH = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}|\$apr1\$[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}")
_TAGGED = re.compile(r"[^@]+:(?P<tag>[\w][\w.-]*)|.+@sha256:[0-9a-f]{64}")

#: The kernel parameter with the lowest port that unprivileged processes may bind, and its default.
FIRST_FREE, FIRST = "net.ipv4.ip_unprivileged_port_start", 1024

Settings = Mapping[str, Any]


def problems(settings: Settings) -> list[Problem]:
    """Every problem, with its path in the role's variables."""
    found = [
        *_names(settings),
        *_image(settings["image"]),
        *_ports(settings),
        *(_host_network(settings) if settings["host_network"] else ()),
        *_dashboard(settings),
        *_acme(settings.get("acme") or {}, settings["nodes"]),
        *_arguments(settings["arguments"]),
        *_definitions(settings["crds"]),
        *ingress_problems(settings["ingresses"], "traefik_ingresses"),
    ]
    if not settings["node_selector"]:
        remedy = "Give the edge nodes a label (role edge_nodes), and name it here."
        found.append(Problem("traefik_node_selector", {}, "selects every node of the cluster", remedy))
    return found


def _names(settings: Settings) -> Iterable[Problem]:
    yield from dns_label("traefik_namespace", settings["namespace"])
    yield from dns_name("traefik_ingress_class", settings["ingress_class"], "an IngressClass")
    yield from labels("traefik_node_selector", settings["node_selector"])
    for option, what in (("priority_class", "a priority class"), ("dashboard_tls_secret", "a Secret")):
        if settings[option]:
            yield from dns_name(f"traefik_{option}", settings[option], what)
    if settings["dashboard_host"]:
        yield from host("traefik_dashboard_host", settings["dashboard_host"])
    for option in ("leaving_seconds", "min_ready_seconds"):
        yield from number(f"traefik_{option}", settings[option], 0, 3600, "a number of seconds")


def _image(image: str) -> Iterable[Problem]:
    tag = _TAGGED.fullmatch(image.rpartition("/")[2])
    if not tag or tag["tag"] == "latest":
        reason = "names no version, so that nodes may run different ones"
        yield Problem("traefik_image", image, reason, "Pin it, for example docker.io/library/traefik:v3.7.15.")
    elif re.match(r"v?[12]\b", tag["tag"] or ""):
        yield Problem("traefik_image", image, "is not Traefik v3, whose arguments these are", "Take a v3 image.")


def _ports(settings: Settings) -> Iterable[Problem]:
    for name in ("http_port", "https_port"):
        yield from port(f"traefik_{name}", settings[name])
    if settings["http_port"] == settings["https_port"]:
        yield Problem("traefik_https_port", settings["https_port"], "is also traefik_http_port", "Give each its own.")


def _host_network(settings: Settings) -> Iterable[Problem]:
    """In the node's network no port is translated: Traefik listens where clients connect, and it does not run as
    root."""
    for name in ("http_port", "https_port"):
        port = settings[name]
        if port in NODE_PORTS.values():
            yield Problem(f"traefik_{name}", port, "is an internal port of Traefik", "Take another one.")
        closed = [
            host for host, kernel in settings["kernels"].items() if port < int((kernel or {}).get(FIRST_FREE, FIRST))
        ]
        if closed:
            reason = (
                f"is a port that only root may listen on in the network of {', '.join(closed)}, as far as their "
                "kernel_parameters say, and Traefik is never root"
            )
            lowest = min(settings["http_port"], settings["https_port"])
            remedy = f"Write {FIRST_FREE}: {lowest} there (role kernel), or use ports from {FIRST} on."
            yield Problem(f"traefik_{name}", port, reason, remedy)
    if settings["dashboard_host"]:
        reason = "leads to a port that only the node can reach, since the pod uses the network of the node"
        remedy = f"Leave it out, and use kubectl port-forward to {NODE_PORTS['traefik']} of a pod."
        yield Problem("traefik_dashboard_host", settings["dashboard_host"], reason, remedy)


def _dashboard(settings: Settings) -> Iterable[Problem]:
    for user, written in settings["dashboard_users"].items():
        option = f"traefik_dashboard_users[{user}]"
        if not re.fullmatch(r"[\w.@-]+", str(user)):
            yield Problem(option, user, "cannot be a user's name", "Use letters, digits, '_', '.', '@' and '-'.")
        if not _HASH.fullmatch(str(written)):
            yield Problem(option, None, "is not a password's hash", "Write what htpasswd -nB says after the colon.")
    if settings["dashboard_host"] and not settings["dashboard_users"]:
        reason = "would show the dashboard to everybody"
        remedy = "Give traefik_dashboard_users, or leave the host out."
        yield Problem("traefik_dashboard_host", settings["dashboard_host"], reason, remedy)


def _acme(acme: Settings, nodes: int) -> Iterable[Problem]:
    if not acme:
        return
    if not acme.get("email"):
        yield Problem("traefik_acme.email", None, "is missing", "Give the address that the CA writes to.")
    challenge = acme.get("challenge", "dns")
    if challenge == "dns" and not acme.get("provider"):
        yield Problem("traefik_acme.provider", None, "is missing", "Name the DNS provider, as Traefik calls it.")
    elif challenge != "dns" and nodes > 1:
        reason = f"reaches one of {nodes} edge nodes only, and not the one that asked for the certificate"
        remedy = "Use the challenge dns, or cert-manager and tls secrets in the Ingress."
        yield Problem("traefik_acme.challenge", challenge, reason, remedy)
    for key, what in (("secret", "a Secret"), ("claim", "a volume claim")):
        if acme.get(key):
            yield from dns_name(f"traefik_acme.{key}", acme[key], what)
    if acme.get("host_path") and not acme["host_path"].startswith("/"):
        remedy = "Write for example /var/lib/traefik."
        yield Problem("traefik_acme.host_path", acme["host_path"], "does not begin with '/'", remedy)
    if acme.get("claim") and acme.get("host_path"):
        yield Problem(
            "traefik_acme.claim", acme["claim"], "is given as well as host_path", "Keep certificates in one place."
        )
    elif acme.get("claim") and nodes > 1:
        reason = f"would be written by Traefik on {nodes} nodes at once, which Traefik does not support"
        yield Problem("traefik_acme.claim", acme["claim"], reason, "Use host_path: each node has its own certificates.")


def _arguments(arguments: Iterable[Any]) -> Iterable[Problem]:
    for index, argument in enumerate(arguments):
        option = f"traefik_arguments[{index}]"
        if not re.match(r"--[a-z]", str(argument)):
            yield Problem(option, argument, "is not an argument of Traefik", "Write --name=value.")
        elif str(argument).lower().startswith("--api.insecure"):
            reason = "shows the dashboard to everybody"
            yield Problem(option, argument, reason, "Use traefik_dashboard_users.")


def _definitions(objects: Iterable[Any]) -> Iterable[Problem]:
    for index, each in enumerate(objects):
        kind = each.get("kind") if isinstance(each, Mapping) else each
        if kind != "CustomResourceDefinition":
            reason = "is not a CustomResourceDefinition"
            remedy = "Take Traefik's kubernetes-crd-definition-v1.yml, or what helm show crds prints."
            yield Problem(f"traefik_crds (object {index + 1})", kind, reason, remedy)
