# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be said on a ``server``, ``default-server`` or ``bind`` line, as data (manual, chapter 5).

An option's name is HAProxy's keyword with ``_`` for ``-``. The order is that in which a new line is written.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Union

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.kinds import (
    ADDRESS,
    NAME,
    ONE_WORD,
    bare,
    time,
    words_like,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._values import Kind, choice, integer

_INT = 2**31 - 1


class Argument(NamedTuple):
    """``word`` is the keyword; ``kind`` of its one value, None for a keyword without. ``negative`` is the keyword
    that says the opposite. ``many``: given several times, the option is a list. ``suffixes`` are keywords that may
    follow the value with a value of their own and belong to it."""

    word: str
    kind: Kind | None = None
    negative: str = ""
    many: bool = False
    suffixes: tuple[str, ...] = ()


#: A table as written below: a kind for a keyword with a value, a text for one without (the text is its negative).
_Table = dict[str, Union[Kind, str, Argument]]


def _arguments(table: _Table) -> dict[str, Argument]:
    arguments = {}
    for option, what in table.items():
        word = option.replace("_", "-")
        if isinstance(what, Argument):
            arguments[option] = what
        elif isinstance(what, str):
            arguments[option] = Argument(word, None, what)
        else:
            arguments[option] = Argument(word, what)
    return arguments


def _secret(kind: Kind) -> Kind:
    return kind._replace(argument=dict(kind.argument, no_log=True))


def _open(kind: Kind) -> Kind:
    """For names that Ansible takes for a secret and that are a path."""
    return kind._replace(argument=dict(kind.argument, no_log=False))


_BARE = bare()
_PATH = bare(4096)
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

SERVER = _arguments(
    {
        "id": _COUNT,
        "weight": integer(0, 256),
        "check": "no-check",
        "check_addr": Argument("addr", ADDRESS),
        "check_port": Argument("port", _PORT),
        "inter": _DELAY,
        "fastinter": _DELAY,
        "downinter": _DELAY,
        "rise": _COUNT,
        "fall": _COUNT,
        "observe": choice("layer4", "layer7"),
        "error_limit": _COUNT,
        "on_error": choice("fastinter", "fail-check", "sudden-death", "mark-down"),
        "on_marked_down": choice("shutdown-sessions"),
        "on_marked_up": choice("shutdown-backup-sessions"),
        "check_ssl": "no-check-ssl",
        "check_sni": _BARE,
        "check_alpn": _BARE,
        "check_proto": _BARE,
        "check_send_proxy": "no-check-send-proxy",
        "check_via_socks4": "",
        "agent_check": "no-agent-check",
        "agent_addr": ADDRESS,
        "agent_inter": _DELAY,
        "agent_port": _PORT,
        "agent_send": _BARE,
        "maxconn": _NUMBER,
        "minconn": _NUMBER,
        "maxqueue": _NUMBER,
        "slowstart": _DELAY,
        "backup": "no-backup",
        "disabled": "enabled",
        "cookie": _BARE,
        "non_stick": "stick",
        "track": _TRACK,
        "init_addr": _INIT_ADDR,
        "init_state": choice("fully-up", "up", "down", "fully-down"),
        "resolvers": NAME,
        "resolve_prefer": choice("ipv4", "ipv6"),
        "resolve_net": _BARE,
        "resolve_opts": _BARE,
        "ssl": "no-ssl",
        "verify": _VERIFY,
        "verifyhost": _BARE,
        "ca_file": _PATH,
        "crl_file": _PATH,
        "crt": _PATH,
        "sni": ONE_WORD,
        "alpn": _BARE,
        "ciphers": _BARE,
        "ciphersuites": _BARE,
        "ssl_min_ver": _TLS,
        "ssl_max_ver": _TLS,
        "ssl_reuse": "no-ssl-reuse",
        "tls_tickets": "no-tls-tickets",
        "allow_0rtt": "",
        "proto": _BARE,
        "ws": choice("auto", "h1", "h2"),
        "send_proxy": "no-send-proxy",
        "send_proxy_v2": "no-send-proxy-v2",
        "send_proxy_v2_ssl": "no-send-proxy-v2-ssl",
        "send_proxy_v2_ssl_cn": "no-send-proxy-v2-ssl-cn",
        "proxy_v2_options": _BARE,
        "source": Argument("source", _SOURCE, suffixes=("usesrc", "interface")),
        "namespace": _BARE,
        "socks4": _BARE,
        "redir": _BARE,
        "log_proto": choice("legacy", "octet-count"),
        "tfo": "no-tfo",
        "tcp_ut": _TIME,
        "max_reuse": integer(-1, _INT),
        "pool_low_conn": _NUMBER,
        "pool_max_conn": integer(-1, _INT),
        "pool_purge_delay": _TIME,
        "guid": _BARE,
        "hash_key": _open(choice("id", "addr", "addr-port")),
    }
)

BIND = _arguments(
    {
        "name": NAME,
        "id": _COUNT,
        "interface": bare(15),
        "ssl": "",
        "crt": Argument("crt", _PATH, many=True),
        "crt_list": Argument("crt-list", _PATH, many=True),
        "ca_file": _PATH,
        "ca_verify_file": _PATH,
        "ca_sign_file": _PATH,
        "ca_sign_pass": _secret(_BARE),
        "crl_file": _PATH,
        "verify": choice("none", "optional", "required"),
        "alpn": _BARE,
        "ciphers": _BARE,
        "ciphersuites": _BARE,
        "curves": _BARE,
        "ecdhe": _BARE,
        "ssl_min_ver": _TLS,
        "ssl_max_ver": _TLS,
        "strict_sni": "",
        "generate_certificates": "",
        "prefer_client_ciphers": "",
        "no_tls_tickets": "",
        "tls_ticket_keys": _open(_PATH),
        "no_ca_names": "",
        "ca_ignore_err": _BARE,
        "crt_ignore_err": _BARE,
        "allow_0rtt": "",
        "proto": _BARE,
        "accept_proxy": "",
        "accept_netscaler_cip": _COUNT,
        "transparent": "",
        "v4v6": "",
        "v6only": "",
        "defer_accept": "",
        "tfo": "",
        "tcp_ut": _TIME,
        "mss": integer(-65535, 65535),
        "backlog": _COUNT,
        "maxconn": _NUMBER,
        "nice": integer(-1024, 1024),
        "user": bare(32),
        "group": bare(32),
        "uid": _NUMBER,
        "gid": _NUMBER,
        "mode": words_like("[0-7]{3,4}", "Give the permissions as octal digits in quotes, such as '660'."),
        "level": choice("user", "operator", "admin"),
        "severity_output": choice("none", "number", "string"),
        "expose_fd": choice("listeners"),
        "namespace": _BARE,
        "process": _BARE,
        "thread": _BARE,
        "shards": _BARE,
    }
)

#: Keywords with a value that are no option of ours: known so that their value is not taken for a keyword.
_FOREIGN_WITH_VALUE = frozenset(
    "npn sigalgs client-sigalgs guid-prefix idle-ping label nbconn ocsp-update cc quic-cc-algo quic-socket default-crt"
    " pool-conn-name log-bufsize usesrc interface shard curves check-pool-conn-name"
    " healthcheck ktls tcp-md5sig tcp-ss".split()
)


class Reader(NamedTuple):
    """Finds a table's options on a line: ``words`` gives for each keyword its option and whether it says yes,
    ``order`` for each option its place in the table. ``known`` keeps what ``given`` found: lines are much alike."""

    table: dict[str, Argument]
    words: dict[str, tuple[str, bool]]
    order: dict[str, int]
    known: dict[tuple[str, ...], list[str]]

    def given(self, line: dict[str, Any]) -> list[str]:
        """The table's options among a desired line's keys, in the order in which they are written."""
        keys = tuple(line)
        if keys not in self.known:
            self.known[keys] = sorted((option for option in keys if option in self.order), key=self.order.__getitem__)
        return self.known[keys]

    def find(self, words: list[str], first: int) -> dict[str, list[tuple[int, int, bool]]]:
        """For each option on the line where it stands, in order: (its keyword's place, the place after its value,
        whether it says yes). Words that are no option of ours are passed over."""
        found: dict[str, list[tuple[int, int, bool]]] = {}
        at, size = first, len(words)
        while at < size:
            start, known = at, self.words.get(words[at])
            at += 1
            if known is None:
                at += words[start] in _FOREIGN_WITH_VALUE
                continue
            option, says_yes = known
            argument = self.table[option]
            if argument.kind is not None:
                at += 1
                while argument.suffixes and at < size and words[at] in argument.suffixes:
                    at += 2
            found.setdefault(option, []).append((start, min(at, size), says_yes))
        return found


def _reader(table: dict[str, Argument]) -> Reader:
    words = {argument.word: (option, True) for option, argument in table.items()}
    words.update({argument.negative: (option, False) for option, argument in table.items() if argument.negative})
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
