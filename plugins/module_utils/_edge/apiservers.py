# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether apiservers show certificates that the given CA has signed: HAProxy would say C(Layer6 invalid response) only.

HAProxy's check looks at the chain and at the dates, and not at the names in a certificate; so does this.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import bracketed
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.look import Look
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError

OPTION = "k8s_edge_kube_ca_file"
#: Where a control plane host of kubeadm has it.
USUAL = "/etc/kubernetes/pki/ca.crt"

#: One on the same network answers within milliseconds.
_TIME_LIMIT = 3.0
_AT_ONCE = 16
#: X509_V_FLAG_PARTIAL_CHAIN, which Python names since 3.10: a certificate may be trusted by itself.
_PARTIAL_CHAIN = 0x80000
_OF_THE_CLOCK = ("expired", "not yet valid")
_SHORT = {"commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU"}


class Distrust(NamedTuple):
    """Why a server is not trusted: who has signed its certificate, empty where that cannot be read, and what OpenSSL
    says."""

    issuer: str
    reason: str


def look(servers: Sequence[Mapping[str, Any]]) -> Look:
    """A warning for servers that HAProxy would not trust; EdgeError where it would trust none of a backend.

    Each entry has the ``backend``, ``address``, ``port`` and ``ca`` (PEM). Who does not answer, or speaks no TLS, is
    HAProxy's own check to tell.
    """
    with ThreadPoolExecutor(min(_AT_ONCE, len(servers)) or 1) as pool:
        answers = list(pool.map(_ask, servers))
    refused: list[str] = []
    warnings: list[str] = []
    for backend in dict.fromkeys(each["backend"] for each in servers):
        heard = [(each, said) for each, said in zip(servers, answers) if said and each["backend"] == backend]
        trusted = any(not isinstance(said, Distrust) for _each, said in heard)
        for sentence in _sentences([(each, said) for each, said in heard if isinstance(said, Distrust)]):
            (warnings if trusted else refused).append(f"{backend}: {sentence}")
    if refused:
        raise EdgeError("\n".join(refused))
    return Look(warnings=warnings)


def distrusted(servers: Sequence[str], issuer: str, trusted: Sequence[str], reason: str) -> str:
    """The sentence about ``servers`` with a certificate of ``issuer``, where the CAs ``trusted`` are given."""
    those, show = " and ".join(servers), "shows" if len(servers) == 1 else "show"
    if any(each in reason for each in _OF_THE_CLOCK):
        return (
            f"{those} {show} a certificate that HAProxy will not take: {reason}. Renew it (kubeadm certs renew "
            "apiserver, and restart the apiserver), or set the clock of this host."
        )
    signed = f"{show} a certificate that {issuer} has signed" if issuer else f"{show} a certificate of somebody else"
    known = " and ".join(trusted) or "no CA"
    return (
        f"{those} {signed}, which cannot be verified by {OPTION} ({known}){f': {reason}' if reason else ''}. Name the "
        f"file of the CA that signed the apiservers' certificates ({USUAL} of a control plane host). CAs of different "
        "clusters often have the same name."
    )


def trusting(text: str) -> ssl.SSLContext:
    """A client that trusts the CAs of a text in PEM; ssl.SSLError or ValueError where they cannot be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=text)
    return context


def ca_names(text: str) -> list[str]:
    """The subjects of the CA certificates in a text in PEM, as ``CN=kubernetes``; none where it has none."""
    try:
        return [name_of(each["subject"]) for each in trusting(text).get_ca_certs()]
    except (ssl.SSLError, ValueError):
        return []


def name_of(name: Any) -> str:
    """An X.509 name as Python gives it, in one line."""
    return ", ".join(f"{_SHORT.get(key, key)}={value}" for part in name for key, value in part)


def _sentences(found: Sequence[tuple[Mapping[str, Any], Distrust]]) -> Iterator[str]:
    """One for all servers that are not trusted for the same reason."""
    alike: dict[tuple[Distrust, str], list[str]] = {}
    for each, said in found:
        alike.setdefault((said, each["ca"]), []).append(f"{bracketed(each['address'])}:{each['port']}")
    for (said, ca), servers in alike.items():
        yield distrusted(servers, said.issuer, ca_names(ca), said.reason)


def _ask(server: Mapping[str, Any]) -> Distrust | bool:
    """True for one that is trusted, False for one that cannot be asked."""
    try:
        _certificate(server, trusting(server["ca"]))
    except ssl.SSLCertVerificationError as error:
        return Distrust(_issuer(server), str(error.verify_message))
    except (OSError, ValueError):
        return False
    return True


def _issuer(server: Mapping[str, Any]) -> str:
    """Python takes apart only a certificate that it trusts, so it is trusted by itself."""
    try:
        anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        shown = _certificate(server, anybody, binary=True)
        itself = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        itself.check_hostname = False
        itself.verify_flags |= _PARTIAL_CHAIN
        itself.load_verify_locations(cadata=shown)
        return name_of((_certificate(server, itself) or {}).get("issuer", ()))
    except (OSError, ValueError):
        return ""


def _certificate(server: Mapping[str, Any], context: ssl.SSLContext, binary: bool = False) -> Any:
    place = (server["address"], server["port"])
    with socket.create_connection(place, timeout=_TIME_LIMIT) as connection, context.wrap_socket(connection) as secured:
        return secured.getpeercert(binary)
