# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses and prefixes: one parser and one normal form for all planes."""

from __future__ import annotations

import socket
from typing import NamedTuple

_FAMILIES = ((4, socket.AF_INET, 32), (6, socket.AF_INET6, 128))


class Address(NamedTuple):
    """``host`` in the kernel's spelling, ``family`` 4 or 6, ``prefix`` length or None where none was written."""

    host: str
    family: int
    prefix: int | None = None

    def __str__(self) -> str:
        return self.host if self.prefix is None else f"{self.host}/{self.prefix}"

    @property
    def full_prefix(self) -> int:
        """The prefix length. Where none was written, 32 or 128 (a single host), as keepalived assumes."""
        return self.prefix if self.prefix is not None else (32 if self.family == 4 else 128)


def parse_address(text: str) -> Address | None:
    """``10.0.0.1``, ``10.0.0.1/24``, ``fd00::1``, ``fd00::1/64`` as an Address; None for anything else.

    Parsed as inet_pton does: no leading zeros, no short forms, no scope.
    """
    host, slash, length = text.partition("/")
    for family, number, longest in _FAMILIES:
        try:
            spelled = socket.inet_ntop(number, socket.inet_pton(number, host))
        except (OSError, ValueError):
            continue
        if not slash:
            return Address(spelled, family)
        if length.isascii() and length.isdigit() and int(length) <= longest:
            return Address(spelled, family, int(length))
        return None
    return None


def is_ipv4(text: str) -> bool:
    """Whether a text is an IPv4 address without a prefix. Called thousands of times, so it must be fast."""
    try:
        socket.inet_pton(socket.AF_INET, text)
    except (OSError, ValueError):
        return False
    return True


def packed(address: Address) -> bytes:
    """The address in network order: 4 or 16 bytes."""
    return socket.inet_pton(socket.AF_INET if address.family == 4 else socket.AF_INET6, address.host)


def bracketed(host: str) -> str:
    """A host as it is written before ``:port``: IPv6 in brackets."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
