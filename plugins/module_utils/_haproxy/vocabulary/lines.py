# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of ``server``, ``default-server`` and ``bind`` lines, as data (manual, chapter 5).

An option's name is HAProxy's keyword with ``_`` for ``-``. A new line is written in the order of the table.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Union

from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import Kind, choice, integer, secret, shown
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.kinds import (
    ADDRESS,
    NAME,
    OLDEST,
    ONE_WORD,
    bare,
    time,
    words_like,
)

_INT = 2**31 - 1

#: The version since which ``add server`` of the runtime API accepts the option. NEVER: no known version does.
#: NO_EFFECT: the option is about resolving a host name, and a server that is added at runtime has an address.
NEVER, NO_EFFECT = "", "no effect"


class Argument(NamedTuple):
    """``word`` is the keyword; ``kind`` is that of its value, None for a keyword without value. ``negative`` is the
    keyword that means the opposite; ``on`` where the option is on unless ``negative`` is given. ``many``: the keyword
    may be repeated, and the option is a list. ``suffixes`` are keywords that may follow the value, with a value of
    their own, and belong to it. ``since`` and ``runtime`` are the row's."""

    word: str
    kind: Kind | None = None
    negative: str = ""
    many: bool = False
    suffixes: tuple[str, ...] = ()
    on: bool = False
    since: str = ""
    runtime: str = NEVER


#: What an option takes: a kind for a keyword with a value, a text for one without (the text is its negative keyword).
_Takes = Union[Kind, str, Argument]


def _argument(option: str, takes: _Takes, since: str, runtime: str) -> Argument:
    if isinstance(takes, Argument):
        return takes._replace(since=since, runtime=runtime)
    kind, negative = (None, takes) if isinstance(takes, str) else (takes, "")
    return Argument(option.replace("_", "-"), kind, negative, since=since, runtime=runtime)


_BARE = bare()
#: The path of a file. A running process can only use a file that it read at its start.
FILE = bare(4096)
_PORT = integer(1, 65535)
_COUNT = integer(1, _INT)
_NUMBER = integer(0, _INT)
_DELAY = time(1000)
_TIME = time()
_TLS = choice("SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_VERIFY = choice("none", "required")
_SOURCE = words_like(
    r"[^\s\"'\\]+( usesrc [^\s\"'\\]+)?( interface [^\s\"'\\]+)?",
    "Give an address, and after it at most usesrc and interface, each with its value.",
)
_TRACK = words_like(r"([A-Za-z0-9_.:-]+/)?[A-Za-z0-9_.:-]+", "Give the name of a server, or backend/server.")
_INIT_ADDR = words_like(
    r"(?!.*\b(last|libc|none)\b.*\b\1\b)(last|libc|none|[0-9A-Fa-f:.]+)(,(last|libc|none|[0-9A-Fa-f:.]+))*",
    "Give last, libc, none and addresses, each once, between commas.",
)

#: A row: what the option takes, the version that introduced it, the version since which a server can be added with it
#: at runtime. See docs/keywords.md.
_SERVER: dict[str, tuple[_Takes, str, str]] = {
    "id": (_COUNT, OLDEST, "2.4"),
    "weight": (integer(0, 256), OLDEST, "2.4"),
    "check": ("no-check", OLDEST, "2.6"),
    "check_addr": (Argument("addr", ADDRESS), OLDEST, "2.6"),
    "check_port": (Argument("port", _PORT), OLDEST, "2.6"),
    "inter": (_DELAY, OLDEST, "2.6"),
    "fastinter": (_DELAY, OLDEST, "2.6"),
    "downinter": (_DELAY, OLDEST, "2.6"),
    "rise": (_COUNT, OLDEST, "2.6"),
    "fall": (_COUNT, OLDEST, "2.6"),
    "observe": (choice("layer4", "layer7"), OLDEST, "2.6"),
    "error_limit": (_COUNT, OLDEST, "2.6"),
    "on_error": (choice("fastinter", "fail-check", "sudden-death", "mark-down"), OLDEST, "2.6"),
    "on_marked_down": (choice("shutdown-sessions"), OLDEST, "2.6"),
    "on_marked_up": (choice("shutdown-backup-sessions"), OLDEST, "2.6"),
    "check_ssl": ("no-check-ssl", OLDEST, "2.6"),
    "check_sni": (_BARE, OLDEST, "2.6"),
    "check_alpn": (_BARE, OLDEST, "2.6"),
    "check_proto": (_BARE, OLDEST, "2.6"),
    "check_send_proxy": ("no-check-send-proxy", OLDEST, "2.6"),
    "check_via_socks4": ("", OLDEST, "2.6"),
    "agent_check": ("no-agent-check", OLDEST, "2.6"),
    "agent_addr": (ADDRESS, OLDEST, "2.6"),
    "agent_inter": (_DELAY, OLDEST, "2.6"),
    "agent_port": (_PORT, OLDEST, "2.6"),
    "agent_send": (_BARE, OLDEST, "2.6"),
    "maxconn": (_NUMBER, OLDEST, "2.4"),
    "minconn": (_NUMBER, OLDEST, "2.4"),
    "maxqueue": (_NUMBER, OLDEST, "2.4"),
    "slowstart": (_DELAY, OLDEST, "2.6"),
    "backup": ("no-backup", OLDEST, "2.4"),
    "disabled": ("enabled", OLDEST, "2.4"),
    "cookie": (_BARE, OLDEST, NEVER),
    "non_stick": ("stick", OLDEST, NEVER),
    "track": (_TRACK, OLDEST, "2.6"),
    "init_addr": (_INIT_ADDR, OLDEST, NO_EFFECT),
    "init_state": (choice("fully-up", "up", "down", "fully-down"), "3.1", "3.1"),
    "resolvers": (NAME, OLDEST, NO_EFFECT),
    "resolve_prefer": (choice("ipv4", "ipv6"), OLDEST, NO_EFFECT),
    "resolve_net": (_BARE, OLDEST, NO_EFFECT),
    "resolve_opts": (_BARE, OLDEST, NO_EFFECT),
    "ssl": ("no-ssl", OLDEST, "2.6"),
    "verify": (_VERIFY, OLDEST, "2.6"),
    "verifyhost": (_BARE, OLDEST, "2.6"),
    "ca_file": (FILE, OLDEST, "2.6"),
    "crl_file": (FILE, OLDEST, "2.6"),
    "crt": (FILE, OLDEST, "2.6"),
    "sni": (ONE_WORD, OLDEST, "2.6"),
    "alpn": (_BARE, OLDEST, "2.6"),
    "ciphers": (_BARE, OLDEST, "2.6"),
    "ciphersuites": (_BARE, OLDEST, "2.6"),
    "ssl_min_ver": (_TLS, OLDEST, "2.6"),
    "ssl_max_ver": (_TLS, OLDEST, "2.6"),
    "ssl_reuse": (Argument("ssl-reuse", None, "no-ssl-reuse", on=True), OLDEST, "2.6"),
    "tls_tickets": (Argument("tls-tickets", None, "no-tls-tickets", on=True), OLDEST, "2.6"),
    "allow_0rtt": ("", OLDEST, "2.6"),
    "proto": (_BARE, OLDEST, "2.4"),
    "ws": (choice("auto", "h1", "h2"), "2.5", "2.6"),
    "send_proxy": ("no-send-proxy", OLDEST, "2.4"),
    "send_proxy_v2": ("no-send-proxy-v2", OLDEST, "2.4"),
    "send_proxy_v2_ssl": ("no-send-proxy-v2-ssl", OLDEST, "2.6"),
    "send_proxy_v2_ssl_cn": ("no-send-proxy-v2-ssl-cn", OLDEST, "2.6"),
    "proxy_v2_options": (_BARE, OLDEST, "2.4"),
    "source": (Argument("source", _SOURCE, suffixes=("usesrc", "interface")), OLDEST, "2.4"),
    "namespace": (_BARE, OLDEST, NEVER),
    "socks4": (_BARE, OLDEST, NEVER),
    "redir": (_BARE, OLDEST, NEVER),
    "log_proto": (choice("legacy", "octet-count"), OLDEST, NEVER),
    "tfo": ("no-tfo", OLDEST, "2.4"),
    "tcp_ut": (_TIME, OLDEST, NEVER),
    "max_reuse": (integer(-1, _INT), OLDEST, NEVER),
    "pool_low_conn": (_NUMBER, OLDEST, "2.4"),
    "pool_max_conn": (integer(-1, _INT), OLDEST, "2.4"),
    "pool_purge_delay": (_TIME, OLDEST, "2.4"),
    "idle_ping": (_TIME, "3.2", "3.2"),
    "guid": (_BARE, "3.0", NEVER),
    "hash_key": (shown(choice("id", "addr", "addr-port")), "3.0", "3.0"),
}

#: A row: what the option takes, and the version that introduced it. Listeners are changed by a reload.
_BIND: dict[str, tuple[_Takes, str]] = {
    "name": (NAME, OLDEST),
    "id": (_COUNT, OLDEST),
    "interface": (bare(15), OLDEST),
    "ssl": ("", OLDEST),
    "crt": (Argument("crt", FILE, many=True), OLDEST),
    "crt_list": (Argument("crt-list", FILE, many=True), OLDEST),
    "ca_file": (FILE, OLDEST),
    "ca_verify_file": (FILE, OLDEST),
    "ca_sign_file": (FILE, OLDEST),
    "ca_sign_pass": (secret(_BARE), OLDEST),
    "crl_file": (FILE, OLDEST),
    "verify": (choice("none", "optional", "required"), OLDEST),
    "alpn": (_BARE, OLDEST),
    "ciphers": (_BARE, OLDEST),
    "ciphersuites": (_BARE, OLDEST),
    "curves": (_BARE, OLDEST),
    "ecdhe": (_BARE, OLDEST),
    "ssl_min_ver": (_TLS, OLDEST),
    "ssl_max_ver": (_TLS, OLDEST),
    "strict_sni": ("", OLDEST),
    "generate_certificates": ("", OLDEST),
    "prefer_client_ciphers": ("", OLDEST),
    "no_tls_tickets": ("", OLDEST),
    "tls_ticket_keys": (shown(FILE), OLDEST),
    "no_ca_names": ("", OLDEST),
    "ca_ignore_err": (_BARE, OLDEST),
    "crt_ignore_err": (_BARE, OLDEST),
    "allow_0rtt": ("", OLDEST),
    "proto": (_BARE, OLDEST),
    "accept_proxy": ("", OLDEST),
    "accept_netscaler_cip": (_COUNT, OLDEST),
    "transparent": ("", OLDEST),
    "v4v6": ("", OLDEST),
    "v6only": ("", OLDEST),
    "defer_accept": ("", OLDEST),
    "tfo": ("", OLDEST),
    "tcp_ut": (_TIME, OLDEST),
    "mss": (integer(-65535, 65535), OLDEST),
    "backlog": (_COUNT, OLDEST),
    "maxconn": (_NUMBER, OLDEST),
    "nice": (integer(-1024, 1024), OLDEST),
    "user": (bare(32), OLDEST),
    "group": (bare(32), OLDEST),
    "uid": (_NUMBER, OLDEST),
    "gid": (_NUMBER, OLDEST),
    "mode": (words_like("[0-7]{3,4}", "Give the permissions as octal digits in quotes, such as '660'."), OLDEST),
    "level": (choice("user", "operator", "admin"), OLDEST),
    "severity_output": (choice("none", "number", "string"), OLDEST),
    "expose_fd": (choice("listeners"), OLDEST),
    "namespace": (_BARE, OLDEST),
    "process": (_BARE, OLDEST),
    "thread": (_BARE, "2.5"),
    "shards": (_BARE, "2.5"),
}

SERVER = {option: _argument(option, *row) for option, row in _SERVER.items()}
BIND = {option: _argument(option, *row, NEVER) for option, row in _BIND.items()}

#: Keywords with a value that we have no option for: listed so that their value is not taken for a keyword.
_FOREIGN_WITH_VALUE = frozenset(
    "npn sigalgs client-sigalgs guid-prefix idle-ping label nbconn ocsp-update cc quic-cc-algo quic-socket default-crt"
    " pool-conn-name log-bufsize usesrc interface shard curves check-pool-conn-name"
    " healthcheck ktls tcp-md5sig tcp-ss".split()
)


class Reader(NamedTuple):
    """Finds a table's options on a line. ``words`` gives for each keyword its option, whether it switches it on,
    whether a value follows, and the suffix keywords; ``order`` gives each option's place in the table. ``known`` caches
    the results of ``given``: many lines have the same options."""

    table: dict[str, Argument]
    words: dict[str, tuple[str, bool, bool, tuple[str, ...]]]
    order: dict[str, int]
    known: dict[tuple[str, ...], list[str]]

    def given(self, line: dict[str, Any]) -> list[str]:
        """The table's options among a desired line's keys, in the order in which they are written."""
        keys = tuple(line)
        if keys not in self.known:
            self.known[keys] = sorted((option for option in keys if option in self.order), key=self.order.__getitem__)
        return self.known[keys]

    def find(self, words: list[str], first: int) -> dict[str, list[tuple[int, int, bool]]]:
        """For each option on the line its occurrences, in order: (index of its keyword, index after its value, whether
        it is switched on). Words that we have no option for are skipped."""
        found: dict[str, list[tuple[int, int, bool]]] = {}
        at, size = first, len(words)
        while at < size:
            start, known = at, self.words.get(words[at])
            at += 1
            if known is None:
                at += words[start] in _FOREIGN_WITH_VALUE
                continue
            option, says_yes, valued, suffixes = known
            at += valued
            while suffixes and at < size and words[at] in suffixes:
                at += 2
            place = (start, at if at < size else size, says_yes)
            if option in found:
                found[option].append(place)
            else:
                found[option] = [place]
        return found


def _reader(table: dict[str, Argument]) -> Reader:
    rows = {
        option: (argument.kind is not None, argument.suffixes if argument.kind else ())
        for option, argument in table.items()
    }
    words = {argument.word: (option, True, *rows[option]) for option, argument in table.items()}
    words.update(
        {argument.negative: (option, False, *rows[option]) for option, argument in table.items() if argument.negative}
    )
    return Reader(table, words, {option: place for place, option in enumerate(table)}, {})


SERVER_READER = _reader(SERVER)
BIND_READER = _reader(BIND)


def argument_options(table: dict[str, Argument]) -> dict[str, Any]:
    """A table as the options of an Ansible argument spec."""
    options: dict[str, Any] = {}
    for option, argument in table.items():
        spec = {"type": "bool"} if argument.kind is None else argument.kind.argument
        options[option] = dict(spec, type="list", elements=spec["type"]) if argument.many else spec
    return options
