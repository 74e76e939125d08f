# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the CA of the apiservers before it is copied to any host."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterator

from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.apiservers import (
    OPTION,
    USUAL,
    ca_names,
    distrusted,
    name_of,
    trusting,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem


def ca_problems(text: str, path: str, now: float | None = None) -> list[Problem]:
    """Problems of the CA file. ``text`` is empty if the file could not be read. ``now``: the time at which it must be
    valid."""
    found = _faults(text, time.time() if now is None else now)
    return [Problem(OPTION, path, reason, remedy) for reason, remedy in found]


def distrust(text: str, server: str, openssl: str) -> str:
    """Why the CA in ``text`` does not verify ``server``; empty if it does. ``openssl``: the output of ``openssl
    s_client``, empty if the server could not be asked."""
    issuer = _found_in(r"^issuer=(.*)$", openssl).replace(" = ", "=")
    error = _found_in(r"^Verification error: (.*)$", openssl)
    error = error or _found_in(r"^Verify return code: [1-9]\d* \((.*)\)", openssl)
    return distrusted([server], issuer, ca_names(text), error)


def _found_in(pattern: str, text: str) -> str:
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
            "contains a private key, which must not be copied to a load balancer",
            "Name the file with the certificate alone (ca.crt)",
        )
    elif "-----BEGIN CERTIFICATE-----" not in text:
        yield "contains no certificate in PEM (BEGIN CERTIFICATE)", f"Name the file of the CA ({USUAL})"
    else:
        try:
            trusted = trusting(text)
        except (ssl.SSLError, ValueError) as error:
            reason = f"contains a certificate that cannot be read ({error})"
            yield reason, f"Copy it again ({USUAL} of a control plane host)"
            return
        if not trusted.cert_store_stats()["x509_ca"]:
            yield (
                "contains a certificate that is not a CA certificate, so nothing can be verified with it",
                f"Name the file of the CA that signed the apiservers' certificates ({USUAL})",
            )
        for certificate in trusted.get_ca_certs():
            if ssl.cert_time_to_seconds(str(certificate["notAfter"])) < now:
                yield (
                    f"contains the CA {name_of(certificate['subject'])}, which expired on {certificate['notAfter']}",
                    "Name the file of the CA that has signed the apiservers' current certificates",
                )
