# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host or its CA cannot be is said by the roles before anything is installed, in check mode as for real."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.kube_ca import ca_faults, ca_names, distrust

YEAR_2100 = 4102444800.0


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ca.crt and ca.key, and leaf.crt, which that CA has signed."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl, to make certificates")
    folder = tmp_path_factory.mktemp("ca")

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(*new, "-x509", "-keyout", "ca.key", "-out", "ca.crt", "-days", "9", "-subj", "/O=edge/CN=kubernetes")
    openssl(*new, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=kube-apiserver")
    openssl(
        "x509", "-req", "-in", "leaf.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-out", "leaf.crt", "-set_serial", "7"
    )
    (folder / "both.pem").write_text((folder / "ca.crt").read_text() + (folder / "ca.key").read_text())
    (folder / "notes.txt").write_text("the CA is somewhere else\n")
    (folder / "cut.crt").write_text((folder / "ca.crt").read_text()[:200] + "\n-----END CERTIFICATE-----\n")
    return folder


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.crt", "is not there on the controller"),
        ("ca.key", "holds a private key"),
        ("both.pem", "holds a private key"),
        ("notes.txt", "holds no certificate in PEM"),
        ("cut.crt", "cannot be read"),
        ("leaf.crt", "is no CA's"),
    ],
)
def test_a_file_that_is_no_ca(files: Path, name: str, words: str) -> None:
    path = files / name
    (fault,) = ca_faults(path.read_text() if path.exists() else "", str(path))
    assert fault.startswith(f"k8s_edge_kube_ca_file: {str(path)!r} ")
    assert words in fault


def test_a_ca_is_one_as_long_as_it_has_not_expired(files: Path) -> None:
    text = (files / "ca.crt").read_text()
    assert ca_faults(text, "ca.crt") == []
    assert ca_faults(text + (files / "leaf.crt").read_text(), "ca.crt") == []
    (fault,) = ca_faults(text, "ca.crt", YEAR_2100)
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
    assert "of somebody else, which cannot be verified by k8s_edge_kube_ca_file (CN=other). Name" in distrust(
        (files / "other.crt").read_text(), server, ""
    )


@pytest.fixture(scope="module")
def said(files: Path, collection_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], str]:
    """(role, host) -> why its preflight failed, or an empty text; all hosts in one run in check mode."""
    folder = tmp_path_factory.mktemp("preflight")
    vip = {"name": "kubeapi", "addresses": ["10.77.0.100/24"], "port": 6443, "hosts": "edges", "leads_to": "edges"}
    hosts = {
        "suse": {"family": "Suse", "k8s_edge_kube_ca_file": str(files / "ca.crt")},
        "debian": {"family": "Debian", "k8s_edge_kube_ca_file": str(files / "ca.crt")},
        "redhat": {"family": "RedHat", "k8s_edge_kube_ca_file": str(files / "leaf.crt")},
        "lost": {"family": "Debian", "k8s_edge_kube_ca_file": str(files / "missing.crt")},
        "bare": {"family": "Debian"},
        "trusting": {"family": "Debian", "haproxy_kube_verify": False},
        "tcp": {"family": "Debian", "k8s_edge_vips": [{**vip, "profile": "tcp"}]},
    }
    variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "k8s_edge_vips": [vip]}
    inventory = {"all": {"children": {"edges": {"hosts": hosts}}, "vars": variables}}
    (folder / "hosts.yml").write_text(yaml.safe_dump(inventory))
    plays = [
        {
            "hosts": "edges",
            "gather_facts": False,
            "tasks": [
                {"set_fact": {"os_family": "{{ family }}", "cacheable": True}},
                {
                    "block": [{"import_role": {"name": f"k8s_edge.ha.{role}", "tasks_from": "preflight"}}],
                    "rescue": [{"set_fact": {"why": "{{ ansible_failed_result.msg }}"}}],
                },
                {
                    "copy": {
                        "content": "{{ why | default('') }}",
                        "dest": f"{folder}/{role}-{{{{ inventory_hostname }}}}",
                        "mode": "0600",
                    },
                    "check_mode": False,
                },
                {"set_fact": {"why": ""}},
            ],
        }
        for role in ("haproxy", "keepalived")
    ]
    (folder / "play.yml").write_text(json.dumps(plays))
    ended = subprocess.run(
        [sys.executable, "-m", "ansible.cli.playbook", "--check", "-i", folder / "hosts.yml", folder / "play.yml"],
        capture_output=True,
        text=True,
        timeout=120,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(collection_root),
            "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
            "ANSIBLE_REMOTE_TEMP": str(folder / "tmp"),
        },
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return lambda role, host: (folder / f"{role}-{host}").read_text()


@pytest.mark.parametrize(
    ("role", "host", "words"),
    [
        ("haproxy", "suse", "suse is a host of the family Suse (unknown), which this role does not know"),
        ("keepalived", "suse", "It knows Debian and RedHat"),
        ("haproxy", "redhat", "is no CA's"),
        ("haproxy", "lost", "is not there on the controller"),
        ("haproxy", "bare", ""),  # what derives the proxies refuses it
        ("haproxy", "debian", ""),
        ("haproxy", "trusting", ""),
        ("haproxy", "tcp", ""),
        ("keepalived", "redhat", ""),
    ],
)
def test_the_roles_say_so(said: Callable[[str, str], str], role: str, host: str, words: str) -> None:
    assert words in said(role, host)
    assert bool(words) == bool(said(role, host))
