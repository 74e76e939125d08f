# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host or its CA cannot be is said by the roles before anything is installed, in check mode as for real."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.host_part import host_part
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.haproxy_file import kube_ca
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.kube_ca import ca_names, ca_problems, distrust

YEAR_2100 = 4102444800.0


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca.crt and ca.key, and leaf.crt, which that CA has signed."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl, to make certificates")
    directory = tmp_path_factory.mktemp("ca")

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True)

    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(*new, "-x509", "-keyout", "ca.key", "-out", "ca.crt", "-days", "9", "-subj", "/O=edge/CN=kubernetes")
    openssl(*new, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=kube-apiserver")
    openssl(
        "x509", "-req", "-in", "leaf.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-out", "leaf.crt", "-set_serial", "7"
    )
    (directory / "both.pem").write_text((directory / "ca.crt").read_text() + (directory / "ca.key").read_text())
    (directory / "notes.txt").write_text("the CA is somewhere else\n")
    (directory / "cut.crt").write_text((directory / "ca.crt").read_text()[:200] + "\n-----END CERTIFICATE-----\n")
    return directory


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.crt", "does not exist on the controller"),
        ("ca.key", "contains a private key"),
        ("both.pem", "contains a private key"),
        ("notes.txt", "contains no certificate in PEM"),
        ("cut.crt", "cannot be read"),
        ("leaf.crt", "is not a CA certificate"),
    ],
)
def test_a_file_that_is_no_ca(files: Path, name: str, words: str) -> None:
    path = files / name
    (fault,) = map(str, ca_problems(path.read_text() if path.exists() else "", str(path)))
    assert fault.startswith(f"k8s_edge_kube_ca_file: {str(path)!r} ")
    assert words in fault


def test_a_ca_is_one_as_long_as_it_has_not_expired(files: Path) -> None:
    text = (files / "ca.crt").read_text()
    assert ca_problems(text, "ca.crt") == []
    assert ca_problems(text + (files / "leaf.crt").read_text(), "ca.crt") == []
    (fault,) = map(str, ca_problems(text, "ca.crt", YEAR_2100))
    assert "O=edge, CN=kubernetes, which expired on" in fault
    assert ca_names(text) == ["O=edge, CN=kubernetes"]
    assert ca_names("no certificate") == []


def test_a_server_that_another_ca_has_signed(files: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files / "leaf.crt", files / "leaf.key")
    new = (
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -x509 -keyout other.key -out other.crt -subj /CN=other"
    )
    subprocess.run(["openssl", *new.split()], cwd=files, check=True, capture_output=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            with contextlib.suppress(OSError):
                context.wrap_socket(listener.accept()[0], server_side=True).close()

        threading.Thread(target=answer, daemon=True).start()
        server = f"127.0.0.1:{listener.getsockname()[1]}"
        argv = ["openssl", "s_client", "-connect", server, "-CAfile", files / "other.crt"]
        asked = subprocess.run(argv, input="", capture_output=True, text=True, timeout=30)
    told = distrust((files / "other.crt").read_text(), server, asked.stdout)
    assert told.startswith(f"{server} shows a certificate that O=edge, CN=kubernetes has signed")
    assert "k8s_edge_kube_ca_file (CN=other): unable to " in told
    assert "from another CA, which cannot be verified by k8s_edge_kube_ca_file (CN=other). Name" in distrust(
        (files / "other.crt").read_text(), server, ""
    )


VIP = {"name": "kubeapi", "addresses": ["10.77.0.100/24"], "port": 6443, "hosts": "edges", "leads_to": "kube"}
GROUPS = {"all": ["edge-1", "kube-1"], "edges": ["edge-1"], "kube": ["kube-1"]}


@pytest.mark.parametrize(
    ("section", "family", "ca", "words"),
    [
        ("haproxy", "Suse", "ca.crt", "edge-1' runs SLES, of the family Suse, which is not supported"),
        ("keepalived", "Suse", "ca.crt", "Supported are Debian and RedHat. Remove such a host from"),
        ("haproxy", "RedHat", "leaf.crt", "is not a CA certificate"),
        ("haproxy", "Debian", "missing.crt", "does not exist on the controller"),
        ("haproxy", "Debian", "", "there is no CA to verify the apiservers of kubeapi"),
        ("haproxy", "Debian", "ca.crt", None),
        ("tcp", "Debian", "missing.crt", None),  # it asks no apiserver
        ("keepalived", "RedHat", "leaf.crt", None),
    ],
)
def test_a_host_that_cannot_have_its_part_is_told(
    files: Path, section: str, family: str, ca: str, words: str | None
) -> None:
    path = files / ca
    interface = {"ipv4": {"address": "10.77.0.11", "prefix": "24"}, "device": "eth0"}
    facts = {"os_family": family, "distribution": "SLES", "interfaces": ["eth0"], "eth0": interface}
    hostvars = {"edge-1": {"ansible_facts": facts}, "kube-1": {"ansible_host": "10.77.0.21"}}
    given = {"haproxy_kube_ca_file": str(path) if ca else "", "k8s_edge_kube_ca": ""}
    if ca and path.exists():
        given["k8s_edge_kube_ca"] = path.read_text()
    if words is None:
        vip = {**VIP, "profile": section} if section == "tcp" else VIP
        part = host_part([vip], "edge-1", GROUPS, hostvars, "haproxy" if section == "tcp" else section, given)
        assert (ca == "ca.crt") == bool(part.get("verified_by"))
        return
    with pytest.raises(AnsibleFilterError) as refused:
        host_part([VIP], "edge-1", GROUPS, hostvars, section, given)
    assert words in str(refused.value)


def test_the_ca_is_named_by_what_is_in_it_and_not_by_how_it_ends(files: Path) -> None:
    text = (files / "ca.crt").read_text()
    variables = {"haproxy_kube_ca_file": "ca.crt"}
    paths = {
        kube_ca({**variables, "k8s_edge_kube_ca": each}, "/etc/haproxy/haproxy.cfg").path
        for each in (text, text + "\n")
    }
    assert len(paths) == 1
    assert kube_ca({**variables, "k8s_edge_kube_ca": text, "haproxy_kube_verify": "no"}, "/x/y.cfg") is None
