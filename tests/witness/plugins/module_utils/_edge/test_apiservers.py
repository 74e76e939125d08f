# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apiservers whose certificates another CA has signed are named, with both CAs, before HAProxy meets them."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.apiservers import look
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl, to make certificates")

NEW = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -x509"
LEAF = "-addext basicConstraints=critical,CA:FALSE"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """ours.crt and other.crt, two CAs of one name; server.crt and old.crt, which ours has signed."""
    directory = tmp_path_factory.mktemp("certificates")

    def openssl(words):
        subprocess.run(["openssl", *words.split()], cwd=directory, check=True, capture_output=True)

    for name in ("ours", "other"):
        openssl(f"{NEW} -keyout {name}.key -out {name}.crt -days 9 -subj /CN=kubernetes")
    openssl(f"{NEW} -keyout server.key -out server.crt -subj /CN=kube-apiserver {LEAF} -CA ours.crt -CAkey ours.key")
    openssl("req -new -key server.key -out old.csr -subj /CN=kube-apiserver")
    (directory / "index.txt").touch()
    (directory / "ca.cnf").write_text(
        "[ca]\ndefault_ca = d\n[d]\ndatabase = index.txt\nnew_certs_dir = .\nserial = serial\ndefault_md = sha256\n"
        "policy = p\n[p]\ncommonName = supplied\n"
    )
    dates = "-startdate 20200101000000Z -enddate 20200102000000Z"
    signed = "-in old.csr -cert ours.crt -keyfile ours.key -out old.crt"
    openssl(f"ca -batch -config ca.cnf {signed} -create_serial -notext {dates}")
    return directory


@pytest.fixture
def serving(made):
    """Starts a server on loopback that shows a certificate, or speaks no TLS; gives its port."""
    with contextlib.ExitStack() as open_ones:

        def serve(name):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            if name:
                context.load_cert_chain(made / f"{name}.crt", made / "server.key")
            listener = open_ones.enter_context(socket.create_server(("127.0.0.1", 0)))

            def answer():
                while True:
                    try:
                        connection = listener.accept()[0]
                    except OSError:
                        return
                    with contextlib.suppress(OSError), connection:
                        if name:
                            context.wrap_socket(connection, server_side=True).close()

            threading.Thread(target=answer, daemon=True).start()
            open_ones.callback(listener.shutdown, socket.SHUT_RDWR)
            return listener.getsockname()[1]

        yield serve


@pytest.fixture
def asked(made):
    def entry(port, ca="ours", backend="kubeapi"):
        return {"backend": backend, "address": "127.0.0.1", "port": port, "ca": (made / f"{ca}.crt").read_text()}

    return entry


def test_who_is_signed_by_the_ca_is_trusted(serving, asked):
    assert look([asked(serving("server"))]) == look([])


def test_where_none_is_trusted_both_cas_and_the_remedy_are_named(serving, asked):
    first, second = serving("server"), serving("server")
    with pytest.raises(EdgeError) as refused:
        look([asked(first, "other"), asked(second, "other")])
    said = str(refused.value)
    assert said.startswith(f"kubeapi: 127.0.0.1:{first} and 127.0.0.1:{second} show a certificate that CN=kubernetes")
    assert "cannot be verified by k8s_edge_kube_ca_file (CN=kubernetes): " in said
    assert "Name the file of the CA that signed the apiservers' certificates (/etc/kubernetes/pki/ca.crt" in said


def test_where_some_are_trusted_it_is_a_warning(serving, asked):
    wrong = serving("server")
    (warning,) = look([asked(serving("server")), asked(wrong, "other")]).warnings
    assert warning.startswith(f"kubeapi: 127.0.0.1:{wrong} shows")
    # The servers of another backend trust for themselves.
    with pytest.raises(EdgeError, match=r"^other: "):
        look([asked(serving("server")), asked(wrong, "other", "other")])


def test_who_does_not_answer_or_speaks_no_tls_is_left_to_haproxy(serving, asked):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert look([asked(bound.getsockname()[1]), asked(serving(""))]) == look([])


def test_a_certificate_that_has_expired_is_told_as_that(serving, asked):
    with pytest.raises(EdgeError, match=r"rejects: certificate has expired\. Renew it"):
        look([asked(serving("old"))])
