# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a value is not valid for a kind: (reason, remedy), or None where it is.

Values that keepalived cannot represent are refused here: a ``#`` or ``!`` starts a comment, a brace opens or closes a
block, a ``$`` names a parameter, a quote groups words, and plain words have no escapes (lib/parser.c). Loaded only when
a value is checked.
"""

from __future__ import annotations

import re
from typing import Optional

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import word_problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import INCLUDES

Fault = Optional[tuple[str, str]]

#: Characters that no unquoted word may have.
_STRUCTURE = "#!{}\"'$;\\"
_MOST_CHARACTERS = 500
_REMEDY = "Use letters, digits and . _ - / : only."


def plain(value: str, longest: int = _MOST_CHARACTERS) -> Fault:
    """One word of a keepalived line."""
    problem = word_problem(value, _STRUCTURE, longest)
    if problem is None and (value[0] in "@~" or value in INCLUDES):
        return "begins like a conditional, generated or include line", _REMEDY
    return problem


def interface(value: str) -> Fault:
    """The name of a network interface (the kernel's dev_valid_name)."""
    problem = plain(value)
    if problem is None and (len(value) > 15 or "/" in value or ":" in value or value in (".", "..")):
        return "is not an interface name", "Name an interface as `ip link` shows it: at most 15 characters, no / or :."
    return problem


def path(value: str) -> Fault:
    """An absolute path of a file."""
    problem = plain(value)
    if problem is None and not value.startswith("/"):
        return "is not an absolute path", "Give the absolute path."
    return problem


def address(value: str, prefix: str) -> Fault:
    """An address; ``prefix`` as in ``kinds.address``."""
    found = parse_address(value)
    if found is None or (prefix == "never" and found.prefix is not None):
        example = "10.0.0.1 or fd00::1" if prefix == "never" else "10.0.0.1/24 or fd00::1/64"
        return "is not an IP address as keepalived reads one", "Give an address like {0}.".format(example)
    if prefix == "always" and found.prefix is None:
        remedy = "Say which: {0}/24, or {0}/32 if that is meant." if found.family == 4 else "Say which: {0}/64."
        return "has no prefix length, and keepalived would silently take a host's own", remedy.format(found.host)
    return None


def upper(value: str, words: tuple[str, ...]) -> Fault:
    """One of some words in capital letters."""
    if value in words:
        return None
    return "is not one of the words keepalived knows", "Use one of: " + ", ".join(words)


def sentence(value: str, pattern: str, example: str) -> Fault:
    """Several words on one line that must match a pattern as a whole."""
    problem = word_problem(value.replace(" ", "_"), _STRUCTURE, _MOST_CHARACTERS)
    if problem is None and not re.fullmatch(pattern, value):
        return "is not what keepalived reads here", "Write it like: {0}.".format(example)
    return problem


def password(value: str) -> Fault:
    """auth_pass: keepalived truncates it after 8 characters, so longer ones are refused."""
    problem = plain(value)
    if problem is None and len(value) > 8:
        return "is longer than 8 characters, and keepalived would silently cut it", "Give at most 8 characters."
    return problem


def hmac_key(value: str) -> Fault:
    """A key of auth_hmac: 32 to 64 bytes as text, the same as ``hex:`` digits, or ``file:`` and a path."""
    problem = plain(value)
    if problem is not None:
        return problem
    form, _colon, rest = value.partition(":")
    if form == "file":
        return None if rest.startswith("/") else ("is not an absolute path", "Write file: and the whole path.")
    if form == "hex":
        good = re.fullmatch(r"(?:[0-9A-Fa-f]{2}){32,64}", rest)
        return None if good else ("is not 32 to 64 bytes in hexadecimal digits", "Write 64 to 128 digits after hex:.")
    good_length = 32 <= len(value) <= 64
    return None if good_length else ("is not 32 to 64 characters long", "Give a longer one, or hex: or file:.")


def weight(value: str, limit: int) -> Fault:
    """A weight from -limit to limit, alone or followed by ``reverse``."""
    problem = sentence(value, r"[+-]?[0-9]{1,3}(?: reverse)?", "-20")
    if problem is None and abs(int(value.split(" ")[0])) > limit:
        return "is not between -{0} and {0}".format(limit), "Give a weight from -{0} to {0}.".format(limit)
    return problem


def pattern(value: str) -> Fault:
    """A regular expression in double quotes: escapes that keepalived would resolve are refused."""
    if re.search(r"\$[{A-Za-z_]", value):
        return "names a parameter of keepalived's", "Put the $ at the end, or use [$]."
    return plain("".join("_" if one in " {}'$#!;" else one for one in value))
