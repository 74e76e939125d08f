# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replaces the words of a line. Words that already have the same meaning keep their spelling, and blanks stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._files.spans import Replacement
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.address import (
    join_address,
    normal_address,
    split_address,
    takes_port,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import LIVE_DOLLAR, Word, lex
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.sequence import kept


def reword(old: Sequence[Word], text: str) -> Iterator[Replacement]:
    """The replacements that make some words of a line say ``text``. ``old`` must not be empty."""
    new = lex(text).words
    pairs = kept([word.meaning for word in old], [word.meaning for word in new])
    at = end = 0
    for next_at, next_end in [*pairs, (len(old), len(new))]:
        yield from _exchange(old, at, next_at, [text[word.start : word.end] for word in new[end:next_end]])
        at, end = next_at + 1, next_end + 1


def _exchange(old: Sequence[Word], first: int, stop: int, new: list[str]) -> Iterator[Replacement]:
    """Replace ``old[first:stop]`` by ``new``; either may be empty."""
    count = min(stop - first, len(new))
    for word, text in zip(old[first : first + count], new):
        yield Replacement(word.start, word.end, text)
    if len(new) > count:
        more = " ".join(new[count:])
        # A first word has no blanks before it.
        place, text = (old[first + count - 1].end, f" {more}") if first + count else (old[0].start, f"{more} ")
        yield Replacement(place, place, text)
    elif stop - first > count:
        if first + count:
            yield Replacement(old[first + count - 1].end, old[stop - 1].end, "")
        else:
            yield Replacement(old[0].start, old[stop].start if stop < len(old) else old[-1].end, "")


def readdress(written: str, meaning: str, address: str | None, port: str | int | None) -> str:
    """An address word, spelled ``written`` in its line, with another address or port. None keeps a part and its
    spelling (``0.0.0.0``, an empty host, quotes)."""
    now, old_port = split_address(meaning)
    host = (meaning[: -len(old_port)] if old_port else meaning).rstrip(":" if old_port else "")
    bare = host.rpartition("@")[2]
    if address is not None and normal_address(address) != now:
        host = join_address(address, None)
    elif ":" in bare and not bare.endswith("]"):
        host = join_address(now, None)
    port = old_port if port is None else port
    text = host if port == "" or not takes_port(host) else f"{host}:{port}"
    quote = written[:1] if written[:1] in ("'", '"') and written[1:] == meaning.replace("\0", "") + written[:1] else ""
    if LIVE_DOLLAR in text:
        quote = '"'
    return quote + text.replace(LIVE_DOLLAR, "$") + quote
