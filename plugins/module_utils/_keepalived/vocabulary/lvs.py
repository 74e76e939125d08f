# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived understands of IPVS: virtual_server, real_server and every checker. Data (check_parser.c,
check_*.c); schedulers, methods and protocols that keepalived would replace silently are not in it."""

from __future__ import annotations

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
    Command,
    Flag,
    Shape,
    Switch,
    Value,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.vrrp import NAME
from ansible_collections.k8s_edge.ha.plugins.module_utils._values import Kind, choice, integer, number

SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sh", "mh", "dh", "fo", "ovf", "sed", "nq", "twos")
_COUNT = integer(0, 2**32 - 1)
_RETRY = integer(1, 2**32 - 1)
_DELAY = number(0, 2**31)
_TIMER = number(0.000001, 4294)
_WEIGHT = integer(0, 65535)
_PORT = integer(1, 65535)
_METHOD = sentence(
    r"NAT|DR|TUN(?: type (?:ipip(?: nocsum)?|gre(?: (?:no)?csum)?|gue port [0-9]{1,5}(?: (?:no|rem)?csum)?))?",
    "DR, NAT, TUN or TUN type gue port 5555",
)
_USER = sentence(r"[A-Za-z0-9_.\-]+(?: [A-Za-z0-9_.\-]+)?", "keepalived_script")
_PAYLOAD = sentence(r"(?:[0-9A-Fa-f]{2} ?)+", "01 02 ff")
_REPLY = sentence(r"(?:[0-9A-FXa-fx]{2} ?)+", "01 02 xf")


_RETRYING: tuple[Shape, ...] = (
    Value("delay_loop", _TIMER),
    Value("retry", _COUNT),
    Value("delay_before_retry", _DELAY),
    Value("warmup", _DELAY),
    Switch("alpha"),
    Switch("log_all_failures"),
)
_CONNECTION: tuple[Shape, ...] = (
    Value("connect_ip", address()),
    Value("connect_port", _PORT),
    Value("bindto", address()),
    Value("bind_port", _PORT),
    Value("bind_if", interface()),
    Value("connect_timeout", _TIMER),
    Value("fwmark", _COUNT),
)
_CONNECTING = _CONNECTION + _RETRYING

_URL = Table(
    Value("path", plain()),
    Value("digest", sentence(r"[0-9A-Fa-f]{32}", "9b3a0c85a887a256d6939da88aabd8cd")),
    Value(
        "status_code",
        sentence(r"[1-5][0-9]{2}(?:-[1-5][0-9]{2})?(?: [1-5][0-9]{2}(?:-[1-5][0-9]{2})?)*", "200-299 404"),
    ),
    Value("virtualhost", plain()),
    Value("regex", pattern()),
    Flag("regex_no_match"),
    Value("regex_options", sentence(r"[a-z0-9_ ]+", "caseless multiline")),
    Value("regex_min_offset", _COUNT),
    Value("regex_max_offset", _COUNT),
    Value("regex_stack", sentence(r"[0-9]+ [0-9]+", "32768 524288")),
)
_HTTP = Table(
    *_CONNECTING,
    Value("virtualhost", plain()),
    Value("http_protocol", choice("1.0", "1.1", "1.0C")),
    Switch("enable_sni"),
    Switch("fast_recovery"),
    Value("nb_get_retry", _COUNT),
    Blocks("url", _URL),
)

CHECKERS: tuple[Blocks, ...] = (
    Blocks("http_get", _HTTP, "HTTP_GET"),
    Blocks("ssl_get", _HTTP, "SSL_GET"),
    Blocks("tcp_check", Table(*_CONNECTING), "TCP_CHECK"),
    Blocks(
        "smtp_check",
        Table(*_CONNECTING, Value("helo_name", plain()), Blocks("host", Table(*_CONNECTION))),
        "SMTP_CHECK",
    ),
    Blocks(
        "dns_check",
        Table(
            *_CONNECTING, Value("type", upper("A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA")), Value("name", plain())
        ),
        "DNS_CHECK",
    ),
    Blocks(
        "misc_check",
        Table(
            *_RETRYING,
            Command("misc_path", command()),
            Value("misc_timeout", integer(0, 4294)),
            Flag("misc_dynamic"),
            Value("user", _USER),
        ),
        "MISC_CHECK",
    ),
    Blocks("bfd_check", Table(Value("name", plain()), Switch("alpha")), "BFD_CHECK"),
    Blocks("ping_check", Table(*_CONNECTING), "PING_CHECK"),
    Blocks(
        "udp_check",
        Table(
            *_CONNECTING,
            Value("payload", _PAYLOAD),
            Value("require_reply", _REPLY),
            Value("min_reply_length", integer(0, 65535)),
            Value("max_reply_length", integer(0, 65535)),
        ),
        "UDP_CHECK",
    ),
    Blocks("file_check", Table(Value("track_file", plain()), Value("weight", weight(65535))), "FILE_CHECK"),
)

REAL_SERVER = Table(
    Value("weight", _WEIGHT),
    Value("lvs_method", _METHOD),
    Value("uthreshold", _COUNT),
    Value("lthreshold", _COUNT),
    Switch("inhibit_on_failure"),
    Command("notify_up", command()),
    Command("notify_down", command()),
    Switch("alpha"),
    Switch("smtp_alert"),
    Value("virtualhost", plain()),
    Value("snmp_name", plain()),
    Value("delay_loop", _TIMER),
    Value("retry", _RETRY),
    Value("delay_before_retry", _DELAY),
    Value("warmup", _DELAY),
    Value("connect_timeout", _TIMER),
    *CHECKERS,
)

VIRTUAL_SERVER = Table(
    Value("ip_family", choice("inet", "inet6")),
    Value("delay_loop", _TIMER),
    Value("lb_algo", choice(*SCHEDULERS), "lb_algo", "lvs_sched"),
    Flag("hashed"),
    Flag("ops"),
    Flag("flag_1", "flag-1"),
    Flag("flag_2", "flag-2"),
    Flag("flag_3", "flag-3"),
    Flag("sh_port", "sh-port"),
    Flag("sh_fallback", "sh-fallback"),
    Flag("mh_port", "mh-port"),
    Flag("mh_fallback", "mh-fallback"),
    Value("lb_kind", _METHOD, "lb_kind", "lvs_method"),
    Value("persistence_engine", plain(15)),
    Value("persistence_timeout", integer(1, 86400 * 31)),
    Value("persistence_granularity", sentence(r"[0-9.]+", "255.255.255.0, or 64 for IPv6")),
    Value("protocol", upper("TCP", "UDP", "SCTP")),
    Flag("ha_suspend"),
    Flag("inhibit_on_failure"),
    Switch("smtp_alert"),
    Value("virtualhost", plain()),
    Value("snmp_name", plain()),
    Flag("alpha"),
    Flag("omega"),
    Value("quorum", _RETRY),
    Value("hysteresis", _COUNT),
    Command("quorum_up", command()),
    Command("quorum_down", command()),
    Value("weight", integer(1, 65535)),
    Value("retry", _RETRY),
    Value("delay_before_retry", _DELAY),
    Value("warmup", _DELAY),
    Value("connect_timeout", _TIMER),
    Record("sorry_server", Grammar(head("address", address()), head("port", _PORT, False))),
    Flag("sorry_server_inhibit"),
    Value("sorry_server_lvs_method", _METHOD),
    Blocks(
        "real_servers",
        REAL_SERVER,
        "real_server",
        key=Grammar(head("address", address()), head("port", integer(0, 65535), False)),
    ),
)


VIRTUAL_SERVERS = Blocks(
    "virtual_servers",
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
    Sentences(
        "members", sentence(r"[0-9A-Fa-f.:\-]+ [0-9]{1,5}|fwmark [0-9]+(?: inet6?)?", "10.0.0.10 80, or fwmark 3")
    ),
    "virtual_server_group",
    key=NAME,
)
SSL = Group(
    "ssl",
    Table(
        Value("password", Kind(dict(plain().argument, no_log=True), *plain()[1:])),
        Value("ca", path()),
        Value("certificate", path()),
        Value("key", Kind(dict(path().argument, no_log=False), *path()[1:])),  # where it is, not what it is
    ),
    "SSL",
)
