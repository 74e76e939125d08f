# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directives of each section, one line each, as data (manual, chapters 3 and 4.2).

An option's name is HAProxy's keyword with ``_`` for ``-``. New lines are written in the order of the table. Anything in
none of these tables is a further directive: kept, and managed as an ordered list of whole lines.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import Kind, choice, integer
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.kinds import (
    NAME,
    OLDEST,
    WORDS,
    bare,
    is_quotable,
    time,
    value_of,
    words_like,
)

#: How often a directive may occur in a section. ONE: the last line counts. SET: several lines, the order does not
#: matter. LIST: several lines, the order matters.
ONE, SET, LIST = "one", "set", "list"


class Directive(NamedTuple):
    """``words`` begin the line; ``kind`` is that of the rest, None where nothing follows. ``since`` is the version that
    introduced it; ``later`` are values that need a newer version. ``key`` is how many words of the rest identify an
    entry of a SET (0: all)."""

    kind: Kind | None
    since: str
    shape: str = ONE
    key: int = 0
    later: dict[str, str] | None = None
    words: tuple[str, ...] = ()


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
_BALANCE_LATER = {"hash": "2.6", "log-hash": "2.9", "log-sticky": "2.9", "sticky": "3.0"}
_HASH_TYPE = words_like(
    r"(map-based|consistent)(\s+(sdbm|djb2|wt6|crc32|none))?(\s+avalanche)?",
    "Use map-based or consistent, then sdbm, djb2, wt6 or crc32, then avalanche.",
)
_FROM = {"F": "frontend", "B": "backend", "L": "listen", "D": "defaults"}

#: A row: the sections by their first letters, and the line. See docs/keywords.md.
_PROXY: dict[str, tuple[str, Directive]] = {
    "description": ("FBL", Directive(WORDS, OLDEST)),
    "id": ("FBL", Directive(_COUNT, OLDEST)),
    "disabled": ("FBLD", Directive(None, OLDEST)),
    "mode": ("FBLD", Directive(choice("tcp", "http", "log", "spop"), OLDEST, later={"log": "2.9", "spop": "3.1"})),
    "log": ("FBLD", Directive(WORDS, OLDEST, SET)),
    "log_tag": ("FBLD", Directive(bare(), OLDEST)),
    "log_format": ("FLD", Directive(WORDS, OLDEST)),
    "error_log_format": ("FLD", Directive(WORDS, "2.5")),
    "maxconn": ("FLD", Directive(_COUNT, OLDEST)),
    "backlog": ("FLD", Directive(_COUNT, OLDEST)),
    "options": ("FBLD", Directive(WORDS, OLDEST, SET, 1, words=("option",))),
    "timeouts.connect": ("BLD", Directive(_TIME, OLDEST)),
    "timeouts.client": ("FLD", Directive(_TIME, OLDEST)),
    "timeouts.client_fin": ("FLD", Directive(_TIME, OLDEST)),
    "timeouts.server": ("BLD", Directive(_TIME, OLDEST)),
    "timeouts.server_fin": ("BLD", Directive(_TIME, OLDEST)),
    "timeouts.tunnel": ("BLD", Directive(_TIME, OLDEST)),
    "timeouts.check": ("BLD", Directive(_TIME, OLDEST)),
    "timeouts.queue": ("BLD", Directive(_TIME, OLDEST)),
    "timeouts.http_request": ("FBLD", Directive(_TIME, OLDEST)),
    "timeouts.http_keep_alive": ("FBLD", Directive(_TIME, OLDEST)),
    "timeouts.tarpit": ("FBLD", Directive(_TIME, OLDEST)),
    "clitcpka_cnt": ("FLD", Directive(_COUNT, OLDEST)),
    "clitcpka_idle": ("FLD", Directive(_TIME, OLDEST)),
    "clitcpka_intvl": ("FLD", Directive(_TIME, OLDEST)),
    "monitor_uri": ("FLD", Directive(bare(), OLDEST)),
    "default_backend": ("FLD", Directive(NAME, OLDEST, words=("default_backend",))),
    "balance": ("BLD", Directive(_BALANCE, OLDEST, later=_BALANCE_LATER)),
    "hash_type": ("BLD", Directive(_HASH_TYPE, OLDEST, later={"none": "2.9"})),
    "hash_balance_factor": ("BLD", Directive(integer(0, 65535), OLDEST)),
    "fullconn": ("BLD", Directive(_COUNT, OLDEST)),
    "retries": ("BLD", Directive(_NUMBER, OLDEST)),
    "retry_on": ("BLD", Directive(WORDS, OLDEST)),
    "http_reuse": ("BLD", Directive(choice("never", "safe", "aggressive", "always"), OLDEST)),
    "max_keep_alive_queue": ("BLD", Directive(integer(-1, 2**31 - 1), OLDEST)),
    "cookie": ("BLD", Directive(WORDS, OLDEST)),
    "stick_table": ("FBL", Directive(WORDS, OLDEST)),
    "source": ("BLD", Directive(WORDS, OLDEST)),
    "load_server_state_from_file": ("BLD", Directive(choice("global", "local", "none"), OLDEST)),
    "srvtcpka_cnt": ("BLD", Directive(_COUNT, OLDEST)),
    "srvtcpka_idle": ("BLD", Directive(_TIME, OLDEST)),
    "srvtcpka_intvl": ("BLD", Directive(_TIME, OLDEST)),
    "http_check": ("BLD", Directive(WORDS, OLDEST, LIST)),
    "tcp_check": ("BLD", Directive(WORDS, OLDEST, LIST)),
}

_GLOBAL: dict[str, Directive] = {
    "log": Directive(WORDS, OLDEST, SET),
    "log_tag": Directive(bare(), OLDEST),
    "log_send_hostname": Directive(bare(), OLDEST),
    "chroot": Directive(_PATH, OLDEST),
    "stats_socket": Directive(WORDS, OLDEST, SET, 1, words=("stats", "socket")),
    "stats_timeout": Directive(_TIME, OLDEST, words=("stats", "timeout")),
    "stats_maxconn": Directive(_COUNT, OLDEST, words=("stats", "maxconn")),
    "user": Directive(_USER, OLDEST),
    "group": Directive(_USER, OLDEST),
    "daemon": Directive(None, OLDEST),
    "pidfile": Directive(_PATH, OLDEST),
    "localpeer": Directive(NAME, OLDEST),
    "node": Directive(NAME, OLDEST),
    "description": Directive(WORDS, OLDEST),
    "maxconn": Directive(_COUNT, OLDEST),
    "maxconnrate": Directive(_NUMBER, OLDEST),
    "maxsslconn": Directive(_NUMBER, OLDEST),
    "ulimit_n": Directive(_COUNT, OLDEST),
    "nbthread": Directive(integer(1, 4096), OLDEST),
    "hard_stop_after": Directive(_TIME, OLDEST),
    "close_spread_time": Directive(_TIME, "2.6"),
    "spread_checks": Directive(integer(0, 50), OLDEST),
    "server_state_base": Directive(_PATH, OLDEST),
    "server_state_file": Directive(_PATH, OLDEST),
    "ca_base": Directive(_PATH, OLDEST),
    "crt_base": Directive(_PATH, OLDEST),
    "ssl_server_verify": Directive(choice("none", "required"), OLDEST),
    "ssl_default_bind_options": Directive(WORDS, OLDEST),
    "ssl_default_bind_ciphers": Directive(bare(4096), OLDEST),
    "ssl_default_bind_ciphersuites": Directive(bare(4096), OLDEST),
    "ssl_default_bind_curves": Directive(bare(), OLDEST),
    "ssl_default_server_options": Directive(WORDS, OLDEST),
    "ssl_default_server_ciphers": Directive(bare(4096), OLDEST),
    "ssl_default_server_ciphersuites": Directive(bare(4096), OLDEST),
    "ssl_dh_param_file": Directive(_PATH, OLDEST),
    "ssl_load_extra_files": Directive(WORDS, OLDEST),
}


def _table(rows: dict[str, Directive]) -> dict[str, Directive]:
    named = {option: option.replace("timeouts.", "timeout ").replace("_", "-").split() for option in rows}
    return {option: row if row.words else row._replace(words=tuple(named[option])) for option, row in rows.items()}


#: Section keyword -> its typed directives. Other sections have none.
TABLES: dict[str, dict[str, Directive]] = {
    kind: _table({option: row for option, (sections, row) in _PROXY.items() if letter in sections})
    for letter, kind in _FROM.items()
}
TABLES["global"] = _table(_GLOBAL)

#: Lines with an editor of their own, by section keyword.
SERVER_LINES: dict[str, tuple[str, ...]] = {
    "backend": ("default-server", "server"),
    "listen": ("default-server", "server"),
    "defaults": ("default-server",),
}
BIND_LINES: dict[str, tuple[str, ...]] = {"frontend": ("bind",), "listen": ("bind",)}
_NEGATABLE = ("option", "log")


def table_of(kind: str) -> dict[str, Directive]:
    """The typed directives of a section keyword, by option; empty where it has none."""
    return TABLES.get(kind, {})


class Classifier:
    """Says which option of a section's table a line belongs to."""

    def __init__(self, kind: str) -> None:
        self._by_words = {directive.words: option for option, directive in table_of(kind).items()}
        self._own = {*SERVER_LINES.get(kind, ()), *BIND_LINES.get(kind, ())}

    def option(self, words: list[str]) -> str | None:
        """The option that a line's words belong to; ``server``, ``default-server`` or ``bind`` for those lines; None
        for a further directive."""
        if not words:
            return None
        if words[0] in self._own:
            return words[0]
        if words[0] in ("no", "default") and words[1:2] and words[1] in _NEGATABLE:
            words = words[1:]
        return self._by_words.get((words[0],)) or self._by_words.get(tuple(words[:2]))


def split_entry(directive: Directive, content: str, spans: list[tuple[int, int, str]]) -> str:
    """The text of a line after its directive's words, as written. ``no option x`` gives ``no x``."""
    skipped = len(directive.words)
    prefix = ""
    if spans[0][2] != directive.words[0]:
        prefix, skipped = spans[0][2], skipped + 1
    rest = content[spans[skipped][0] : spans[-1][1]] if len(spans) > skipped else ""
    return f"{prefix} {rest}".strip()


def join_entry(directive: Directive, entry: str) -> str:
    """The line for an entry: the reverse of ``split_entry``."""
    words = " ".join(directive.words)
    prefix, _blank, rest = entry.partition(" ")
    if directive.shape == SET and prefix in ("no", "default"):
        return f"{prefix} {words} {rest}".rstrip()
    return f"{words} {entry}".rstrip()


def typed_value(directive: Directive, entry: str) -> Any:
    """The option's value for a line with this entry, as written; None where the option cannot hold it."""
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
