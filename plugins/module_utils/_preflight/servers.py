# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates that servers present to a client on this host. Read only."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight.certificate import parse

_AT_ONCE = 16


def certificates(servers: Sequence[Mapping[str, Any]], ca: str | None, seconds: float) -> list[dict[str, Any]]:
    """An entry for each server. ``problem``: why there is no certificate; ``distrust``: why the CA does not verify it
    (not signed by it, or not valid now)."""
    with ThreadPoolExecutor(min(_AT_ONCE, len(servers)) or 1) as pool:
        return list(pool.map(lambda each: _certificate(each, ca, seconds), servers))


def _certificate(server: Mapping[str, Any], ca: str | None, seconds: float) -> dict[str, Any]:
    where = (server["address"], server["port"])
    result: dict[str, Any] = {**server, "problem": "", "distrust": ""}
    try:
        try:
            der = _shown(where, ca, seconds)
        except ssl.SSLCertVerificationError as error:
            result["distrust"] = error.verify_message
            der = _shown(where, None, seconds)
        shown = parse(der)
    except ssl.SSLError as error:
        return {**result, "problem": f"does not speak TLS ({error.reason or error})"}
    except (OSError, ValueError) as error:
        return {**result, "problem": f"does not answer ({getattr(error, 'strerror', None) or error})"}
    return {**result, **shown._asdict(), "names": list(shown.names), "addresses": list(shown.addresses)}


def _shown(where: tuple[str, int], ca: str | None, seconds: float) -> bytes:
    """The certificate in DER. Raises SSLCertVerificationError where ``ca`` does not verify it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED if ca else ssl.CERT_NONE
    if ca:
        context.load_verify_locations(cadata=ca)
    with socket.create_connection(where, timeout=seconds) as plain, context.wrap_socket(plain) as secured:
        return secured.getpeercert(True) or b""
