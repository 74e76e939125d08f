"""The check scripts, run as keepalived runs them, against servers that are well, not ready, strange and gone."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.check_scripts import check_scripts

OPENSSL = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=kube-1 -days 1"


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """The scripts as the role's task writes them."""
    directory = tmp_path_factory.mktemp("scripts")
    asked = [{"script": f"{directory}/{name} 8404"} for name in ("check-haproxy", "check-apiserver", "check-haproxy")]
    for file in check_scripts(asked, {"python": {"executable": sys.executable}}):
        path = Path(file["path"])
        path.write_text(file["content"])
        path.chmod(int(file["mode"], 8))
        assert path.read_text().startswith("#!")
    return directory


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    directory = tmp_path_factory.mktemp("pki")
    made = ["openssl", *OPENSSL.split(), "-keyout", directory / "key", "-out", directory / "crt"]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "crt", directory / "key")
    return context


@pytest.fixture
def answering():
    """answering(bytes, context): the port of a server that answers everybody so, and the requests it has heard."""
    open_ones = []

    def serve(answer, context=None):
        listener = socket.create_server(("127.0.0.1", 0))
        open_ones.append(listener)
        heard = []

        def run():
            while True:
                try:
                    connection, _peer = listener.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(connection, server_side=True) if context else connection as client:
                        heard.append(client.recv(1000))
                        client.sendall(answer)
                except OSError:
                    pass

        threading.Thread(target=run, daemon=True).start()
        return listener.getsockname()[1], heard

    yield serve
    for listener in open_ones:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def verdict(script, *arguments):
    """0 is well. Keepalived gives an empty environment and no terminal."""
    argv = [str(script), *map(str, arguments)]
    return subprocess.run(argv, env={"PATH": "/usr/bin:/bin"}, capture_output=True, timeout=30).returncode


ANSWERS = [
    (b"HTTP/1.0 200 OK\r\n\r\nok", True),
    (b"HTTP/1.1 500 Internal Server Error\r\n\r\n", False),
    (b"HTTP/1.1 503 Service Unavailable\r\n\r\n200 ", False),
    (b"HTTP/1.1 2000\r\n\r\n", False),
    (b"200\r\n", False),
    (b"", False),
]


@pytest.mark.parametrize(("answer", "well"), ANSWERS)
def test_haproxy_is_well_where_it_says_200(scripts, answering, answer, well):
    port, heard = answering(answer)
    assert (verdict(scripts / "check-haproxy", port) == 0) is well
    assert (verdict(scripts / "check-haproxy", port, "/healthz/kubeapi") == 0) is well
    assert [each.split()[:2] for each in heard] == [[b"GET", b"/healthz"], [b"GET", b"/healthz/kubeapi"]]


@pytest.mark.parametrize(("answer", "well"), ANSWERS)
def test_an_apiserver_is_ready_where_it_says_200(scripts, answering, tls, answer, well):
    port, heard = answering(answer, tls)
    assert (verdict(scripts / "check-apiserver", "127.0.0.1", port) == 0) is well
    assert [each.split()[:2] for each in heard] == [[b"GET", b"/readyz"]]


def test_an_apiserver_that_speaks_no_tls_is_not_ready(scripts, answering):
    port, _heard = answering(b"HTTP/1.0 200 OK\r\n\r\nok")
    assert verdict(scripts / "check-apiserver", "127.0.0.1", port) != 0


def test_nobody_there_is_not_well(scripts):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert verdict(scripts / "check-haproxy", port) != 0
    assert verdict(scripts / "check-apiserver", "127.0.0.1", port) != 0
