# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be said in a section, a line each, as data (manual, chapters 3 and 4.2).

An option's name is HAProxy's keyword with ``_`` for ``-``. The order is that in which new lines are written. What
stands in none of these tables is a further directive: kept, and managed as an ordered list of whole lines.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.kinds import (
    NAME,
    WORDS,
    bare,
    is_quotable,
    time,
    value_of,
    words_like,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._values import Kind, choice, integer

#: How often a directive stands in a section. ONE: the last line counts. SET: several lines, order without meaning.
#: LIST: several lines, order with meaning.
ONE, SET, LIST = "one", "set", "list"


class Directive(NamedTuple):
    """``words`` begin the line; ``kind`` is of the rest of it, None where there is none. ``key`` is how many words
    of the rest name an entry of a SET (0: all)."""

    words: tuple[str, ...]
    kind: Kind | None
    shape: str = ONE
    key: int = 0


_PATH = bare(4096)
_USER = bare(32)
_TIME = time()
_COUNT = integer(1, 2**31 - 1)
_NUMBER = integer(0, 2**31 - 1)
_BALANCE = words_like(
    r"(roundrobin|static-rr|leastconn|first|source|log-sticky|sticky"
    r"|(uri|url_param|hash|log-hash|hdr\([^()\s]+\))(\s.+)?|hdr\([^()\s]+\)|random(\([0-9]+(,[0-9]+)?\))?"
    r"|rdp-cookie(\([^()\s]+\))?)",
    "Use roundrobin, static-rr, leastconn, first, source, hash, uri, url_param, hdr(name), random or rdp-cookie.",
)
_HASH_TYPE = words_like(
    r"(map-based|consistent)(\s+(sdbm|djb2|wt6|crc32|none))?(\s+avalanche)?",
    "Use map-based or consistent, then sdbm, djb2, wt6 or crc32, then avalanche.",
)
_FROM = {"F": "frontend", "B": "backend", "L": "listen", "D": "defaults"}

#: option: (words, kind, sections by first letter, shape, key)
_PROXY: dict[str, tuple[str, Kind | None, str, str, int]] = {
    "description": ("description", WORDS, "FBL", ONE, 0),
    "id": ("id", _COUNT, "FBL", ONE, 0),
    "disabled": ("disabled", None, "FBLD", ONE, 0),
    "mode": ("mode", choice("tcp", "http", "log", "spop"), "FBLD", ONE, 0),
    "log": ("log", WORDS, "FBLD", SET, 0),
    "log_tag": ("log-tag", bare(), "FBLD", ONE, 0),
    "log_format": ("log-format", WORDS, "FLD", ONE, 0),
    "error_log_format": ("error-log-format", WORDS, "FLD", ONE, 0),
    "maxconn": ("maxconn", _COUNT, "FLD", ONE, 0),
    "backlog": ("backlog", _COUNT, "FLD", ONE, 0),
    "options": ("option", WORDS, "FBLD", SET, 1),
    "timeouts.connect": ("timeout connect", _TIME, "BLD", ONE, 0),
    "timeouts.client": ("timeout client", _TIME, "FLD", ONE, 0),
    "timeouts.client_fin": ("timeout client-fin", _TIME, "FLD", ONE, 0),
    "timeouts.server": ("timeout server", _TIME, "BLD", ONE, 0),
    "timeouts.server_fin": ("timeout server-fin", _TIME, "BLD", ONE, 0),
    "timeouts.tunnel": ("timeout tunnel", _TIME, "BLD", ONE, 0),
    "timeouts.check": ("timeout check", _TIME, "BLD", ONE, 0),
    "timeouts.queue": ("timeout queue", _TIME, "BLD", ONE, 0),
    "timeouts.http_request": ("timeout http-request", _TIME, "FBLD", ONE, 0),
    "timeouts.http_keep_alive": ("timeout http-keep-alive", _TIME, "FBLD", ONE, 0),
    "timeouts.tarpit": ("timeout tarpit", _TIME, "FBLD", ONE, 0),
    "clitcpka_cnt": ("clitcpka-cnt", _COUNT, "FLD", ONE, 0),
    "clitcpka_idle": ("clitcpka-idle", _TIME, "FLD", ONE, 0),
    "clitcpka_intvl": ("clitcpka-intvl", _TIME, "FLD", ONE, 0),
    "monitor_uri": ("monitor-uri", bare(), "FLD", ONE, 0),
    "default_backend": ("default_backend", NAME, "FLD", ONE, 0),
    "balance": ("balance", _BALANCE, "BLD", ONE, 0),
    "hash_type": ("hash-type", _HASH_TYPE, "BLD", ONE, 0),
    "hash_balance_factor": ("hash-balance-factor", integer(0, 65535), "BLD", ONE, 0),
    "fullconn": ("fullconn", _COUNT, "BLD", ONE, 0),
    "retries": ("retries", _NUMBER, "BLD", ONE, 0),
    "retry_on": ("retry-on", WORDS, "BLD", ONE, 0),
    "http_reuse": ("http-reuse", choice("never", "safe", "aggressive", "always"), "BLD", ONE, 0),
    "max_keep_alive_queue": ("max-keep-alive-queue", integer(-1, 2**31 - 1), "BLD", ONE, 0),
    "cookie": ("cookie", WORDS, "BLD", ONE, 0),
    "stick_table": ("stick-table", WORDS, "FBL", ONE, 0),
    "source": ("source", WORDS, "BLD", ONE, 0),
    "load_server_state_from_file": (
        "load-server-state-from-file",
        choice("global", "local", "none"),
        "BLD",
        ONE,
        0,
    ),
    "srvtcpka_cnt": ("srvtcpka-cnt", _COUNT, "BLD", ONE, 0),
    "srvtcpka_idle": ("srvtcpka-idle", _TIME, "BLD", ONE, 0),
    "srvtcpka_intvl": ("srvtcpka-intvl", _TIME, "BLD", ONE, 0),
    "http_check": ("http-check", WORDS, "BLD", LIST, 0),
    "tcp_check": ("tcp-check", WORDS, "BLD", LIST, 0),
}

GLOBAL: dict[str, Directive] = {
    "log": Directive(("log",), WORDS, SET),
    "log_tag": Directive(("log-tag",), bare()),
    "log_send_hostname": Directive(("log-send-hostname",), bare()),
    "chroot": Directive(("chroot",), _PATH),
    "stats_socket": Directive(("stats", "socket"), WORDS, SET, 1),
    "stats_timeout": Directive(("stats", "timeout"), _TIME),
    "stats_maxconn": Directive(("stats", "maxconn"), _COUNT),
    "user": Directive(("user",), _USER),
    "group": Directive(("group",), _USER),
    "daemon": Directive(("daemon",), None),
    "pidfile": Directive(("pidfile",), _PATH),
    "localpeer": Directive(("localpeer",), NAME),
    "node": Directive(("node",), NAME),
    "description": Directive(("description",), WORDS),
    "maxconn": Directive(("maxconn",), _COUNT),
    "maxconnrate": Directive(("maxconnrate",), _NUMBER),
    "maxsslconn": Directive(("maxsslconn",), _NUMBER),
    "ulimit_n": Directive(("ulimit-n",), _COUNT),
    "nbthread": Directive(("nbthread",), integer(1, 4096)),
    "hard_stop_after": Directive(("hard-stop-after",), _TIME),
    "close_spread_time": Directive(("close-spread-time",), _TIME),
    "spread_checks": Directive(("spread-checks",), integer(0, 50)),
    "server_state_base": Directive(("server-state-base",), _PATH),
    "server_state_file": Directive(("server-state-file",), _PATH),
    "ca_base": Directive(("ca-base",), _PATH),
    "crt_base": Directive(("crt-base",), _PATH),
    "ssl_server_verify": Directive(("ssl-server-verify",), choice("none", "required")),
    "ssl_default_bind_options": Directive(("ssl-default-bind-options",), WORDS),
    "ssl_default_bind_ciphers": Directive(("ssl-default-bind-ciphers",), bare(4096)),
    "ssl_default_bind_ciphersuites": Directive(("ssl-default-bind-ciphersuites",), bare(4096)),
    "ssl_default_bind_curves": Directive(("ssl-default-bind-curves",), bare()),
    "ssl_default_server_options": Directive(("ssl-default-server-options",), WORDS),
    "ssl_default_server_ciphers": Directive(("ssl-default-server-ciphers",), bare(4096)),
    "ssl_default_server_ciphersuites": Directive(("ssl-default-server-ciphersuites",), bare(4096)),
    "ssl_dh_param_file": Directive(("ssl-dh-param-file",), _PATH),
    "ssl_load_extra_files": Directive(("ssl-load-extra-files",), WORDS),
}


def _proxy_table(letter: str) -> dict[str, Directive]:
    return {
        option: Directive(tuple(words.split()), kind, shape, key)
        for option, (words, kind, sections, shape, key) in _PROXY.items()
        if letter in sections
    }


#: section keyword: its typed directives. Other sections have none.
TABLES: dict[str, dict[str, Directive]] = {_FROM[letter]: _proxy_table(letter) for letter in _FROM}
TABLES["global"] = GLOBAL

#: Lines with an editor of their own, by section keyword.
SERVER_LINES: dict[str, tuple[str, ...]] = {
    "backend": ("default-server", "server"),
    "listen": ("default-server", "server"),
    "defaults": ("default-server",),
}
BIND_LINES: dict[str, tuple[str, ...]] = {"frontend": ("bind",), "listen": ("bind",)}
_NEGATABLE = ("option", "log")


def table_of(kind: str) -> dict[str, Directive]:
    return TABLES.get(kind, {})


class Classifier:
    """Says which option of a section's table a line belongs to."""

    def __init__(self, kind: str) -> None:
        self._by_words = {directive.words: option for option, directive in table_of(kind).items()}
        self._own = {*SERVER_LINES.get(kind, ()), *BIND_LINES.get(kind, ())}

    def option(self, words: list[str]) -> str | None:
        """The option a line's words belong to; ``server``, ``default-server`` or ``bind`` for those lines; None for
        a further directive."""
        if not words:
            return None
        if words[0] in self._own:
            return words[0]
        if words[0] in ("no", "default") and words[1:2] and words[1] in _NEGATABLE:
            words = words[1:]
        return self._by_words.get((words[0],)) or self._by_words.get(tuple(words[:2]))


def split_entry(directive: Directive, content: str, spans: list[tuple[int, int, str]]) -> str:
    """What a line says beyond its directive's own words, as written. ``no option x`` gives ``no x``."""
    skipped = len(directive.words)
    prefix = ""
    if spans[0][2] != directive.words[0]:
        prefix, skipped = spans[0][2], skipped + 1
    rest = content[spans[skipped][0] : spans[-1][1]] if len(spans) > skipped else ""
    return f"{prefix} {rest}".strip()


def join_entry(directive: Directive, entry: str) -> str:
    """The line that says an entry: the opposite of ``split_entry``."""
    words = " ".join(directive.words)
    prefix, _blank, rest = entry.partition(" ")
    if directive.shape == SET and prefix in ("no", "default"):
        return f"{prefix} {words} {rest}".rstrip()
    return f"{words} {entry}".rstrip()


def typed_value(directive: Directive, entry: str) -> Any:
    """What an option says in whose place a line has this entry, as written; None where the option could not say it."""
    kind = directive.kind
    return True if kind is None else value_of(kind, entry if is_quotable(kind) else " ".join(meanings(entry)))


def directive_options(kind: str) -> dict[str, Any]:
    """A section's table as the options of an Ansible argument spec."""
    options: dict[str, Any] = {}
    for option, directive in table_of(kind).items():
        spec: dict[str, Any] = {"type": "bool"} if directive.kind is None else directive.kind.argument
        if directive.shape != ONE:
            spec = {"type": "list", "elements": "str"}
        group, dot, name = option.partition(".")
        if dot:
            options.setdefault(group, {"type": "dict", "options": {}})["options"][name] = spec
        else:
            options[option] = spec
    return options
