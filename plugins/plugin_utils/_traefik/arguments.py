# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line arguments of Traefik v3, from the role's variables. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import text

#: The entry points and their ports in the pod. The first two are public. No port needs root.
PORTS = {"web": 8000, "websecure": 8443, "traefik": 8080, "metrics": 9100}

#: The role's variables with the node's port of each public entry point.
HOST_PORTS = {"web": "http_port", "websecure": "https_port"}

#: The ports of the inner entry points in the node's network, where other programs use the usual ones.
NODE_PORTS = {"traefik": 9181, "metrics": 9182}

LOOPBACK = "127.0.0.1"

#: The mount points of the dashboard's dynamic configuration and of the ACME certificates.
DASHBOARD_FILE = "/etc/traefik/dynamic/dashboard.yml"
ACME_DIRECTORY = "/data"

#: Seconds for running requests to end after Traefik has stopped accepting new ones.
GRACE = 10

Settings = Mapping[str, Any]


def ports(settings: Settings) -> dict[str, int]:
    """The port of each entry point: in the pod's own network, or in the node's, where clients connect to it."""
    if not settings["host_network"]:
        return PORTS
    return {**{name: settings[option] for name, option in HOST_PORTS.items()}, **NODE_PORTS}


def arguments(settings: Settings) -> list[str]:
    """All arguments; those set by the user come last."""
    every = [
        *_global(settings),
        *_entry_points(settings),
        *_ingress_provider(settings),
        *_custom_resources(settings),
        *_dashboard(settings),
        *_metrics(settings),
        *_acme(settings.get("acme") or {}),
    ]
    return [f"--{name}={text(value)}" for name, value in every] + list(settings["arguments"])


def _global(settings: Settings) -> Iterator[tuple[str, Any]]:
    yield "global.checknewversion", False
    yield "global.sendanonymoususage", False
    yield "log.level", settings["log_level"]
    yield "log.nocolor", True
    if settings["access_log"]:
        yield "accesslog", True
    yield "ping", True
    yield "ping.entrypoint", settings["ping"]


def _entry_points(settings: Settings) -> Iterator[tuple[str, Any]]:
    """Entry points keep accepting connections for a while after /ping has begun to answer 503, so that load balancers
    can move clients to other nodes. Routers use the public entry points unless they name another."""
    for name in (*HOST_PORTS, "traefik"):
        # The inner entry point must not be reachable from outside, and the node's network is.
        address = LOOPBACK if name == "traefik" and settings["host_network"] else ""
        yield f"entrypoints.{name}.address", f"{address}:{ports(settings)[name]}"
        yield f"entrypoints.{name}.transport.lifecycle.requestacceptgracetimeout", settings["leaving_seconds"]
        yield f"entrypoints.{name}.transport.lifecycle.gracetimeout", GRACE
    for name in HOST_PORTS:
        yield f"entrypoints.{name}.asdefault", True
    yield "entrypoints.websecure.http.tls", True
    if settings["redirect_to_https"]:
        # Given as a port: the entry point's name would redirect clients to the pod's port.
        yield "entrypoints.web.http.redirections.entrypoint.to", f":{settings['https_port']}"
        yield "entrypoints.web.http.redirections.entrypoint.scheme", "https"


def _ingress_provider(settings: Settings) -> Iterator[tuple[str, Any]]:
    """Path type Prefix matches whole path elements, as Kubernetes defines it. A Service without endpoints gives 503,
    not 404."""
    yield "providers.kubernetesingress", True
    yield "providers.kubernetesingress.ingressclass", settings["ingress_class"]
    yield "providers.kubernetesingress.strictprefixmatching", True
    yield "providers.kubernetesingress.allowemptyservices", True
    if settings["address"]:
        yield "providers.kubernetesingress.ingressendpoint.ip", settings["address"]


def _custom_resources(settings: Settings) -> Iterator[tuple[str, Any]]:
    if settings["custom_resources"]:
        yield "providers.kubernetescrd", True
        yield "providers.kubernetescrd.ingressclass", settings["ingress_class"]
        yield "providers.kubernetescrd.allowemptyservices", True


def _dashboard(settings: Settings) -> Iterator[tuple[str, Any]]:
    """The dashboard is enabled if it has users. Its router is defined in a file, since an Ingress cannot lead to
    Traefik itself."""
    if settings["dashboard_users"]:
        yield "api.dashboard", True
        yield "providers.file.filename", DASHBOARD_FILE
        yield "providers.file.watch", False


def _metrics(settings: Settings) -> Iterator[tuple[str, Any]]:
    if settings["metrics"]:
        yield "entrypoints.metrics.address", f":{ports(settings)['metrics']}"
        yield "metrics.prometheus", True
        yield "metrics.prometheus.entrypoint", "metrics"


def _acme(acme: Settings) -> Iterator[tuple[str, Any]]:
    if not acme:
        return
    resolver = "certificatesresolvers.acme.acme"
    yield f"{resolver}.email", acme["email"]
    yield f"{resolver}.storage", f"{ACME_DIRECTORY}/acme.json"
    if acme.get("ca_server"):
        yield f"{resolver}.caserver", acme["ca_server"]
    challenge = acme.get("challenge", "dns")
    if challenge == "dns":
        yield f"{resolver}.dnschallenge.provider", acme["provider"]
    elif challenge == "http":
        yield f"{resolver}.httpchallenge.entrypoint", "web"
    else:
        yield f"{resolver}.tlschallenge", True
    yield "entrypoints.websecure.http.tls.certresolver", "acme"
