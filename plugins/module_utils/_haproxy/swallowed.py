# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of one line that HAProxy takes without complaint and reads as something else.

Many of its parsers read a number with atoi: ``5x`` is 5 and ``abc`` is 0. An address is cut at its last colon, so the
end of an IPv6 address without brackets becomes a port. What is tabled here was seen to pass ``haproxy -c`` (2.6.12), or
is atoi in its source. It does not matter how a line came to be: from an option, as a further directive, in a section of
any kind. Words with variables, templates or sample expressions are left to HAProxy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.kinds import ADDRESS, takes_port
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.line_vocabulary import (
    BIND_READER,
    SERVER_READER,
    Argument,
    Reader,
)

_COMPUTED = re.compile(r"[$\0%{}]")
_NUMBER = re.compile(r"[+-]?[0-9]+")
_READ_AS = re.compile(r"[+-]?[0-9]+|")
_PORTS = re.compile(r"[0-9]+(-[0-9]+)?")
_STATUSES = re.compile(r"[1-5][0-9]{2}(-[1-5][0-9]{2})?(,[1-5][0-9]{2}(-[1-5][0-9]{2})?)*")
_QUOTED = re.compile(r"[\s\"'\\#;]")
_CPUS = re.compile(r"all|odd|even|[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*")

#: Keywords of a section that have one number behind them.
_PROXY_NUMBERS = frozenset("id maxconn backlog fullconn retries hash-balance-factor max-keep-alive-queue".split())
_NUMBERS = {
    "frontend": _PROXY_NUMBERS,
    "backend": _PROXY_NUMBERS,
    "listen": _PROXY_NUMBERS,
    "defaults": _PROXY_NUMBERS,
    "cache": frozenset(("max-age", "total-max-size", "max-object-size", "max-secondary-entries")),
    "resolvers": frozenset(("accepted_payload_size", "resolve_retries")),
    "ring": frozenset(("maxlen",)),
    "peers": frozenset(("shards",)),
    "log-forward": frozenset(("maxconn", "backlog")),
    "global": frozenset(
        "fd-hard-limit maxcomprate maxcompcpuusage maxconn maxconnrate maxpipes maxsessrate maxsslconn maxsslrate"
        " maxzlibmem nbproc nbthread spread-checks ulimit-n tune.buffers.limit tune.buffers.reserve tune.bufsize"
        " tune.comp.maxlevel tune.h2.header-table-size tune.h2.initial-window-size tune.h2.max-concurrent-streams"
        " tune.h2.max-frame-size tune.http.cookielen tune.http.logurilen tune.http.maxhdr tune.maxaccept"
        " tune.maxpollevents tune.maxrewrite tune.pattern.cache-size tune.peers.max-updates-at-once tune.pipesize"
        " tune.pool-high-fd-ratio tune.pool-low-fd-ratio tune.rcvbuf.client tune.rcvbuf.server tune.recv_enough"
        " tune.runqueue-depth tune.sndbuf.client tune.sndbuf.server tune.ssl.cachesize"
        " tune.ssl.capture-cipherlist-size tune.ssl.default-dh-param tune.ssl.maxrecord tune.ssl.ssl-ctx-cache-size"
        " tune.zlib.memlevel tune.zlib.windowsize".split()
    ),
}

#: Beginnings of lines, each with the words that have a number behind them there.
_NUMBERS_BEHIND = {
    "balance": ("len", "depth", "check_post"),
    "capture": ("len",),
    "log": ("len",),
    "stick-table": ("len",),
    "redirect": ("code",),
    "http-request capture": ("len", "id"),
    "http-request redirect": ("code",),
    "http-request return": ("status",),
    "http-request set-nice": ("set-nice",),
    "http-response redirect": ("code",),
    "http-response return": ("status",),
    "http-response set-nice": ("set-nice",),
    "tcp-request content": ("len", "set-nice"),
    "http-check connect": ("port",),
    "http-check expect": ("min-recv",),
    "tcp-check connect": ("port",),
    "tcp-check expect": ("min-recv",),
    "option redispatch": ("redispatch",),
    "option max-reqs": ("max-reqs",),
}

#: Beginnings of lines with an address, and its place among the words.
_ADDRESSED = {
    "server": 2,
    "server-template": 3,
    "peer": 2,
    "nameserver": 2,
    "mailer": 2,
    "bind": 1,
    "dgram-bind": 1,
    "stats socket": 2,
    "dispatch": 1,
    "source": 1,
    "log": 1,
}
#: Whose port may be relative to the one that the client came to.
_RELATIVE = ("server", "server-template")
_LISTENERS = ("bind", "dgram-bind", "stats socket")
#: Words with an address behind them, wherever they stand on a line of that keyword.
_ADDRESS_BEHIND = {
    "server": ("source", "socks4", "addr", "agent-addr"),
    "default-server": ("source", "socks4", "addr", "agent-addr"),
    "server-template": ("source", "socks4", "addr", "agent-addr"),
    "http-check": ("addr",),
    "tcp-check": ("addr",),
}
#: Beginnings of lines with the options of a server or of a listener, and how many words stand before these.
_OPTIONED: dict[str, tuple[Reader, int]] = {
    "server": (SERVER_READER, 3),
    "server-template": (SERVER_READER, 4),
    "default-server": (SERVER_READER, 1),
    "peer": (SERVER_READER, 3),
    "bind": (BIND_READER, 2),
    "dgram-bind": (BIND_READER, 2),
    "stats socket": (BIND_READER, 3),
}


class Swallowed(NamedTuple):
    """``what`` are the words as HAProxy gets them."""

    what: str
    reason: str
    remedy: str


def swallowed(kind: str, words: list[str]) -> Iterator[Swallowed]:
    """What of one line would be swallowed. ``kind`` is the section's keyword, ``words`` are the line's meanings."""
    if words[0] in ("no", "default"):
        words = words[1:]
    beginnings = (words[0], " ".join(words[:2])) if words else ()
    if len(words) > 1 and words[0] in _NUMBERS.get(kind, ()):
        yield from _number(words[0], words[1])
    for beginning in beginnings:
        yield from _numbers(beginning, words)
        yield from _addresses(beginning, words)
        yield from _options(beginning, words)
        yield from _forms(beginning, words)


def _numbers(beginning: str, words: list[str]) -> Iterator[Swallowed]:
    named = _NUMBERS_BEHIND.get(beginning, ())
    for name, value in zip(words, words[1:]) if named else ():
        if name in named:
            yield from _number(name, value)


def _number(name: str, value: str) -> Iterator[Swallowed]:
    if not _NUMBER.fullmatch(value) and not _COMPUTED.search(value):
        read = _READ_AS.match(value)
        number = int(read.group() or 0) if read is not None else 0
        yield Swallowed(f"{name} {value}", f"is no whole number, and HAProxy would read {number}", "Give a number.")


def _addresses(beginning: str, words: list[str]) -> Iterator[Swallowed]:
    place = _ADDRESSED.get(beginning, len(words))
    for text in words[place : place + 1]:
        for address in text.split(",") if beginning in _LISTENERS else (text,):
            yield from _address(beginning, address)
    behind = _ADDRESS_BEHIND.get(beginning, ())
    for name, value in zip(words, words[1:]) if behind else ():
        if name in behind:
            yield from _address(name, value)


def _address(name: str, text: str) -> Iterator[Swallowed]:
    if _COMPUTED.search(text) or not takes_port(text):
        return
    what, whole = f"{name} {text}", text.rpartition("@")[2]
    host, _colon, port = whole.rpartition(":")
    if ":" in host and parse_address(whole) is not None:
        yield Swallowed(what, f"has no brackets, and HAProxy would read port {port}", "Put the address in brackets.")
    elif host and port and "]" not in port:
        number = port.lstrip("+-") if name in _RELATIVE else port
        if not _PORTS.fullmatch(number) or not all(0 < int(each) < 65536 for each in number.split("-")):
            yield Swallowed(what, "has no port that HAProxy could use", "Give a port from 1 to 65535.")


def _options(beginning: str, words: list[str]) -> Iterator[Swallowed]:
    if beginning not in _OPTIONED:
        return
    reader, first = _OPTIONED[beginning]
    for option, places in reader.find(words, first).items():
        for start, end, _yes in places:
            value = " ".join(words[start + 1 : end])
            if value and not _COMPUTED.search(value):
                yield from _argument(reader.table[option], value)


def _argument(argument: Argument, value: str) -> Iterator[Swallowed]:
    kind = argument.kind
    if kind is None or kind is ADDRESS or "choices" in kind.argument or _QUOTED.search(value):
        return  # HAProxy knows its own words, and quoted ones need not be bare; addresses are judged above
    if kind.argument["type"] == "int" and not _NUMBER.fullmatch(value):
        yield from _number(argument.word, value)
        return
    complaint = kind.complain(int(value) if kind.argument["type"] == "int" else value)
    if complaint is not None:
        yield Swallowed(f"{argument.word} {value}", *complaint)


def _forms(beginning: str, words: list[str]) -> Iterator[Swallowed]:
    """Lines of which HAProxy reads as much as makes sense."""
    if beginning == "stats auth" and len(words) > 2 and ":" not in words[2]:
        yield Swallowed(beginning, "has no colon, so that there would be no password", "Give user:password.")
    elif beginning == "cpu-map":
        for cpus in words[2:]:
            if not _CPUS.fullmatch(cpus):
                yield Swallowed(f"{beginning} {cpus}", "names no CPUs", "Give numbers and ranges, such as 0-3.")
    elif beginning == "http-check expect":
        for name, value in zip(words, words[1:]):
            if name == "status" and not _STATUSES.fullmatch(value) and not _COMPUTED.search(value):
                yield Swallowed(f"status {value}", "is a status that no server gives", "Give codes from 100 to 599.")
    elif beginning in ("http-check send", "option httpchk"):
        said = words[4:5] if beginning == "option httpchk" else _behind("ver", words)
        for version in said:
            if not re.match(r"HTTP/[0-9]", version) and not _COMPUTED.search(version):
                yield Swallowed(f"version {version}", "is no version of HTTP", "Give HTTP/1.1, for example.")


def _behind(name: str, words: list[str]) -> list[str]:
    """The word behind ``name``, which counts before the request's headers and body begin."""
    head = words
    for end in ("hdr", "hdr-lf", "body", "body-lf"):
        head = head[: head.index(end)] if end in head else head
    return head[head.index(name) + 1 :][:1] if name in head else []
