# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of one line that HAProxy accepts without an error and reads as something else.

Many of its parsers read a number with atoi: ``5x`` is 5 and ``abc`` is 0. An address is split at its last colon, so the
end of an IPv6 address without brackets becomes a port. What is listed here was seen to pass ``haproxy -c`` (2.6.12), or
is atoi in its source. The source of a line does not matter: an option, a further directive, a section of any kind.
Words with variables, templates or sample expressions are left to HAProxy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.address import takes_port
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.kinds import ADDRESS
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import (
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
_LEGACY_IPV4 = re.compile(r"[0-9.]{2,}|0[xX][0-9A-Fa-f]+")
_COUNT = re.compile(r"[0-9]+(-[0-9]+)?")
_MODE = re.compile(r"[0-7]{3,4}")
_MICROSECONDS = re.compile(r"0*[1-9][0-9]{0,2}us")
_CPUS = re.compile(r"all|odd|even|[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*")

#: Keywords of a section that are followed by one number.
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
        "fd-hard-limit gid maxcompcpuusage maxcomprate maxconn maxconnrate maxpipes maxsessrate maxsslconn maxsslrate"
        " maxzlibmem mworker-max-reloads nbproc nbthread spread-checks tune.buffers.limit tune.buffers.reserve"
        " tune.bufsize tune.comp.maxlevel tune.fail-alloc tune.h2.header-table-size tune.h2.initial-window-size"
        " tune.h2.max-concurrent-streams tune.h2.max-frame-size tune.http.cookielen tune.http.logurilen"
        " tune.http.maxhdr tune.maxaccept tune.maxpollevents tune.maxrewrite tune.pattern.cache-size"
        " tune.peers.max-updates-at-once tune.pipesize tune.pool-high-fd-ratio tune.pool-low-fd-ratio"
        " tune.rcvbuf.client tune.rcvbuf.server tune.recv_enough tune.runqueue-depth tune.sndbuf.client"
        " tune.sndbuf.server tune.ssl.cachesize tune.ssl.capture-buffer-size tune.ssl.capture-cipherlist-size"
        " tune.ssl.default-dh-param tune.ssl.hard-maxrecord tune.ssl.maxrecord tune.ssl.ssl-ctx-cache-size"
        " tune.zlib.memlevel tune.zlib.windowsize uid ulimit-n".split()
    ),
}

#: Beginnings of lines, each with the words that are followed by a number there.
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
    "log-stderr": ("len",),
    "stats maxconn": ("maxconn",),
    "unix-bind": ("uid", "gid"),
}

#: The range of a number; others must fit 32 bits, because HAProxy drops the higher bits.
_WIDEST = (-(2**31), 2**31 - 1)
_RANGES = {
    **dict.fromkeys(("backlog", "fullconn", "maxconn", "retries", "uid", "gid"), (0, _WIDEST[1])),
    "len": (1, _WIDEST[1]),
    "set-nice": (-1024, 1024),
}

#: Beginnings of lines, and how many words HAProxy reads of them: it ignores the rest.
_MOST_WORDS = {
    "expose-experimental-directives": 1,
    "numa-cpu-mapping": 1,
    "ssl-load-extra-del-ext": 1,
    "ssl-mode-async": 1,
    "ssl-skip-self-issued-ca": 1,
    "log-send-hostname": 2,
    "log-tag": 2,
    "server-state-base": 2,
    "unique-id-header": 2,
    "balance first": 2,
    "balance leastconn": 2,
    "balance roundrobin": 2,
    "balance source": 2,
    "balance static-rr": 2,
    "stats enable": 2,
    "stats hide-version": 2,
    "presetenv": 3,
    "stats realm": 3,
}

#: Beginnings of lines that end in a time in milliseconds.
_TIMED = frozenset(("timeout", "hold", "stats refresh", "stats timeout", "tcp-request inspect-delay"))

#: Beginnings of lines with an address, and the index of the address among the words.
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
    "log-stderr": 1,
}
#: Lines whose port may be relative to the port that the client connected to.
_RELATIVE = ("server", "server-template")
_LISTENERS = ("bind", "dgram-bind", "stats socket")
#: Words that are followed by an address, anywhere on a line of that keyword.
_ADDRESS_BEHIND = {
    "server": ("source", "socks4", "addr", "agent-addr"),
    "default-server": ("source", "socks4", "addr", "agent-addr"),
    "server-template": ("source", "socks4", "addr", "agent-addr"),
    "http-check": ("addr",),
    "tcp-check": ("addr",),
}
#: Beginnings of lines with options of a server or a listener, and how many words come before these options.
_OPTIONED: dict[str, tuple[Reader, int]] = {
    "server": (SERVER_READER, 3),
    "server-template": (SERVER_READER, 4),
    "default-server": (SERVER_READER, 1),
    "peer": (SERVER_READER, 3),
    "bind": (BIND_READER, 2),
    "dgram-bind": (BIND_READER, 2),
    "stats socket": (BIND_READER, 3),
}


class Misread(NamedTuple):
    """``what`` are the words as HAProxy receives them."""

    what: str
    reason: str
    remedy: str


def misread(kind: str, words: list[str]) -> Iterator[Misread]:
    """What HAProxy would misread on one line. ``kind`` is the section's keyword, ``words`` are the line's words by
    meaning."""
    if words[0] in ("no", "default"):
        words = words[1:]
    beginnings = (words[0], " ".join(words[:2])) if words else ()
    if len(words) > 1 and words[0] in _NUMBERS.get(kind, ()):
        yield from _number(words[0], words[1])
    for beginning in beginnings:
        yield from _numbers(beginning, words)
        yield from _addresses(beginning, words)
        yield from _options(beginning, words)
        yield from _excess(beginning, words)
        yield from _forms(beginning, words)


def _numbers(beginning: str, words: list[str]) -> Iterator[Misread]:
    named = _NUMBERS_BEHIND.get(beginning, ())
    for name, value in zip(words, words[1:]) if named else ():
        if name in named:
            yield from _number(name, value)


def _number(name: str, value: str) -> Iterator[Misread]:
    if not _NUMBER.fullmatch(value) and not _COMPUTED.search(value):
        read = _READ_AS.match(value)
        number = int(read.group() or 0) if read is not None else 0
        yield Misread(f"{name} {value}", f"is not a whole number, and HAProxy would read {number}", "Give a number.")
    elif _NUMBER.fullmatch(value):
        low, high = _RANGES.get(name, _WIDEST)
        if not low <= int(value) <= high:
            remedy = f"Give a number from {low} to {high}."
            yield Misread(f"{name} {value}", "is out of range, and HAProxy would use another number", remedy)


def _addresses(beginning: str, words: list[str]) -> Iterator[Misread]:
    place = _ADDRESSED.get(beginning, len(words))
    for text in words[place : place + 1]:
        for address in text.split(",") if beginning in _LISTENERS else (text,):
            yield from _address(beginning, address)
    behind = _ADDRESS_BEHIND.get(beginning, ())
    for name, value in zip(words, words[1:]) if behind else ():
        if name in behind:
            yield from _address(name, value)


def _address(name: str, text: str) -> Iterator[Misread]:
    if _COMPUTED.search(text) or not takes_port(text):
        return
    what, whole = f"{name} {text}", text.rpartition("@")[2]
    host, _colon, port = whole.rpartition(":")
    if ":" in host and parse_address(whole) is not None:
        yield Misread(what, f"has no brackets, and HAProxy would read port {port}", "Put the address in brackets.")
    elif _LEGACY_IPV4.fullmatch(host or whole) and parse_address(host or whole) is None:
        remedy = "Give four numbers from 0 to 255, without zeros before them."
        yield Misread(what, "is not an IPv4 address, and HAProxy would read another address", remedy)
    elif host and port and "]" not in port:
        number = port.lstrip("+-") if name in _RELATIVE else port
        if not _PORTS.fullmatch(number) or not all(0 < int(each) < 65536 for each in number.split("-")):
            yield Misread(what, "has no port that HAProxy could use", "Give a port from 1 to 65535.")


def _options(beginning: str, words: list[str]) -> Iterator[Misread]:
    if beginning not in _OPTIONED:
        return
    reader, first = _OPTIONED[beginning]
    for option, places in reader.find(words, first).items():
        for start, end, _yes in places:
            value = " ".join(words[start + 1 : end])
            if end == start + 1 and reader.table[option].kind is not None:
                yield Misread(words[start], "has no value", "Give one, or leave the word out.")
            elif value and not _COMPUTED.search(value):
                yield from _argument(reader.table[option], value)


def _argument(argument: Argument, value: str) -> Iterator[Misread]:
    kind = argument.kind
    if kind is None or kind is ADDRESS or "choices" in kind.argument or _QUOTED.search(value):
        return  # HAProxy checks its own words; quoted values need not be bare; addresses are checked above
    if kind.argument["type"] == "int" and not _NUMBER.fullmatch(value):
        yield from _number(argument.word, value)
        return
    problem = kind.problem(int(value) if kind.argument["type"] == "int" else value)
    if problem is not None:
        yield Misread(f"{argument.word} {value}", *problem)


def _excess(beginning: str, words: list[str]) -> Iterator[Misread]:
    most = _MOST_WORDS.get(beginning, len(words))
    if len(words) > most:
        rest = " ".join(words[most:])
        yield Misread(rest, f"follows {' '.join(words[:most])}, and HAProxy would ignore it", "Leave it out.")
    elif beginning in _TIMED and _MICROSECONDS.fullmatch(words[-1]):
        yield Misread(words[-1], "is less than a millisecond, and HAProxy would read 0", "Give at least 1ms.")


def _forms(beginning: str, words: list[str]) -> Iterator[Misread]:
    """Lines that HAProxy reads only as far as they make sense to it."""
    value = words[2] if len(words) > 2 else ""
    if _COMPUTED.search(value):
        return
    if beginning == "stats auth" and not all(value.partition(":")):
        yield Misread(beginning, "has no user, or no colon and password", "Give user:password.")
    elif beginning == "user" and words[-1] in ("password", "insecure-password") and words[-2] != "groups":
        yield Misread(words[-1], "has no value, so that the password would be empty", "Give a password.")
    elif beginning == "chroot" and words[1:2] and not words[1].startswith(("/", "$", "\0")):
        yield Misread(" ".join(words[:2]), "depends on the directory in which HAProxy is started", "Begin it with a /.")
    elif beginning == "server-template" and value and not _COUNT.fullmatch(value):
        yield Misread(f"{beginning} {words[1]} {value}", "is not a number of servers", "Give a number, or from-to.")
    elif beginning == "unix-bind" and any(not _MODE.fullmatch(mode) for mode in _behind("mode", words)):
        yield Misread("mode", "is not octal, and HAProxy would read another one", "Give digits such as 660.")
    elif beginning == "cpu-map":
        for cpus in words[2:]:
            if not _CPUS.fullmatch(cpus):
                yield Misread(f"{beginning} {cpus}", "names no CPUs", "Give numbers and ranges, such as 0-3.")
    elif beginning == "http-check expect":
        for name, value in zip(words, words[1:]):
            if name == "status" and not _STATUSES.fullmatch(value) and not _COMPUTED.search(value):
                yield Misread(f"status {value}", "is not a status that a server returns", "Give codes from 100 to 599.")
    elif beginning in ("http-check send", "option httpchk"):
        yield from _request(*_request_words(beginning, words))


def _request_words(beginning: str, words: list[str]) -> list[list[str]]:
    """Method, URI and version of a check's request, each where given. One word alone is a URI."""
    if beginning == "http-check send":
        return [_behind("meth", words), _behind("uri", words), _behind("ver", words)]
    return [words[2:3], words[3:4], words[4:5]] if len(words) > 3 else [[], words[2:3], []]


def _request(methods: list[str], uris: list[str], versions: list[str]) -> Iterator[Misread]:
    for what, given, pattern, example in (
        ("method", methods, r"[A-Z]+", "GET"),
        ("URI", uris, r"[/*]|https?:", "/healthz"),
        ("version", versions, r"HTTP/[0-9]", "HTTP/1.1"),
    ):
        for word in given:
            if not re.match(pattern, word) and not _COMPUTED.search(word):
                yield Misread(f"{what} {word}", f"is not a {what} of HTTP", f"Give {example}, for example.")


def _behind(name: str, words: list[str]) -> list[str]:
    """The word after ``name``, if it comes before the request's headers and body."""
    head = words
    for end in ("hdr", "hdr-lf", "body", "body-lf"):
        head = head[: head.index(end)] if end in head else head
    return head[head.index(name) + 1 :][:1] if name in head else []
