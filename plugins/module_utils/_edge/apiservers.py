# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether apiservers present certificates signed by the given CA. HAProxy itself would only report C(Layer6 invalid
response).

As HAProxy's check does, this verifies the chain and the dates, and not the names in a certificate.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import bracketed
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host.look import Look
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight.servers import certificates

OPTION = "k8s_edge_kube_ca_file"
#: Path of the cluster's CA on a kubeadm control plane host.
USUAL = "/etc/kubernetes/pki/ca.crt"

#: Timeout in seconds: a server on the same network answers within milliseconds.
_TIME_LIMIT = 3.0
_OF_THE_CLOCK = ("expired", "not yet valid")
_SHORT = {"commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU"}


def look(servers: Sequence[Mapping[str, Any]]) -> Look:
    """A warning for servers that HAProxy would not trust. Raises EdgeError where it would trust no server of a backend.

    Each entry has ``backend``, ``address``, ``port`` and ``ca`` (PEM). A server that does not answer, or does not speak
    TLS, is left to HAProxy's own check.
    """
    answers: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []
    for ca in dict.fromkeys(each["ca"] for each in servers):
        alike = [each for each in servers if each["ca"] == ca]
        places = [{"address": each["address"], "port": each["port"]} for each in alike]
        answers += zip(alike, certificates(places, ca, _TIME_LIMIT))
    refused: list[str] = []
    warnings: list[str] = []
    for backend in dict.fromkeys(each["backend"] for each in servers):
        answered = [(each, answer) for each, answer in answers if not answer["problem"] and each["backend"] == backend]
        trusted = any(not answer["distrust"] for _each, answer in answered)
        for sentence in _sentences([(each, answer) for each, answer in answered if answer["distrust"]]):
            (warnings if trusted else refused).append(f"{backend}: {sentence}")
    if refused:
        raise EdgeError("\n".join(refused))
    return Look(warnings=warnings)


def distrusted(servers: Sequence[str], issuer: str, trusted: Sequence[str], reason: str) -> str:
    """The message about ``servers`` with a certificate of ``issuer``, where the given CAs are ``trusted``."""
    those, show = " and ".join(servers), "shows" if len(servers) == 1 else "show"
    if any(each in reason for each in _OF_THE_CLOCK):
        return (
            f"{those} {show} a certificate that HAProxy rejects: {reason}. Renew it (kubeadm certs renew "
            "apiserver, and restart the apiserver), or set the clock of this host."
        )
    signed = f"{show} a certificate that {issuer} has signed" if issuer else f"{show} a certificate from another CA"
    known = " and ".join(trusted) or "no CA"
    return (
        f"{those} {signed}, which cannot be verified by {OPTION} ({known}){f': {reason}' if reason else ''}. Name the "
        f"file of the CA that signed the apiservers' certificates ({USUAL} of a control plane host). CAs of different "
        "clusters often have the same name."
    )


def trusting(text: str) -> ssl.SSLContext:
    """A client context that trusts the CAs of a PEM text. Raises ssl.SSLError or ValueError where the text is not
    valid."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=text)
    return context


def ca_names(text: str) -> list[str]:
    """The subjects of the CA certificates in a PEM text, as ``CN=kubernetes``; empty where it has none."""
    try:
        return [name_of(each["subject"]) for each in trusting(text).get_ca_certs()]
    except (ssl.SSLError, ValueError):
        return []


def name_of(name: Any) -> str:
    """An X.509 name, as Python represents it, in one line."""
    return ", ".join(f"{_SHORT.get(key, key)}={value}" for part in name for key, value in part)


def _sentences(found: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Iterator[str]:
    """One sentence for all servers that are not trusted for the same reason."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for each, answer in found:
        why = (f"CN={answer['issuer']}" if answer["issuer"] else "", answer["distrust"], each["ca"])
        alike.setdefault(why, []).append(f"{bracketed(each['address'])}:{each['port']}")
    for (issuer, reason, ca), servers in alike.items():
        yield distrusted(servers, issuer, ca_names(ca), reason)
