# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CA that the apiservers are verified by, judged before it is brought to any host."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterator
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem

OPTION = "k8s_edge_kube_ca_file"
#: Where a control plane host of kubeadm has it.
USUAL = "/etc/kubernetes/pki/ca.crt"


def ca_problems(text: str, path: str, now: float | None = None) -> list[Problem]:
    """What keeps a file from being that CA. ``text`` is empty where the file could not be read."""
    found = _faults(text, time.time() if now is None else now)
    return [Problem(OPTION, path, reason, remedy) for reason, remedy in found]


def ca_names(text: str) -> list[str]:
    """The subjects of the CA certificates in a text in PEM, as ``CN=kubernetes``; none where it has none."""
    try:
        return [_name(each["subject"]) for each in _trusted(text).get_ca_certs()]
    except (ssl.SSLError, ValueError):
        return []


def distrust(text: str, server: str, openssl: str) -> str:
    """Why a server is not trusted by the CA in ``text``; ``openssl`` is what ``openssl s_client`` said of it, empty
    where it could not be asked."""
    issuer = _said(r"^issuer=(.*)$", openssl).replace(" = ", "=")
    error = _said(r"^Verification error: (.*)$", openssl) or _said(r"^Verify return code: [1-9]\d* \((.*)\)", openssl)
    shown = f"shows a certificate that {issuer} has signed" if issuer else "shows a certificate of somebody else"
    trusted = " and ".join(ca_names(text)) or "no CA"
    return (
        f"{server} {shown}, which cannot be verified by {OPTION} ({trusted}){f': {error}' if error else ''}. Name the "
        f"file of the CA that signed the apiservers' certificates ({USUAL} of a control plane host). CAs of different "
        "clusters often have the same name."
    )


def _said(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1).strip() if found else ""


def _faults(text: str, now: float) -> Iterator[tuple[str, str]]:
    if not text.strip():
        remedy = (
            "Name the file of the CA that signed the apiservers' certificates "
            f"({USUAL} of a control plane host), as the controller has it"
        )
        yield "does not exist on the controller, or is empty", remedy
    elif "PRIVATE KEY-----" in text:
        yield (
            "holds a private key, which no load balancer may have",
            "Name the file with the certificate alone (ca.crt)",
        )
    elif "-----BEGIN CERTIFICATE-----" not in text:
        yield "holds no certificate in PEM (BEGIN CERTIFICATE)", f"Name the file of the CA ({USUAL})"
    else:
        try:
            trusted = _trusted(text)
        except (ssl.SSLError, ValueError) as error:
            reason = f"holds a certificate that cannot be read ({error})"
            yield reason, f"Copy it again ({USUAL} of a control plane host)"
            return
        if not trusted.cert_store_stats()["x509_ca"]:
            yield (
                "holds a certificate that is no CA's, so nothing can be verified by it",
                f"Name the file of the CA that signed the apiservers' certificates ({USUAL})",
            )
        for certificate in trusted.get_ca_certs():
            if ssl.cert_time_to_seconds(str(certificate["notAfter"])) < now:
                yield (
                    f"holds the CA {_name(certificate['subject'])}, which expired on {certificate['notAfter']}",
                    "Name the file of the CA that the apiservers' certificates are signed by now",
                )


def _trusted(text: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=text)
    return context


def _name(subject: Any) -> str:
    """An X.509 name as Python gives it, in one line."""
    short = {"commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU"}
    return ", ".join(f"{short.get(key, key)}={value}" for part in subject for key, value in part)
