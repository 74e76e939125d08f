# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of global_defs that keepalived supports. Data (global_parser.c)."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import integer, number
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Group, Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.kinds import (
    address,
    command,
    interface,
    path,
    plain,
    sentence,
    user,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.listings import (
    Grammar,
    Record,
    Words,
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

_MANY = 2**31 - 1
_SECONDS = 4294
_NICE = integer(-20, 19)
_CPUS = sentence(r"[0-9]{1,4}(?: [0-9]{1,4})*", "0 1")
_SERVER = sentence(r"[A-Za-z0-9_.:\-]+(?: [0-9]{1,5})?", "127.0.0.1 25")


def _scheduling(process: str) -> tuple[Shape, ...]:
    return (
        Value(process + "_priority", OLDEST, _NICE),
        Flag(process + "_no_swap", OLDEST),
        Value(process + "_rt_priority", OLDEST, integer(1, 99)),
        Value(process + "_cpu_affinity", "2.0.17", _CPUS),
        Value(
            process + "_rlimit_rttime", OLDEST, integer(1, _MANY), process + "_rlimit_rttime", process + "_rlimit_rtime"
        ),
    )


GLOBAL_DEFS = Group(
    "global_defs",
    OLDEST,
    Table(
        Value("router_id", OLDEST, plain()),
        Words("notification_email", OLDEST, plain()),
        Value("notification_email_from", OLDEST, plain()),
        Value("smtp_server", OLDEST, _SERVER),
        Value("smtp_helo_name", OLDEST, plain()),
        Value("smtp_connect_timeout", OLDEST, integer(1, _SECONDS)),
        Switch("smtp_alert", OLDEST),
        Switch("smtp_alert_vrrp", OLDEST),
        Switch("smtp_alert_checker", OLDEST),
        Flag("no_email_faults", OLDEST),
        Flag("no_checker_emails", OLDEST),
        Switch("checker_log_all_failures", "2.0.11"),
        Value("script_user", OLDEST, user()),
        Flag("enable_script_security", OLDEST),
        Command("startup_script", OLDEST, command()),
        Value("startup_script_timeout", OLDEST, integer(1, 1000)),
        Command("shutdown_script", OLDEST, command()),
        Value("shutdown_script_timeout", OLDEST, integer(1, 1000)),
        Record("dynamic_interfaces", OLDEST, Grammar(option("allow_if_changes", None))),
        Value("default_interface", OLDEST, interface()),
        Flag("disable_local_igmp", OLDEST),
        Value("vrrp_version", OLDEST, integer(2, 3)),
        Value("vrrp_mcast_group4", OLDEST, address()),
        Value("vrrp_mcast_group6", OLDEST, address()),
        Value("vrrp_garp_master_delay", OLDEST, integer(0, _SECONDS)),
        Value("vrrp_garp_master_repeat", OLDEST, integer(1, _MANY)),
        Value("vrrp_garp_master_refresh", OLDEST, integer(0, _MANY)),
        Value("vrrp_garp_master_refresh_repeat", OLDEST, integer(1, _MANY)),
        Value("vrrp_garp_lower_prio_delay", OLDEST, integer(0, _SECONDS)),
        Value("vrrp_garp_lower_prio_repeat", OLDEST, integer(0, _MANY)),
        Value("vrrp_garp_interval", OLDEST, number(0.000001, _SECONDS)),
        Value("vrrp_gna_interval", OLDEST, number(0.000001, _SECONDS)),
        Switch("vrrp_min_garp", "2.0.12"),
        Value(
            "vrrp_garp_extra_if",
            "2.2.3",
            sentence(r"(?:all )?[0-9]{1,5}", "all 10"),
            "vrrp_garp_extra_if",
            "vrrp_vmac_garp_intvl",
        ),
        Value("vrrp_down_timer_adverts", "2.2.3", integer(1, 100)),
        Switch("vrrp_lower_prio_no_advert", OLDEST),
        Switch("vrrp_higher_prio_send_advert", OLDEST),
        Flag("vrrp_check_unicast_src", OLDEST),
        Flag("vrrp_skip_check_adv_addr", OLDEST),
        Flag("vrrp_strict", OLDEST),
        Value("vrrp_startup_delay", "2.0.14", number(0.001, _SECONDS)),
        Value("vrrp_delay_after_boot", "2.4.0", number(0.001, _SECONDS)),
        Flag("log_unknown_vrids", "2.0.16"),
        Switch("vrrp_notify_priority_changes", "2.0.16"),
        Value(
            "vrrp_iptables", OLDEST, sentence(r"[A-Za-z0-9_\-]+(?: [A-Za-z0-9_\-]+)?", "keepalived_in keepalived_out")
        ),
        Value("vrrp_ipsets", OLDEST, sentence(r"[A-Za-z0-9_\- ]+", "keepalived keepalived6 keepalived_if6")),
        Value("nftables", "2.0.11", plain()),
        Value("nftables_priority", OLDEST, integer(-(2**31), _MANY)),
        Flag("nftables_counters", OLDEST),
        Flag("nftables_ifindex", OLDEST),
        *_scheduling("vrrp"),
        *_scheduling("checker"),
        *_scheduling("bfd"),
        Value("max_auto_priority", "2.1.0", integer(-1, 99)),
        Value("min_auto_priority_delay", "2.1.0", integer(1, 10000000)),
        Record(
            "lvs_sync_daemon",
            OLDEST,
            Grammar(
                head("interface", interface()),
                option("inst", plain()),
                option("id", integer(0, 255)),
                option("maxlen", integer(1, 65507)),
                option("port", integer(1, 65535)),
                option("ttl", integer(1, 255)),
                option("group", address()),
                older=("inst", "id"),
            ),
            removable=True,
        ),
        Record(
            "lvs_timeouts",
            OLDEST,
            Grammar(
                option("tcp", integer(0, 86400 * 31)),
                option("tcpfin", integer(0, 86400 * 31)),
                option("udp", integer(0, 86400 * 31)),
            ),
        ),
        Flag("lvs_flush", OLDEST),
        Record(
            "lvs_flush_on_stop", "2.2.0", Grammar(option("vs", None, "VS")), "lvs_flush_on_stop", "lvs_flush_onstop"
        ),
        Value("notify_fifo", OLDEST, sentence(r"/[^ ]+(?: [^ ]+){0,2}", "/run/keepalived/notify")),
        Command("notify_fifo_script", OLDEST, command()),
        Value("vrrp_notify_fifo", OLDEST, sentence(r"/[^ ]+(?: [^ ]+){0,2}", "/run/keepalived/notify")),
        Command("vrrp_notify_fifo_script", OLDEST, command()),
        Value("lvs_notify_fifo", OLDEST, sentence(r"/[^ ]+(?: [^ ]+){0,2}", "/run/keepalived/notify")),
        Command("lvs_notify_fifo_script", OLDEST, command()),
        Flag("fifo_write_vrrp_states_on_reload", OLDEST),
        Value("snmp_socket", OLDEST, plain()),
        Flag("enable_traps", OLDEST),
        Flag("enable_snmp_vrrp", OLDEST, "enable_snmp_vrrp", "enable_snmp_keepalived"),
        Flag("enable_snmp_checker", OLDEST),
        Flag("enable_snmp_rfc", OLDEST),
        Flag("enable_snmp_rfcv2", OLDEST),
        Flag("enable_snmp_rfcv3", OLDEST),
        Flag("enable_dbus", OLDEST),
        Value("dbus_service_name", OLDEST, plain()),
        Switch("rs_init_notifies", OLDEST),
        Value(
            "umask",
            OLDEST,
            sentence(r"0[0-7]{1,3}|I[RWX](?:USR|GRP|OTH)(?: ?\| ?I[RWX](?:USR|GRP|OTH))*", "'0077', in quotes"),
        ),
        Value("random_seed", OLDEST, integer(0, 2**32 - 1)),
        Value("reload_time_file", "2.1.0", path()),
        Value("config_save_dir", OLDEST, path()),
        Value("tmp_config_directory", OLDEST, path()),
        Switch("data_use_instance", OLDEST),
    ),
)
