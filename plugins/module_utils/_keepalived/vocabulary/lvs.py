# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of IPVS that keepalived supports: virtual_server, real_server and every checker. Data (check_parser.c,
check_*.c), without schedulers, methods and protocols that keepalived would silently replace."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import choice, integer, number, secret, shown
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import (
    Blocks,
    Group,
    NamedLists,
    Table,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.kinds import (
    address,
    command,
    interface,
    path,
    pattern,
    plain,
    sentence,
    upper,
    user,
    weight,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.listings import (
    Grammar,
    Record,
    Sentences,
    head,
    option,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.shapes import (
    OLDEST,
    Command,
    Flag,
    Shape,
    Switch,
    Value,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.vrrp import NAME

SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "sed", "nq", "twos")
_COUNT = integer(0, 2**32 - 1)
# keepalived takes twice as much, and so does Linux 6.1; 7.2 refuses a server with more.
_THRESHOLD = integer(0, 2**31 - 1)
_RETRY = integer(1, 2**32 - 1)
_DELAY = number(0, 2**31)
_TIMER = number(0.000001, 4294)
_WEIGHT = integer(0, 65535)
_PORT = integer(1, 65535)
_METHOD = sentence(
    r"NAT|DR|TUN(?: type (?:ipip(?: nocsum)?|gre(?: (?:no)?csum)?|gue port [0-9]{1,5}(?: (?:no|rem)?csum)?))?",
    "DR, NAT, TUN or TUN type gue port 5555",
)
_PAYLOAD = sentence(r"(?:[0-9A-Fa-f]{2} ?)+", "01 02 ff")
_REPLY = sentence(r"(?:[0-9A-FXa-fx]{2} ?)+", "01 02 xf")


_RETRYING: tuple[Shape, ...] = (
    Value("delay_loop", OLDEST, _TIMER),
    Value("retry", OLDEST, _COUNT),
    Value("delay_before_retry", OLDEST, _DELAY),
    Value("warmup", OLDEST, _DELAY),
    Switch("alpha", OLDEST),
    Switch("log_all_failures", "2.0.11"),
)
_CONNECTION: tuple[Shape, ...] = (
    Value("connect_ip", OLDEST, address()),
    Value("connect_port", OLDEST, _PORT),
    Value("bindto", OLDEST, address()),
    Value("bind_port", OLDEST, _PORT),
    Value("bind_if", OLDEST, interface()),
    Value("connect_timeout", OLDEST, _TIMER),
    Value("fwmark", OLDEST, _COUNT),
)
_CONNECTING = _CONNECTION + _RETRYING

_URL = Table(
    Value("path", OLDEST, plain()),
    Value("digest", OLDEST, sentence(r"[0-9A-Fa-f]{32}", "9b3a0c85a887a256d6939da88aabd8cd")),
    Value(
        "status_code",
        OLDEST,
        sentence(r"[1-5][0-9]{2}(?:-[1-5][0-9]{2})?(?: [1-5][0-9]{2}(?:-[1-5][0-9]{2})?)*", "200-299 404"),
    ),
    Value("virtualhost", OLDEST, plain()),
    Value("regex", OLDEST, pattern()),
    Flag("regex_no_match", OLDEST),
    Value("regex_options", OLDEST, sentence(r"[a-z0-9_ ]+", "caseless multiline")),
    Value("regex_min_offset", OLDEST, _COUNT),
    Value("regex_max_offset", OLDEST, _COUNT),
    Value("regex_stack", OLDEST, sentence(r"[0-9]+ [0-9]+", "32768 524288")),
)
_HTTP = Table(
    *_CONNECTING,
    Value("virtualhost", OLDEST, plain()),
    Value("http_protocol", "2.0.17", choice("1.0", "1.1", "1.0C")),
    Switch("enable_sni", OLDEST),
    Switch("fast_recovery", "2.0.17"),
    Value("nb_get_retry", OLDEST, _COUNT),
    Blocks("url", OLDEST, _URL),
)

CHECKERS: tuple[Blocks, ...] = (
    Blocks("http_get", OLDEST, _HTTP, "HTTP_GET"),
    # In keepalived's source since August 2026; releases up to 2.4.3 do not support sni_name.
    Blocks("ssl_get", OLDEST, Table(*_HTTP.shapes, Value("sni_name", "2.4.4", plain())), "SSL_GET"),
    Blocks("tcp_check", OLDEST, Table(*_CONNECTING), "TCP_CHECK"),
    Blocks(
        "smtp_check",
        OLDEST,
        Table(*_CONNECTING, Value("helo_name", OLDEST, plain()), Blocks("host", OLDEST, Table(*_CONNECTION))),
        "SMTP_CHECK",
    ),
    Blocks(
        "dns_check",
        OLDEST,
        Table(
            *_CONNECTING,
            Value("type", OLDEST, upper("A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA")),
            Value("name", OLDEST, plain()),
        ),
        "DNS_CHECK",
    ),
    Blocks(
        "misc_check",
        OLDEST,
        Table(
            *_RETRYING,
            Command("misc_path", OLDEST, command()),
            Value("misc_timeout", OLDEST, integer(0, 4294)),
            Flag("misc_dynamic", OLDEST),
            Value("user", OLDEST, user()),
        ),
        "MISC_CHECK",
    ),
    Blocks("bfd_check", OLDEST, Table(Value("name", OLDEST, plain()), Switch("alpha", OLDEST)), "BFD_CHECK"),
    Blocks("ping_check", OLDEST, Table(*_CONNECTING), "PING_CHECK"),
    Blocks(
        "udp_check",
        OLDEST,
        Table(
            *_CONNECTING,
            Value("payload", OLDEST, _PAYLOAD),
            Value("require_reply", OLDEST, _REPLY),
            Value("min_reply_length", OLDEST, integer(0, 65535)),
            Value("max_reply_length", OLDEST, integer(0, 65535)),
        ),
        "UDP_CHECK",
    ),
    Blocks(
        "file_check",
        OLDEST,
        Table(Value("track_file", OLDEST, plain()), Value("weight", OLDEST, weight(65535))),
        "FILE_CHECK",
    ),
)

REAL_SERVER = Table(
    Value("weight", OLDEST, _WEIGHT),
    Value("lvs_method", OLDEST, _METHOD),
    Value("uthreshold", OLDEST, _THRESHOLD),
    Value("lthreshold", OLDEST, _THRESHOLD),
    Switch("inhibit_on_failure", OLDEST),
    Command("notify_up", OLDEST, command()),
    Command("notify_down", OLDEST, command()),
    Switch("alpha", OLDEST),
    Switch("smtp_alert", OLDEST),
    Value("virtualhost", OLDEST, plain()),
    Value("snmp_name", OLDEST, plain()),
    Value("delay_loop", OLDEST, _TIMER),
    Value("retry", OLDEST, _RETRY),
    Value("delay_before_retry", OLDEST, _DELAY),
    Value("warmup", OLDEST, _DELAY),
    Value("connect_timeout", OLDEST, _TIMER),
    *CHECKERS,
)

VIRTUAL_SERVER = Table(
    Value("ip_family", OLDEST, choice("inet", "inet6")),
    Value("delay_loop", OLDEST, _TIMER),
    Value("lb_algo", OLDEST, choice(*SCHEDULERS), "lb_algo", "lvs_sched"),
    Flag("hashed", OLDEST),
    Flag("ops", OLDEST),
    Flag("flag_1", OLDEST, "flag-1"),
    Flag("flag_2", OLDEST, "flag-2"),
    Flag("flag_3", OLDEST, "flag-3"),
    Flag("sh_port", OLDEST, "sh-port"),
    Flag("sh_fallback", OLDEST, "sh-fallback"),
    Flag("mh_port", "2.0.20", "mh-port"),
    Flag("mh_fallback", "2.0.20", "mh-fallback"),
    Value("lb_kind", OLDEST, _METHOD, "lb_kind", "lvs_method"),
    Value("persistence_engine", OLDEST, plain(15)),
    Value("persistence_timeout", OLDEST, integer(1, 86400 * 31)),
    Value("persistence_granularity", OLDEST, sentence(r"[0-9.]+", "255.255.255.0, or 64 for IPv6")),
    Value("protocol", OLDEST, upper("TCP", "UDP", "SCTP")),
    Flag("ha_suspend", OLDEST),
    Flag("inhibit_on_failure", OLDEST),
    Switch("smtp_alert", OLDEST),
    Value("virtualhost", OLDEST, plain()),
    Value("snmp_name", OLDEST, plain()),
    Flag("alpha", OLDEST),
    Flag("omega", OLDEST),
    Value("quorum", OLDEST, _RETRY),
    Value("hysteresis", OLDEST, _COUNT),
    Command("quorum_up", OLDEST, command()),
    Command("quorum_down", OLDEST, command()),
    Value("weight", OLDEST, integer(1, 65535)),
    Value("retry", OLDEST, _RETRY),
    Value("delay_before_retry", OLDEST, _DELAY),
    Value("warmup", OLDEST, _DELAY),
    Value("connect_timeout", OLDEST, _TIMER),
    Record("sorry_server", OLDEST, Grammar(head("address", address()), head("port", _PORT, False))),
    Flag("sorry_server_inhibit", OLDEST),
    Value("sorry_server_lvs_method", OLDEST, _METHOD),
    Blocks(
        "real_servers",
        OLDEST,
        REAL_SERVER,
        "real_server",
        key=Grammar(head("address", address()), head("port", integer(0, 65535), False)),
    ),
)


VIRTUAL_SERVERS = Blocks(
    "virtual_servers",
    OLDEST,
    VIRTUAL_SERVER,
    "virtual_server",
    key=Grammar(
        head("address", address(), False),
        head("port", integer(0, 65535), False),
        option("fwmark", integer(1, 2**32 - 1)),
        option("group", plain()),
    ),
    also=("protocol", "ip_family"),
    exact=True,
)
VIRTUAL_SERVER_GROUPS = NamedLists(
    "virtual_server_groups",
    OLDEST,
    Sentences(
        "members",
        OLDEST,
        sentence(r"[0-9A-Fa-f.:\-]+ [0-9]{1,5}|fwmark [0-9]+(?: inet6?)?", "10.0.0.10 80, or fwmark 3"),
    ),
    "virtual_server_group",
    key=NAME,
)
SSL = Group(
    "ssl",
    OLDEST,
    Table(
        Value("password", OLDEST, secret(plain())),
        Value("ca", OLDEST, path()),
        Value("certificate", OLDEST, path()),
        Value("key", OLDEST, shown(path())),  # a path, not a secret
    ),
    "SSL",
)
