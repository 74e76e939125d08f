# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's certificate authority, and the apiservers' certificates that it signs."""

from __future__ import annotations

import os
from pathlib import Path

from lab.command import run
from lab.declaration import KUBE_GROUP, Host, Lab

CA = "ca.crt"
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "365")


def issue(lab: Lab, state: Path) -> None:
    """Create ca.crt, and NAME.crt with NAME.key for every apiserver, in ``state``. Existing files are kept."""
    if not (state / CA).exists():
        _openssl(state, "ca", "-subj", f"/CN={lab.instance} lab CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    for host in lab.members(KUBE_GROUP):
        if not (state / f"{host.name}.crt").exists():
            signed = ("-CA", str(state / CA), "-CAkey", str(state / "ca.key"))
            names = ("-addext", f"subjectAltName={alternative_names(lab, host)}")
            leaf = ("-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=serverAuth")
            _openssl(state, host.name, "-subj", f"/CN={host.name}", *names, *leaf, *signed)


def alternative_names(lab: Lab, host: Host) -> str:
    """openssl's subjectAltName for an apiserver: its own addresses, and the VIPs that lead to it."""
    addresses = [address.partition("/")[0] for address in host.addresses]
    names = [host.name, "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    addresses += [*lab.served, *lab.spare]
    return ",".join([f"DNS:{name}" for name in names] + [f"IP:{address}" for address in addresses])


def _openssl(state: Path, name: str, *options: str) -> None:
    key, certificate = state / f"{name}.key", state / f"{name}.crt"
    run("openssl", "req", "-x509", *_KEY, "-keyout", str(key), "-out", f"{certificate}.new", *options)
    os.replace(f"{certificate}.new", certificate)
