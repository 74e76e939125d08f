# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks beyond a value's type: ports, names of interfaces and of Kubernetes objects. Pure.

Names are checked by Kubernetes' apimachinery rules (pkg/util/validation), interface names by Linux'
(dev_valid_name)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
DNS_LABEL = re.compile(_LABEL)
DNS_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
SERVICE_NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
PORT_NAME = re.compile(r"(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")
LABEL_KEY = re.compile(r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
_INTERFACE = re.compile(r"(?!\.{1,2}$)[^\s/:]{1,15}")


def number(path: str, value: int, low: int, high: int, what: str = "a number") -> Iterator[Problem]:
    """Check a number from ``low`` to ``high``, inclusive."""
    if not low <= value <= high:
        yield Problem(path, value, f"is not {what}", f"Give a number from {low} to {high}.")


def port(path: str, value: int) -> Iterator[Problem]:
    """Check a TCP port."""
    yield from number(path, value, 1, 65535, "a port")


def interface(path: str, value: str) -> Iterator[Problem]:
    """Check the name of an interface; empty is allowed."""
    if value and not _INTERFACE.fullmatch(value):
        remedy = "Use up to 15 characters without space, '/' and ':', for example eth0."
        yield Problem(path, value, "is not the name of an interface", remedy)


def dns_label(path: str, value: str, what: str = "a namespace") -> Iterator[Problem]:
    """Check a DNS label, such as the name of a namespace."""
    if not DNS_LABEL.fullmatch(value):
        remedy = "Use up to 63 small letters, digits and '-', beginning and ending with a letter or digit."
        yield Problem(path, value, f"cannot name {what}", remedy)


def dns_name(path: str, value: str, what: str = "an object") -> Iterator[Problem]:
    """Check a DNS subdomain: the name of an object, which may contain dots."""
    if not DNS_NAME.fullmatch(value):
        remedy = "Use small letters, digits, '-' and '.', beginning and ending with a letter or digit."
        yield Problem(path, value, f"cannot name {what}", remedy)


def host(path: str, value: object) -> Iterator[Problem]:
    """Check the host of an Ingress: a DNS name whose first label may be ``*``; IP addresses are refused."""
    try:
        ip_address(str(value))
    except ValueError:
        if not DNS_NAME.fullmatch(re.sub(r"^\*\.", "", str(value))):
            remedy = "Write a name in small letters without scheme and port, as www.example.org or *.example.org."
            yield Problem(path, value, "cannot be a host", remedy)
        return
    yield Problem(
        path, value, "is an IP address, and the API accepts names only", "Write a name, or none for any host."
    )


def labels(path: str, value: Mapping[str, object]) -> Iterator[Problem]:
    """Check labels and their values; a value may be None."""
    for key, desired in value.items():
        if not isinstance(key, str) or not LABEL_KEY.fullmatch(key):
            remedy = "Use letters, digits, '-', '_' and '.', with a DNS name and '/' before them at most."
            yield Problem(path, key, "cannot be a label", remedy)
        if desired is not None and not (isinstance(desired, (str, int)) and LABEL_VALUE.fullmatch(str(desired))):
            remedy = "Use up to 63 letters, digits, '-', '_' and '.', beginning and ending with a letter or digit."
            yield Problem(f"{path}[{key}]", desired, "cannot be a label's value", remedy)


def unicast(path: str, value: str) -> Iterator[Problem]:
    """Check a unicast address that clients can reach."""
    try:
        address = ip_address(value)
    except ValueError:
        yield Problem(path, value, "is not an address", "Write it without a prefix; subnet says the prefix.")
        return
    if address.is_multicast or address.is_loopback or address.is_unspecified or address.is_link_local:
        yield Problem(path, value, "is not an address that clients can reach a host at", "Use a free unicast address.")
