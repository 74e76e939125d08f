# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments that Traefik v3 is started with, from the role's variables. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import text

#: The entry points, and where each listens in the pod. The first two are the public ones; none needs root.
PORTS = {"web": 8000, "websecure": 8443, "traefik": 8080, "metrics": 9100}

#: Which of the role's variables says on which port of the node a public entry point is reached.
HOST_PORTS = {"web": "http_port", "websecure": "https_port"}

#: Where the inner ones listen in the node's own network, beside others who have the usual ports of these.
NODE_PORTS = {"traefik": 9181, "metrics": 9182}

LOOPBACK = "127.0.0.1"

#: Where the dashboard's dynamic configuration and ACME's certificates are mounted.
DASHBOARD_FILE = "/etc/traefik/dynamic/dashboard.yml"
ACME_FOLDER = "/data"

#: Seconds that running requests have to end, after Traefik has stopped to accept new ones.
GRACE = 10

Settings = Mapping[str, Any]


def ports(settings: Settings) -> dict[str, int]:
    """Where each entry point listens: in a network of the pod's own, or in the node's, where clients meet it."""
    if not settings["host_network"]:
        return PORTS
    return {**{name: settings[option] for name, option in HOST_PORTS.items()}, **NODE_PORTS}


def arguments(settings: Settings) -> list[str]:
    """All of them, the user's own last."""
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
    """They keep accepting for a while after /ping has begun to say 503, so that whoever looks there has time to send
    clients elsewhere. Routers go to the public ones, unless they name another."""
    for name in (*HOST_PORTS, "traefik"):
        # The inner one is for nobody outside, and the node's own network is outside.
        address = LOOPBACK if name == "traefik" and settings["host_network"] else ""
        yield f"entrypoints.{name}.address", f"{address}:{ports(settings)[name]}"
        yield f"entrypoints.{name}.transport.lifecycle.requestacceptgracetimeout", settings["leaving_seconds"]
        yield f"entrypoints.{name}.transport.lifecycle.gracetimeout", GRACE
    for name in HOST_PORTS:
        yield f"entrypoints.{name}.asdefault", True
    yield "entrypoints.websecure.http.tls", True
    if settings["redirect_to_https"]:
        # By port: the entry point's own name would send clients to the pod's port.
        yield "entrypoints.web.http.redirections.entrypoint.to", f":{settings['https_port']}"
        yield "entrypoints.web.http.redirections.entrypoint.scheme", "https"


def _ingress_provider(settings: Settings) -> Iterator[tuple[str, Any]]:
    """Path type Prefix goes by elements, as Kubernetes says; a Service without endpoints is 503, not 404."""
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
    """Without users there is none. Its router comes from a file, since no Ingress can lead to Traefik itself."""
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
    yield f"{resolver}.storage", f"{ACME_FOLDER}/acme.json"
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
