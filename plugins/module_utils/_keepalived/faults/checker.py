# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived would silently change or drop in the checkers of a real server (check_*.c)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.instance import dicts
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import Block, Document, is_opaque
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.editor import below
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.lvs import CHECKERS

_CHECKERS = {shape.keyword: shape for shape in CHECKERS}
#: The options a checker needs: keepalived drops a checker without them.
_NEEDED = {
    "HTTP_GET": "url",
    "SSL_GET": "url",
    "MISC_CHECK": "misc_path",
    "BFD_CHECK": "name",
    "FILE_CHECK": "track_file",
}
#: Checkers that refer to another block of the file: the option with its name, and the keyword that defines it.
_FOLLOWED = {"BFD_CHECK": ("name", "bfd_instance"), "FILE_CHECK": ("track_file", "track_file")}
_ABOUT_REGEX = ("regex_options", "regex_no_match", "regex_min_offset", "regex_max_offset", "regex_stack")

#: Options of PCRE2, as check_http.c names them.
_REGEX_OPTIONS = (
    "allow_empty_class alt_bsux alt_circumflex alt_verbnames auto_callout caseless dollar_endonly dotall dupnames"
    " extended firstline match_unset_backref multiline never_backslash_c never_ucp never_utf no_auto_capture"
    " no_auto_possess no_dotstar_anchor no_start_optimize ucp ungreedy use_offset_limit utf"
).split()

Names = Mapping[str, "set[str]"]


def checker_faults(server: str, document: Document, block: Block, defined: Names | None) -> Iterator[Problem]:
    """The faults of every checker in a real server's block. ``defined`` are the names that the file defines, by
    keyword; None where not all are known."""
    for checker in document.statements(block):
        shape = _CHECKERS.get(checker.keyword)
        if shape is None or checker.block is None or checker.condition:
            continue
        if any(is_opaque(line) for line in document.statements(checker.block)):
            continue
        where = below(server, checker.keyword)
        [values] = shape.read(document, [checker])
        for option, value, reason, remedy in _faults_of(checker.keyword, values, defined):
            yield Problem(below(where, option), value, reason, remedy)


def _faults_of(keyword: str, values: dict[str, Any], defined: Names | None) -> Iterator[tuple[str, Any, str, str]]:
    needed = _NEEDED.get(keyword)
    if needed is not None and not values.get(needed):
        yield needed, None, "is missing, and keepalived would drop the check", "Give it."
    option, kind = _FOLLOWED.get(keyword, ("", ""))
    if option and defined is not None and values.get(option) and values[option] not in defined.get(kind, ()):
        reason = "is not defined in the file, and keepalived would drop the check"
        yield option, values[option], reason, "Define it too."
    for url in dicts(values.get("url")):
        for option, value, reason, remedy in _url_faults(url):
            yield "url: " + option, value, reason, remedy
    if keyword == "DNS_CHECK" and values.get("name", ".") != ".":
        name = values["name"][:-1] if values["name"].endswith(".") else values["name"]
        if len(name) > 253 or not all(0 < len(label) < 64 for label in name.split(".")):
            yield "name", values["name"], "is not a DNS name: labels have 1 to 63 characters, names 253", "Correct it."
    least, most = values.get("min_reply_length"), values.get("max_reply_length", 255)
    if isinstance(least, int) and isinstance(most, int) and least > most:
        reason = "is above max_reply_length {0} (255 where none is given), so the check always fails".format(most)
        yield "min_reply_length", least, reason, "Lower it."
    ends = [parse_address(str(values.get(one) or "")) for one in ("connect_ip", "bindto")]
    if ends[0] is not None and ends[1] is not None and ends[0].family != ends[1].family:
        reason = "is not of the family of connect_ip, and keepalived would skip one of them"
        yield "bindto", values["bindto"], reason, "Give an IPv{0} address.".format(ends[0].family)


def _url_faults(url: dict[str, Any]) -> Iterator[tuple[str, Any, str, str]]:
    path, regex = url.get("path"), url.get("regex")
    if not path:
        yield "path", None, "is missing, and keepalived would ignore the url", "Give it."
    elif not path.startswith("/"):
        yield (
            "path",
            path,
            "does not begin with a slash, so the request is invalid",
            "Write /{0}.".format(path),
        )
    if regex is None:
        for option in _ABOUT_REGEX:
            if option in url and url[option] is not False:
                yield (
                    option,
                    url[option],
                    "is dropped by keepalived where there is no regex",
                    "Give regex, or leave it out.",
                )
        return
    options = str(url.get("regex_options", "")).split()
    for unknown in (one for one in options if one not in _REGEX_OPTIONS):
        reason = "is not an option of a regular expression, and keepalived would silently ignore it"
        yield "regex_options", unknown, reason, "Use some of: {0}.".format(", ".join(_REGEX_OPTIONS))
    problem = "" if "extended" in options else regex_problem(regex)
    if problem:
        reason = "{0}, so keepalived would check the page without it".format(problem)
        yield "regex", regex, reason, "Correct the expression."
    first, last = url.get("regex_min_offset", 0), url.get("regex_max_offset")
    if isinstance(first, int) and isinstance(last, int) and first > last:
        yield "regex_min_offset", first, "is above regex_max_offset, and keepalived would ignore both", "Lower it."
    stack = str(url.get("regex_stack", "")).split()
    if len(stack) == 2 and int(stack[0]) > int(stack[1]):
        yield "regex_stack", url["regex_stack"], "begins above its end, and keepalived would ignore it", "Swap them."


def regex_problem(pattern: str) -> str:
    """Why a pattern without backslashes is not a valid regular expression (PCRE2); empty where no error is found."""
    bare = re.sub(r"\[\^?\]?(?:\[:\w+:\]|[^\]])*\]", "x", pattern)
    if "[" in bare:
        return "has a [ that is not closed"
    if any(int(low) > int(high) for low, high in re.findall(r"\{(\d+),(\d+)\}", bare)):
        return "has a repetition whose least number is above the most"
    # Every repetition as *, with the ? or + that makes it lazy or possessive; a group may begin with (? or (*VERB).
    bare = re.sub(r"(?<!\()(?:[*+?]|\{\d+(?:,\d*)?\})[?+]?", "*", re.sub(r"\(\*[A-Z]", "(x", bare))
    if re.search(r"(?:^|[|*]|\((?!\?))\*|\([*+]", bare):
        return "has a repetition of nothing"
    depth = 0
    for character in bare:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            return "has a ) that closes nothing"
    return "has a ( that is not closed" if depth else ""
