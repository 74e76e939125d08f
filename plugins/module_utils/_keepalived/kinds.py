# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of values that keepalived's configuration knows beside plain numbers and words.

What keepalived cannot take is refused here: a ``#`` or ``!`` starts a comment, a brace opens or closes a block, a ``$``
names a parameter, a quote groups words, and nothing is escaped in a plain word (lib/parser.c).
"""

from __future__ import annotations

import re
from typing import Any, Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.document import INCLUDES
from ansible_collections.k8s_edge.ha.plugins.module_utils._values import Kind, word_complaint

#: Characters that no bare word may have.
STRUCTURE = "#!{}\"'$;\\"
_MOST_CHARACTERS = 500
_REMEDY = "Use letters, digits and . _ - / : only."


def _text(complain: Callable[[str], Any], normal: Callable[[str], Any] = str) -> Kind:
    return Kind({"type": "str"}, complain, str, normal)


def plain_complaint(value: str, longest: int = _MOST_CHARACTERS) -> tuple[str, str] | None:
    """Why a text cannot stand as one word of a keepalived line, or None."""
    complaint = word_complaint(value, STRUCTURE, longest)
    if complaint is None and (value[0] in "@~" or value in INCLUDES):
        return "begins like a conditional, generated or include line", _REMEDY
    return complaint


def plain(longest: int = _MOST_CHARACTERS) -> Kind:
    """One bare word."""
    return _text(lambda value: plain_complaint(value, longest))


def interface() -> Kind:
    """The name of a network interface: at most 15 characters, no slash, no colon (the kernel's dev_valid_name)."""

    def complain(value: str) -> tuple[str, str] | None:
        complaint = plain_complaint(value)
        if complaint is None and (len(value) > 15 or "/" in value or ":" in value or value in (".", "..")):
            return "is no interface name", "Name an interface as `ip link` shows it: at most 15 characters, no / or :."
        return complaint

    return _text(complain)


def path() -> Kind:
    """An absolute path of a file."""

    def complain(value: str) -> tuple[str, str] | None:
        complaint = plain_complaint(value)
        if complaint is None and not value.startswith("/"):
            return "is not an absolute path", "Give the whole path, beginning with a slash."
        return complaint

    return _text(complain)


def address(prefix: str = "never") -> Kind:
    """An IPv4 or IPv6 address. ``prefix``: ``never``, ``optional``, or ``always`` (keepalived would take /32 or /128).

    The normal form is the kernel's spelling, with the prefix length where one may stand.
    """

    def complain(value: str) -> tuple[str, str] | None:
        found = parse_address(value)
        if found is None or (prefix == "never" and found.prefix is not None):
            wanted = "10.0.0.1 or fd00::1" if prefix == "never" else "10.0.0.1/24 or fd00::1/64"
            return "is not an IP address as keepalived reads one", "Give an address like {0}.".format(wanted)
        if prefix == "always" and found.prefix is None:
            remedy = "Say which: {0}/24, or {0}/32 if that is meant." if found.family == 4 else "Say which: {0}/64."
            return "has no prefix length, and keepalived would silently take a host's own", remedy.format(found.host)
        return None

    def normal(text: str) -> str:
        found = parse_address(text)
        if found is None:
            return text
        return found.host if prefix == "never" else "{0}/{1}".format(found.host, found.full_prefix)

    return _text(complain, normal)


def upper(*words: str) -> Kind:
    """One of some words that keepalived reads in any case and we write in capitals."""

    def complain(value: str) -> tuple[str, str] | None:
        return (
            None if value in words else ("is not one of the words keepalived knows", "Use one of: " + ", ".join(words))
        )

    return Kind({"type": "str", "choices": list(words)}, complain, str, lambda text: text.upper())


def sentence(pattern: str, example: str) -> Kind:
    """Several words on one line that must match a pattern as a whole."""

    def complain(value: str) -> tuple[str, str] | None:
        complaint = word_complaint(value.replace(" ", "_"), STRUCTURE, _MOST_CHARACTERS)
        if complaint is None and not re.fullmatch(pattern, value):
            return "is not what keepalived reads here", "Write it like: {0}.".format(example)
        return complaint

    return _text(complain, lambda text: " ".join(text.split()))


def password() -> Kind:
    """auth_pass: keepalived cuts it after 8 characters, so longer ones are refused."""

    def complain(value: str) -> tuple[str, str] | None:
        complaint = plain_complaint(value)
        if complaint is None and len(value) > 8:
            return "is longer than 8 characters, and keepalived would silently cut it", "Give at most 8 characters."
        return complaint

    return Kind({"type": "str", "no_log": True}, complain, str, str)


def hmac_key() -> Kind:
    """A key of auth_hmac: 32 to 64 bytes as text, the same as ``hex:`` digits, or ``file:`` and a path."""

    def complain(value: str) -> tuple[str, str] | None:
        complaint = plain_complaint(value)
        if complaint is not None:
            return complaint
        form, _colon, rest = value.partition(":")
        if form == "file":
            return None if rest.startswith("/") else ("is not an absolute path", "Write file: and the whole path.")
        if form == "hex":
            good = re.fullmatch(r"(?:[0-9A-Fa-f]{2}){32,64}", rest)
            return (
                None if good else ("is not 32 to 64 bytes in hexadecimal digits", "Write 64 to 128 digits after hex:.")
            )
        good_length = 32 <= len(value) <= 64
        return None if good_length else ("is not 32 to 64 characters long", "Give a longer one, or hex: or file:.")

    return Kind({"type": "str", "no_log": True}, complain, str, str)


def weight(limit: int) -> Kind:
    """A weight, alone or followed by ``reverse``. 254 is refused where keepalived would make it 253."""
    kind = sentence(r"[+-]?[0-9]{1,3}(?: reverse)?", "-20")

    def complain(value: str) -> tuple[str, str] | None:
        complaint = kind.complain(value)
        if complaint is None and abs(int(value.split(" ")[0])) > limit:
            return "is not between -{0} and {0}".format(limit), "Give a weight from -{0} to {0}.".format(limit)
        return complaint

    def normal(text: str) -> str:
        number, _space, rest = " ".join(text.split()).partition(" ")
        return "{0} {1}".format(int(number), rest).strip() if re.fullmatch("[+-]?[0-9]+", number) else text

    return _text(complain, normal)


def noting(kind: Kind, note: str) -> Kind:
    """The same kind, whose complaints tell what keepalived would do."""

    def complain(value: Any) -> tuple[str, str] | None:
        complaint = kind.complain(value)
        return None if complaint is None else ("{0} ({1})".format(complaint[0], note), complaint[1])

    return kind._replace(complain=complain)
