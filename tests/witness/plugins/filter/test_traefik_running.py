# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Traefik with the DaemonSet's own arguments and rights serves what the Ingress objects declare.

Its network and its root directory are its own. Not a Kubernetes: the API is a stub that grants exactly the
ClusterRole's rules, and the EndpointSlices are written by the test, as the control plane would.
"""

from __future__ import annotations

import contextlib
import socket

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.traefik_objects import traefik_objects
from unit.plugins.filter.traefik_settings import HASH, INGRESSES, settings

from .running_traefik import PODS, Network, Pod, Traefik, needs_traefik, until

pytestmark = needs_traefik

VIPS = [{"name": "edge", "addresses": ["10.77.0.100/24", "fd00:77::100/64"]}]
ADMIN = {"dashboard_users": {"admin": HASH}, "dashboard_host": "traefik.example.org"}


def served(name, address, port, namespace="default", service_port=8080):
    """A Service with one endpoint, and the endpoint as the control plane would write it."""
    named = {"name": "http", "port": service_port, "protocol": "TCP"}
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"clusterIP": "10.96.1.1", "ports": [{**named, "targetPort": port}]},
    }
    yield {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": namespace, "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "ports": [{**named, "port": port}],
        "endpoints": [{"addresses": [address], "conditions": {"ready": True, "serving": True}}],
    }


def endpoint_of_dashboard():
    """Where Service traefik-dashboard leads: to Traefik's own pod."""
    _service, endpoint = served("traefik-dashboard", "127.0.0.1", 8080, "traefik")
    endpoint["ports"][0]["name"] = "traefik"
    return endpoint


@contextlib.contextmanager
def running(directory, objects, first_free_port=None):
    """Traefik with the pods of the declared Services, once it is ready and knows its routes."""
    with contextlib.ExitStack() as stack:
        network = Network()
        stack.callback(network.close)
        if first_free_port:
            network.free_ports_from(first_free_port)
        for name, address, port in (("test-www", PODS[0], 9080), ("test-api", PODS[1], 9000)):
            stack.callback(Pod(network, name, address, port).close)
        further = [*served("test-www", PODS[0], 9080), *served("test-api", PODS[1], 9000), endpoint_of_dashboard()]
        traefik = Traefik(directory, network, objects, further)
        stack.callback(traefik.close)
        until(lambda: traefik.ping() == 200 or traefik.process.poll() is not None)
        assert traefik.process.poll() is None, traefik.log.read_text()
        yield traefik


@pytest.fixture(scope="module")
def traefik(tmp_path_factory):
    made = traefik_objects(settings(ingresses=INGRESSES, vip="edge", **ADMIN), VIPS)
    with running(tmp_path_factory.mktemp("traefik"), made) as found:
        assert until(lambda: found.status("/", "www.example.org") == 200), found.log.read_text()
        yield found


def test_it_may_read_all_that_it_asks_for_and_problems_of_nothing(traefik):
    assert traefik.api.denied == set()
    assert " ERR " not in traefik.log.read_text()


@pytest.mark.parametrize(
    ("host", "path", "said"),
    [
        ("www.example.org", "/", "test-www /"),
        ("www.example.org", "/any/page?of=it", "test-www /any/page?of=it"),
        ("www.example.org", "/api", "test-api /api"),
        ("www.example.org", "/api/more", "test-www /api/more"),
        ("api.example.org", "/v1", "test-api /v1"),
        ("api.example.org", "/v1/things", "test-api /v1/things"),
    ],
)
@pytest.mark.parametrize("way", [{"port": "web"}, {"port": "websecure", "tls": True}], ids=["http", "https"])
def test_requests_go_by_host_and_path(traefik, host, path, said, way):
    assert traefik.get(path, host, **way)[:2] == (200, said)


@pytest.mark.parametrize(
    ("host", "path"),
    [("api.example.org", "/"), ("api.example.org", "/v10"), ("other.example.org", "/"), ("localhost", "/dashboard/")],
)
@pytest.mark.parametrize("way", [{"port": "web"}, {"port": "websecure", "tls": True}], ids=["http", "https"])
def test_others_get_404(traefik, host, path, way):
    assert traefik.status(path, host, **way) == 404


def test_ingress_objects_tell_the_vip(traefik):
    names = {
        ("default", "test-www"),
        ("default", "test-api"),
        ("default", "one-page"),
        ("traefik", "traefik-dashboard"),
    }
    assert until(lambda: set(traefik.api.statuses) == names), traefik.api.statuses
    assert all(b"10.77.0.100" in status for status in traefik.api.statuses.values())


def test_metrics_are_there_and_not_public(traefik):
    status, text, _headers = traefik.get("/metrics", port="metrics")
    assert status == 200
    assert 'traefik_entrypoint_requests_total{code="200",entrypoint="web"' in text
    assert {traefik.status("/metrics", port=port, tls=port == "websecure") for port in ("web", "websecure")} == {404}
    assert traefik.status("/", "www.example.org", port="metrics") == 404


def test_the_dashboard_wants_a_password_everywhere(traefik):
    inner = {"port": "traefik"}
    outer = {"host": "traefik.example.org", "port": "websecure", "tls": True}
    for way in (inner, outer):
        assert traefik.status("/dashboard/", **way) == 401
        assert traefik.status("/api/rawdata", user="admin:wrong", **way) == 401
        assert "<title>" in traefik.get("/dashboard/", user="admin:secret", **way)[1]
        assert traefik.status("/api/rawdata", user="admin:secret", **way) == 200


def test_beside_the_dashboard_nothing_inner_is_public(traefik):
    """No password goes without TLS, and the dashboard's host leads to nothing else of that entry point."""
    assert traefik.status("/dashboard/", "traefik.example.org", user="admin:secret") == 404
    assert traefik.status("/ping", "traefik.example.org", port="websecure", tls=True) == 404


def test_without_users_there_is_no_dashboard(tmp_path):
    with running(tmp_path, traefik_objects(settings(ingresses=INGRESSES))) as traefik:
        assert until(lambda: traefik.status("/", "www.example.org") == 200)
        assert traefik.status("/dashboard/", port="traefik") == 404
        assert traefik.api.statuses == {}


def test_the_ping_may_stay_inside(tmp_path):
    with running(tmp_path, traefik_objects(settings(ingresses=INGRESSES, ping="traefik"))) as traefik:
        assert until(lambda: traefik.status("/", "www.example.org") == 200)
        assert (traefik.status("/ping", port="traefik"), traefik.status("/ping")) == (200, 404)


def test_redirected_clients_meet_the_port_of_the_node(tmp_path):
    with running(tmp_path, traefik_objects(settings(ingresses=INGRESSES, redirect_to_https=True))) as traefik:
        status, _body, headers = traefik.get("/page", "www.example.org")
        assert (status, headers["Location"]) == (301, "https://www.example.org/page")
        assert traefik.ping() == 200


def test_a_leaving_pod_says_so_and_serves_on(tmp_path):
    with running(tmp_path, traefik_objects(settings(ingresses=INGRESSES, leaving_seconds=20))) as traefik:
        assert until(lambda: traefik.status("/", "www.example.org") == 200)
        traefik.process.terminate()
        assert until(lambda: traefik.ping() == 503)
        assert traefik.get("/", "www.example.org")[:2] == (200, "test-www /")


@pytest.mark.parametrize(
    "acme",
    [
        {"challenge": "dns", "provider": "rfc2136"},
        {"challenge": "http"},
        {"challenge": "tls", "host_path": "/srv/traefik"},
    ],
    ids=lambda acme: acme["challenge"],
)
def test_acme_keeps_its_certificates_where_it_may_write(tmp_path, acme):
    """No CA is asked: nothing declares a name on that entry point. The account's file is there, for nobody else."""
    made = traefik_objects(settings(nodes=1, acme={"email": "admin@example.org", **acme}))
    with running(tmp_path, made) as traefik:
        log = traefik.log.read_text()
        assert " ERR " not in log, log
        stored = tmp_path / "root/data/acme.json"
        assert until(stored.exists)
        assert stored.stat().st_mode & 0o777 == 0o600


def test_arguments_that_traefik_does_not_know_are_seen(tmp_path):
    """That these tests can fail: Traefik refuses what it does not know."""
    network = Network()
    try:
        traefik = Traefik(tmp_path, network, traefik_objects(settings(arguments=["--web.address=:8580"])))
        try:
            assert traefik.process.wait(30) != 0
        finally:
            traefik.close()
    finally:
        network.close()


def test_custom_resources_are_read_where_they_are_served(tmp_path):
    """The stub knows none of them; what is asked for, the role's rights grant."""
    with running(tmp_path, traefik_objects(settings(ingresses=INGRESSES, custom_resources=True))) as traefik:
        assert until(lambda: "ingressroutes" in traefik.api.asked and "traefikservices" in traefik.api.asked)
        assert until(lambda: traefik.status("/", "www.example.org") == 200)
        assert traefik.api.denied == set()
        assert " ERR " not in traefik.log.read_text()


NODE = {"host_network": True, "ingresses": INGRESSES, "dashboard_users": {"admin": HASH}}


def test_in_the_nodes_network_it_has_the_nodes_own_ports_where_the_kernel_lets_it(tmp_path):
    with running(tmp_path, traefik_objects(settings(**NODE)), first_free_port=80) as traefik:
        assert until(lambda: traefik.status("/", "www.example.org") == 200), traefik.log.read_text()
        assert {each["containerPort"] for each in traefik.container["ports"]} == {80, 443, 9181, 9182}
        assert traefik.get("/", "www.example.org", port="websecure", tls=True)[:2] == (200, "test-www /")
        assert traefik.ping() == 200
        assert traefik.status("/metrics", port="metrics") == 200
        assert traefik.status("/dashboard/", port="traefik", user="admin:secret") == 200
        with traefik.network.inside(), pytest.raises(ConnectionRefusedError):
            socket.create_connection((PODS[2], 9181))


def test_where_the_kernel_does_not_it_has_none_though_every_capability_is_in_its_bounds(tmp_path):
    """What a container is granted beyond that needs a program that is marked for it, or root: this is neither."""
    network = Network()
    try:
        traefik = Traefik(tmp_path, network, traefik_objects(settings(**NODE)))
        try:
            assert traefik.process.wait(30) != 0
            assert "bind: permission denied" in traefik.log.read_text()
        finally:
            traefik.close()
    finally:
        network.close()
