# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How HAProxy writes an address and its port in one word (manual, section 11.1)."""

from __future__ import annotations

import re

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address

_PREFIXED = r"(?:[a-z0-9]+\+)?([a-z]+)([46]?)@(.+)"


def prefixed(address: str) -> re.Match[str] | None:
    """``ipv4@host``, ``unix@/path`` as a match: the family's name, its number, and the rest."""
    return re.fullmatch(_PREFIXED, address) if "@" in address else None


def takes_port(address: str) -> bool:
    """Whether an address has a separate port. Unix sockets and inherited descriptors have none; in a list with commas
    each address has its own."""
    if "," in address:
        return False
    match = prefixed(address)
    return not address.startswith("/") and (match is None or match.group(1) not in ("unix", "abns", "fd", "sockpair"))


def join_address(address: str, port: int | str | None) -> str:
    """Address and port, if any, as HAProxy wants them in one word, IPv6 in brackets."""
    prefix, at, host = address.rpartition("@")
    if takes_port(address) and ":" in host and not host.startswith("["):
        host = f"[{host}]"
    return prefix + at + host if port in (None, "") else f"{prefix}{at}{host}:{port}"


def normal_address(address: str) -> str:
    """An address without port in the form in which ``split_address`` gives it."""
    return split_address(join_address(address, None))[0]


def split_address(text: str) -> tuple[str, str]:
    """An address word as (address, port), the address in a normal form for comparison. As in HAProxy, the port is what
    follows the last colon, even in IPv6 without brackets."""
    if "," in text:
        return ",".join(join_address(*split_address(part)) for part in text.split(",")), ""
    if not takes_port(text):
        return text, ""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port:
        host, port = text, ""
    prefix, at, host = host.rpartition("@")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if host in ("", "*", "0.0.0.0"):  # noqa: S104
        return prefix + at + "*", port
    address = parse_address(host) if ":" in host else None
    return prefix + at + (host if address is None else address.host), port
