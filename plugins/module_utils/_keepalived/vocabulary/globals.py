# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived understands in global_defs. Data (global_parser.c)."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Group, Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.kinds import (
    address,
    command,
    interface,
    path,
    plain,
    sentence,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.listings import (
    Grammar,
    Record,
    Words,
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
from ansible_collections.k8s_edge.ha.plugins.module_utils._values import integer, number

_MANY = 2**31 - 1
_SECONDS = 4294
_NICE = integer(-20, 19)
_CPUS = sentence(r"[0-9]{1,4}(?: [0-9]{1,4})*", "0 1")
_USER = sentence(r"[A-Za-z0-9_.\-]+(?: [A-Za-z0-9_.\-]+)?", "keepalived_script")
_SERVER = sentence(r"[A-Za-z0-9_.:\-]+(?: [0-9]{1,5})?", "127.0.0.1 25")


def _scheduling(process: str) -> tuple[Shape, ...]:
    return (
        Value(process + "_priority", _NICE),
        Flag(process + "_no_swap"),
        Value(process + "_rt_priority", integer(1, 99)),
        Value(process + "_cpu_affinity", _CPUS),
        Value(process + "_rlimit_rttime", integer(1, _MANY), process + "_rlimit_rttime", process + "_rlimit_rtime"),
    )


GLOBAL_DEFS = Group(
    "global_defs",
    Table(
        Value("router_id", plain()),
        Words("notification_email", plain()),
        Value("notification_email_from", plain()),
        Value("smtp_server", _SERVER),
        Value("smtp_helo_name", plain()),
        Value("smtp_connect_timeout", integer(1, _SECONDS)),
        Switch("smtp_alert"),
        Switch("smtp_alert_vrrp"),
        Switch("smtp_alert_checker"),
        Flag("no_email_faults"),
        Flag("no_checker_emails"),
        Switch("checker_log_all_failures"),
        Value("script_user", _USER),
        Flag("enable_script_security"),
        Command("startup_script", command()),
        Value("startup_script_timeout", integer(1, 1000)),
        Command("shutdown_script", command()),
        Value("shutdown_script_timeout", integer(1, 1000)),
        Record("dynamic_interfaces", Grammar(option("allow_if_changes", None))),
        Value("default_interface", interface()),
        Flag("disable_local_igmp"),
        Value("vrrp_version", integer(2, 3)),
        Value("vrrp_mcast_group4", address()),
        Value("vrrp_mcast_group6", address()),
        Value("vrrp_garp_master_delay", integer(0, _SECONDS)),
        Value("vrrp_garp_master_repeat", integer(1, _MANY)),
        Value("vrrp_garp_master_refresh", integer(0, _MANY)),
        Value("vrrp_garp_master_refresh_repeat", integer(1, _MANY)),
        Value("vrrp_garp_lower_prio_delay", integer(0, _SECONDS)),
        Value("vrrp_garp_lower_prio_repeat", integer(0, _MANY)),
        Value("vrrp_garp_interval", number(0.000001, _SECONDS)),
        Value("vrrp_gna_interval", number(0.000001, _SECONDS)),
        Switch("vrrp_min_garp"),
        Value(
            "vrrp_garp_extra_if",
            sentence(r"(?:all )?[0-9]{1,5}", "all 10"),
            "vrrp_garp_extra_if",
            "vrrp_vmac_garp_intvl",
        ),
        Value("vrrp_down_timer_adverts", integer(1, 100)),
        Switch("vrrp_lower_prio_no_advert"),
        Switch("vrrp_higher_prio_send_advert"),
        Flag("vrrp_check_unicast_src"),
        Flag("vrrp_skip_check_adv_addr"),
        Flag("vrrp_strict"),
        Value("vrrp_startup_delay", number(0.001, _SECONDS)),
        Flag("log_unknown_vrids"),
        Switch("vrrp_notify_priority_changes"),
        Value("vrrp_iptables", sentence(r"[A-Za-z0-9_\-]+(?: [A-Za-z0-9_\-]+)?", "keepalived_in keepalived_out")),
        Value("vrrp_ipsets", sentence(r"[A-Za-z0-9_\- ]+", "keepalived keepalived6 keepalived_if6")),
        Value("nftables", plain()),
        Value("nftables_priority", integer(-(2**31), _MANY)),
        Flag("nftables_counters"),
        Flag("nftables_ifindex"),
        *_scheduling("vrrp"),
        *_scheduling("checker"),
        *_scheduling("bfd"),
        Value("max_auto_priority", integer(-1, 99)),
        Value("min_auto_priority_delay", integer(1, 10000000)),
        Record(
            "lvs_sync_daemon",
            Grammar(
                head("interface", interface()),
                option("inst", plain()),
                option("id", integer(0, 255)),
                option("maxlen", integer(1, 65507)),
                option("port", integer(1, 65535)),
                option("ttl", integer(1, 255)),
                option("group", address()),
            ),
            removable=True,
        ),
        Record(
            "lvs_timeouts",
            Grammar(
                option("tcp", integer(0, 86400 * 31)),
                option("tcpfin", integer(0, 86400 * 31)),
                option("udp", integer(0, 86400 * 31)),
            ),
        ),
        Flag("lvs_flush"),
        Record("lvs_flush_on_stop", Grammar(option("vs", None, "VS")), "lvs_flush_on_stop", "lvs_flush_onstop"),
        Value("notify_fifo", sentence(r"/[^ ]+(?: [^ ]+){0,2}", "/run/keepalived/notify")),
        Command("notify_fifo_script", command()),
        Value("vrrp_notify_fifo", sentence(r"/[^ ]+(?: [^ ]+){0,2}", "/run/keepalived/notify")),
        Command("vrrp_notify_fifo_script", command()),
        Value("lvs_notify_fifo", sentence(r"/[^ ]+(?: [^ ]+){0,2}", "/run/keepalived/notify")),
        Command("lvs_notify_fifo_script", command()),
        Flag("fifo_write_vrrp_states_on_reload"),
        Value("snmp_socket", plain()),
        Flag("enable_traps"),
        Flag("enable_snmp_vrrp", "enable_snmp_vrrp", "enable_snmp_keepalived"),
        Flag("enable_snmp_checker"),
        Flag("enable_snmp_rfc"),
        Flag("enable_snmp_rfcv2"),
        Flag("enable_snmp_rfcv3"),
        Flag("enable_dbus"),
        Value("dbus_service_name", plain()),
        Switch("rs_init_notifies"),
        Value(
            "umask", sentence(r"0[0-7]{1,3}|I[RWX](?:USR|GRP|OTH)(?: ?\| ?I[RWX](?:USR|GRP|OTH))*", "'0077', in quotes")
        ),
        Value("random_seed", integer(0, 2**32 - 1)),
        Value("config_save_dir", path()),
        Value("tmp_config_directory", path()),
        Switch("data_use_instance"),
    ),
)
