# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, certificates and files that a lab makes for its hosts."""

from __future__ import annotations

import io
import shutil
import stat
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from lab import certificates, luggage, ssh
from lab.command import LabError
from lab.declaration import Host, Lab

pytestmark = pytest.mark.skipif(
    not (shutil.which("openssl") and shutil.which("ssh-keygen")), reason="needs openssl and ssh-keygen"
)


@pytest.fixture
def state(small_lab: Lab, tmp_path: Path) -> Path:
    certificates.issue(small_lab, tmp_path)
    ssh.prepare(small_lab, tmp_path)
    return tmp_path


def openssl(*argv: str) -> str:
    return subprocess.run(["openssl", *argv], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("address", ["10.77.0.21", "10.77.0.100", "fd00:77::21", "fd00:77::100", "10.77.0.110"])
def test_an_apiservers_certificate_is_good_for_itself_and_for_the_vips(state: Path, address: str) -> None:
    said = openssl("verify", "-CAfile", str(state / "ca.crt"), "-verify_ip", address, str(state / "kube-1.crt"))
    assert said.endswith(": OK\n")


def test_an_apiservers_certificate_is_good_for_nobody_else(state: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        openssl("verify", "-CAfile", str(state / "ca.crt"), "-verify_ip", "10.77.0.22", str(state / "kube-1.crt"))


def test_private_keys_are_private(state: Path) -> None:
    for name in ("ca.key", "kube-1.key", "id", "host"):
        assert stat.S_IMODE((state / name).stat().st_mode) == 0o600


def test_twice_makes_nothing_new(small_lab: Lab, state: Path) -> None:
    before = {path.name: path.read_bytes() for path in state.iterdir()}
    certificates.issue(small_lab, state)
    ssh.prepare(small_lab, state)
    assert {path.name: path.read_bytes() for path in state.iterdir()} == before


def test_ssh_understands_its_configuration(small_lab: Lab, state: Path) -> None:
    said = subprocess.run(
        ["ssh", "-G", "-F", str(state / "ssh_config"), "haproxy-1"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert "hostname 10.77.0.11" in said
    assert "stricthostkeychecking true" in said
    assert "proxyusefdpass yes" in said
    assert any(line.startswith("proxycommand nsenter --net=/run/netns/small -- ") for line in said)


def test_known_hosts_has_every_name_and_address(small_lab: Lab) -> None:
    text = ssh.known_hosts(small_lab, "ssh-ed25519 AAAA comment")
    assert text.splitlines()[1] == "haproxy-1,10.77.0.11,fd00:77::11 ssh-ed25519 AAAA"


def packed(lab: Lab, name: str, state: Path) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(luggage.pack(lab, lab.host(name), state))) as tar:
        return {member.name: member for member in tar}


def test_luggage_of_an_apiserver(small_lab: Lab, state: Path) -> None:
    items = packed(small_lab, "kube-1", state)
    assert items["etc/kubernetes/pki/apiserver.key"].mode == 0o600
    assert items["usr/local/sbin/kube-apiserver"].mode == 0o755
    wanted = items["etc/systemd/system/multi-user.target.wants/kube-apiserver.service"]
    assert wanted.linkname == "/etc/systemd/system/kube-apiserver.service"
    assert all((item.uid, item.gid) == (0, 0) for item in items.values())


def test_other_hosts_have_only_what_they_need(small_lab: Lab, state: Path) -> None:
    assert not [name for name in packed(small_lab, "haproxy-1", state) if "kube" in name]
    client = packed(small_lab, "client-1", state)
    assert client["usr/local/bin/vip-probe"].mode == client["usr/local/bin/vip-hold"].mode == 0o755
    assert not [name for name in client if name.endswith("apiserver.key")]


def test_luggage_of_an_edge_node(small_lab: Lab, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = replace(small_lab, hosts=(Host("edge-1", ("10.77.0.31/24",), ("edge",)), *small_lab.hosts))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match="traefik is not on the PATH"):
        packed(lab, "edge-1", state)
    (tmp_path / "traefik").touch(mode=0o755)
    items = packed(lab, "edge-1", state)
    assert items["usr/local/bin/traefik"].mode == items["usr/local/bin/whoami"].mode == 0o755
    units = {"traefik.service", "whoami.service"}
    assert {Path(name).name for name in items if "multi-user.target.wants" in name} == units
    assert all(f"etc/systemd/system/{unit}" in items for unit in units)


def test_hosts_know_each_other_by_name(small_lab: Lab) -> None:
    assert "10.77.0.21 kube-1\nfd00:77::21 kube-1\n" in luggage.hosts_file(small_lab)
