# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names and the validity period of a certificate. Pure.

Python's standard library returns these only for certificates that it has verified; others are reported here too.
"""

from __future__ import annotations

import calendar
import socket
import time
from collections.abc import Iterator
from typing import NamedTuple

_OID, _EXTENSIONS, _VERSION = 0x06, 0xA3, 0xA0
_UTC_TIME = 0x17
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87
_COMMON_NAME = bytes.fromhex("550403")
_ALTERNATIVE_NAMES = bytes.fromhex("551d11")


class Certificate(NamedTuple):
    """``names`` and ``addresses`` of the subject (subjectAltName), common names of ``subject`` and ``issuer``; times in
    seconds since 1970."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    not_before: int
    not_after: int


def parse(der: bytes) -> Certificate:
    """A certificate in DER. Raises ValueError for anything else."""
    try:
        (_tag, whole), *_rest = _parts(der)
        body = [part for part in _parts(next(_parts(whole))[1]) if part[0] != _VERSION]
        _serial, _algorithm, issuer, validity, subject = body[:5]
        begin, end = (_seconds(*each) for each in _parts(validity[1]))
        names: tuple[str, ...] = ()
        addresses: tuple[str, ...] = ()
        for tag, value in body[5:]:
            if tag == _EXTENSIONS:
                names, addresses = _alternative_names(value)
        return Certificate(_common_name(subject[1]), _common_name(issuer[1]), names, addresses, begin, end)
    except (IndexError, StopIteration, ValueError) as error:
        raise ValueError("this is not a certificate") from error


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The consecutive values in DER data, each with its tag."""
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at : at + size], "big"), at + size
        if at + length > len(data):
            raise ValueError("cut off")
        yield tag, data[at : at + length]
        at += length


def _seconds(tag: int, value: bytes) -> int:
    text = value.decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return calendar.timegm(time.strptime(text[:14], "%Y%m%d%H%M%S"))


def _common_name(name: bytes) -> str:
    for _tag, several in _parts(name):
        for _kind, one in _parts(several):
            (_oid, identifier), (_string, value) = list(_parts(one))[:2]
            if identifier == _COMMON_NAME:
                return value.decode("utf-8", "replace")
    return ""


def _alternative_names(wrapped: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names, addresses = [], []
    for _sequence, extension in _parts(next(_parts(wrapped))[1]):
        parts = list(_parts(extension))
        if parts[0] != (_OID, _ALTERNATIVE_NAMES):
            continue
        # The last part, after "critical" if present, is an octet string around the list.
        for tag, value in _parts(next(_parts(parts[-1][1]))[1]):
            if tag == _DNS_NAME:
                names.append(value.decode("ascii", "replace"))
            elif tag == _IP_ADDRESS and len(value) in (4, 16):
                addresses.append(socket.inet_ntop(socket.AF_INET if len(value) == 4 else socket.AF_INET6, value))
    return tuple(names), tuple(addresses)
