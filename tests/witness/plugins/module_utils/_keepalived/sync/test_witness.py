# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real keepalived as a witness: what the module writes it reads as meant, and what the module refuses it would
change."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import DaemonRefused
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.versions import number
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import live
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.validator import Validator
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import CONFIGURATION
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System


def _multicast_interface() -> str:
    for name in sorted(os.listdir("/sys/class/net")):
        flags = int(Path("/sys/class/net", name, "flags").read_text(), 16)
        if name != "lo" and flags & 0x1000 and Path("/sys/class/net", name, "type").read_text() == "1\n":
            return name
    return ""


INTERFACE = _multicast_interface()
HERE = shutil.which("keepalived", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is not None
pytestmark = [
    pytest.mark.skipif(not HERE, reason="keepalived is not installed here"),
    pytest.mark.skipif(os.geteuid() != 0, reason="keepalived -t needs root to judge scripts"),
    pytest.mark.skipif(not INTERFACE, reason="no Ethernet interface here to run VRRP on"),
]

#: Nearly every option there is, once.
INSTANCE_4: dict[str, Any] = {
    "name": "A",
    "initial_state": "BACKUP",
    "interface": INTERFACE,
    "virtual_router_id": 51,
    "priority": 100,
    "version": 2,
    "advert_int": 1,
    "nopreempt": True,
    "skip_check_adv_addr": True,
    "accept": True,
    "promote_secondaries": True,
    "dont_track_primary": True,
    "track_src_ip": True,
    "kernel_rx_buf_size": 200000,
    "debug": 0,
    "unicast_src_ip": "192.0.2.2",
    "unicast_ttl": 64,
    "unicast_peer": [{"address": "192.0.2.3", "min_ttl": 10, "max_ttl": 255}],
    "check_unicast_src": True,
    "old_unicast_checksum": {"never": True},
    "authentication": {"auth_type": "PASS", "auth_pass": "abcd1234"},
    "virtual_ipaddress": [
        {
            "address": "192.0.2.100/24",
            "dev": INTERFACE,
            "brd": "+",
            "scope": "global",
            "label": "vip",
            "noprefixroute": True,
        },
        {"address": "192.0.2.101/32", "peer": "10.3.3.3", "no_track": True},
    ],
    "virtual_ipaddress_excluded": [{"address": "fd00::100/64", "nodad": True, "home": True, "preferred_lft": "0"}],
    "virtual_routes": [f"10.99.0.0/16 via 192.0.2.254 dev {INTERFACE}"],
    "virtual_rules": ["from 10.99.0.0/16 table 100 priority 50"],
    "track_interface": [{"name": "lo"}],
    "track_script": [{"name": "s", "weight": -20}],
    "track_process": [{"name": "p"}],
    "track_file": [{"name": "f", "weight": 2}],
    "track_bfd": [{"name": "b"}],
    "garp_master_delay": 5,
    "garp_master_repeat": 5,
    "garp_master_refresh": 60,
    "garp_master_refresh_repeat": 2,
    "garp_lower_prio_delay": 5,
    "garp_lower_prio_repeat": 2,
    "garp_extra_if": "all 10",
    "down_timer_adverts": 4,
    "lower_prio_no_advert": True,
    "higher_prio_send_advert": False,
    "notify_master": "/bin/true m",
    "notify_backup": "/bin/true b",
    "notify_fault": "/bin/true f",
    "notify_stop": "/bin/true s",
    "notify": "/bin/true",
    "notify_deleted": "/bin/true d",
    "notify_master_rx_lower_pri": "/bin/true",
    "notify_priority_changes": True,
    "smtp_alert": False,
}
INSTANCE_6: dict[str, Any] = {
    "name": "V6",
    "interface": INTERFACE,
    "virtual_router_id": 52,
    "version": 3,
    "advert_int": 0.25,
    "preempt_delay": 3,
    "strict_mode": False,
    "native_ipv6": True,
    "mcast_src_ip": "fe80::1",
    "mcast_dst_ip": "ff02::77",
    "virtual_ipaddress": [{"address": "fe80::100/64"}, {"address": "fd00::10/64"}],
    "use_vmac": {"name": "vrrp.52"},
    "vmac_xmit_base": True,
    "use_vmac_addr": True,
}
GLOBALS: dict[str, Any] = {
    "router_id": "me",
    "notification_email": ["a@b.c", "d@e.f"],
    "notification_email_from": "x@y.z",
    "smtp_server": "127.0.0.1 25",
    "smtp_helo_name": "me",
    "smtp_connect_timeout": 30,
    "smtp_alert": False,
    "smtp_alert_vrrp": True,
    "smtp_alert_checker": False,
    "no_email_faults": True,
    "no_checker_emails": True,
    "checker_log_all_failures": True,
    "script_user": "nobody nogroup",
    "enable_script_security": True,
    "startup_script": "/bin/true",
    "startup_script_timeout": 5,
    "shutdown_script": "/bin/true x",
    "shutdown_script_timeout": 5,
    "dynamic_interfaces": {"allow_if_changes": True},
    "default_interface": INTERFACE,
    "vrrp_version": 2,
    "vrrp_mcast_group4": "224.0.0.19",
    "vrrp_mcast_group6": "ff02::13",
    "vrrp_garp_master_delay": 5,
    "vrrp_garp_master_repeat": 5,
    "vrrp_garp_master_refresh": 60,
    "vrrp_garp_master_refresh_repeat": 2,
    "vrrp_garp_lower_prio_delay": 1,
    "vrrp_garp_lower_prio_repeat": 2,
    "vrrp_garp_interval": 0.001,
    "vrrp_gna_interval": 0.001,
    "vrrp_min_garp": True,
    "vrrp_garp_extra_if": "all 10",
    "vrrp_down_timer_adverts": 3,
    "vrrp_lower_prio_no_advert": True,
    "vrrp_higher_prio_send_advert": True,
    "vrrp_check_unicast_src": True,
    "vrrp_skip_check_adv_addr": True,
    "vrrp_startup_delay": 1.5,
    "reload_time_file": "/run/k8s_edge_reload",
    "log_unknown_vrids": True,
    "vrrp_notify_priority_changes": True,
    "nftables": "keepalived",
    "nftables_priority": -1,
    "nftables_counters": True,
    "nftables_ifindex": True,
    "vrrp_priority": -5,
    "vrrp_no_swap": True,
    "vrrp_rt_priority": 50,
    "vrrp_cpu_affinity": "0 1",
    "vrrp_rlimit_rttime": 10000,
    "checker_priority": -5,
    "checker_no_swap": True,
    "bfd_priority": 0,
    "max_auto_priority": 50,
    "min_auto_priority_delay": 1000,
    "lvs_sync_daemon": {
        "interface": INTERFACE,
        "inst": "A",
        "id": 3,
        "maxlen": 1400,
        "port": 8848,
        "ttl": 3,
        "group": "224.0.0.81",
    },
    "lvs_timeouts": {"tcp": 7200, "tcpfin": 30, "udp": 60},
    "lvs_flush": True,
    "lvs_flush_on_stop": {"vs": True},
    "notify_fifo": "/run/k_fifo root",
    "notify_fifo_script": "/bin/true",
    "vrrp_notify_fifo": "/run/k_vfifo",
    "lvs_notify_fifo": "/run/k_lfifo",
    "fifo_write_vrrp_states_on_reload": True,
    "snmp_socket": "unix:/var/agentx/master",
    "enable_traps": True,
    "enable_snmp_vrrp": True,
    "enable_snmp_checker": True,
    "enable_snmp_rfc": True,
    "enable_dbus": True,
    "dbus_service_name": "org.keepalived.Vrrp1",
    "rs_init_notifies": True,
    "umask": "0077",
    "random_seed": 3,
    "tmp_config_directory": "/tmp",
    "data_use_instance": False,
}
CHECK: dict[str, Any] = {
    "connect_ip": "10.0.0.9",
    "connect_port": 81,
    "bindto": "10.0.0.8",
    "bind_port": 9000,
    "connect_timeout": 2.5,
    "fwmark": 3,
    "delay_loop": 5,
    "retry": 3,
    "delay_before_retry": 1,
    "warmup": 1,
    "alpha": True,
    "log_all_failures": True,
}
SERVER: dict[str, Any] = {
    "address": "10.0.1.1",
    "port": 80,
    "weight": 3,
    "uthreshold": 10,
    "lthreshold": 5,
    "inhibit_on_failure": True,
    "notify_up": "/bin/true u",
    "notify_down": "/bin/true d",
    "alpha": True,
    "smtp_alert": False,
    "virtualhost": "h",
    "snmp_name": "n",
    "delay_loop": 5,
    "retry": 3,
    "delay_before_retry": 1,
    "warmup": 0,
    "connect_timeout": 3,
    "http_get": [
        dict(
            CHECK,
            virtualhost="x",
            http_protocol="1.1",
            enable_sni=True,
            fast_recovery=True,
            url=[
                {
                    "path": "/a?b=c",
                    "status_code": "200-299 404",
                    "virtualhost": "v",
                    "regex": "^(ok|fi ne)$",
                    "regex_options": "caseless",
                    "regex_no_match": True,
                    "regex_min_offset": 1,
                    "regex_max_offset": 100,
                    "regex_stack": "32768 524288",
                },
                {"path": "/b", "digest": "9b3a0c85a887a256d6939da88aabd8cd"},
            ],
        )
    ],
    "ssl_get": [{"url": [{"path": "/"}]}],
    "tcp_check": [CHECK, {}],
    "smtp_check": [{"helo_name": "h", "connect_timeout": 3}],
    "dns_check": [{"type": "A", "name": "example.org"}],
    "misc_check": [{"misc_path": "/bin/true -a b", "misc_timeout": 3, "misc_dynamic": True, "user": "nobody"}],
    "bfd_check": [{"name": "b"}],
    "ping_check": [{"connect_timeout": 1}],
    "udp_check": [{"payload": "01 02", "require_reply": "0x 33", "min_reply_length": 1, "max_reply_length": 100}],
    "file_check": [{"track_file": "f", "weight": "2 reverse"}],
}
EVERYTHING: dict[str, Any] = {
    "global_defs": GLOBALS,
    "interface_up_down_delays": [{"name": INTERFACE, "down_delay": 0.25, "up_delay": 0.3}],
    "track_groups": [{"name": "TG", "group": ["A"]}],
    "static_ipaddress": [
        {"address": "192.0.2.7/32", "dev": "lo", "scope": "host", "track_group": "TG"},
        {"address": "fd00::7/128", "dev": INTERFACE, "no_track": True},
    ],
    "static_routes": [f"10.98.0.0/16 via 192.0.2.254 dev {INTERFACE} track_group TG"],
    "static_rules": ["from 10.98.0.0/16 table 101 priority 51"],
    "garp_groups": [
        {"interface": INTERFACE, "garp_interval": 0.01},
        {"interfaces": ["lo"], "gna_interval": 0.02},
    ],
    "bfd_instances": [
        {
            "name": "b",
            "neighbor_ip": "192.0.2.9",
            "source_ip": "192.0.2.2",
            "min_rx": 100,
            "min_tx": 100,
            "idle_tx": 2000,
            "multiplier": 5,
            "passive": True,
            "ttl": 255,
            "max_hops": 0,
            "weight": "-5",
        }
    ],
    "scripts": [
        {
            "name": "s",
            "script": "/bin/true -x 'a b'",
            "interval": 2,
            "timeout": 1,
            "weight": "-20 reverse",
            "rise": 2,
            "fall": 2,
            "user": "nobody nogroup",
            "init_fail": True,
        }
    ],
    "track_processes": [
        {
            "name": "p",
            "process": "haproxy -f x",
            "param_match": "initial",
            "weight": "10",
            "quorum": 1,
            "quorum_max": 3,
            "delay": 2.5,
            "terminate_delay": 1,
            "fork_delay": 1,
            "full_command": True,
        }
    ],
    "track_files": [
        {"name": "f", "file": "/run/k8s_edge_track", "weight": "1", "init_file": {"value": 0, "overwrite": True}}
    ],
    "sync_groups": [
        {
            "name": "SG",
            "group": ["A", "V6"],
            "notify_master": "/bin/true",
            "smtp_alert": True,
            "notify_priority_changes": True,
            "sync_group_tracking_weight": True,
        }
    ],
    "instances": [INSTANCE_4, INSTANCE_6],
    "ssl": {"password": "pw", "ca": "/etc/ssl/ca", "certificate": "/etc/ssl/c", "key": "/etc/ssl/k"},
    "virtual_server_groups": [{"name": "g", "members": ["10.0.0.20-30 80", "fwmark 7"]}],
    "virtual_servers": [
        {
            "address": "10.0.0.18",
            "port": 80,
            "lb_algo": "sh",
            "sh_port": True,
            "sh_fallback": True,
            "lb_kind": "NAT",
            "persistence_engine": "sip",
            "persistence_timeout": 60,
            "persistence_granularity": "255.255.255.0",
            "protocol": "UDP",
            "ha_suspend": True,
            "inhibit_on_failure": True,
            "smtp_alert": False,
            "virtualhost": "h",
            "snmp_name": "n",
            "alpha": True,
            "omega": True,
            "quorum": 2,
            "hysteresis": 1,
            "quorum_up": "/bin/true u",
            "quorum_down": "/bin/true d",
            "weight": 2,
            "retry": 2,
            "delay_before_retry": 1,
            "warmup": 1,
            "connect_timeout": 3,
            "delay_loop": 6,
            "sorry_server": {"address": "10.0.2.1", "port": 80},
            "sorry_server_inhibit": True,
            "sorry_server_lvs_method": "NAT",
            "real_servers": [SERVER],
        },
        {
            "group": "g",
            "lb_algo": "mh",
            "mh_port": True,
            "mh_fallback": True,
            "lb_kind": "TUN type gue port 5555 nocsum",
            "protocol": "UDP",
            "real_servers": [{"address": "10.0.1.1", "lvs_method": "TUN type gre csum"}],
        },
        {
            "fwmark": 3,
            "ip_family": "inet6",
            "lb_algo": "rr",
            "lb_kind": "DR",
            "flag_1": True,
            "real_servers": [{"address": "fd00::1"}],
        },
        {
            "address": "10.0.0.10",
            "port": 80,
            "protocol": "UDP",
            "lb_algo": "rr",
            "lb_kind": "DR",
            "ops": True,
            "real_servers": [{"address": "10.0.1.1", "port": 80}],
        },
    ],
}


def checked_by(**checks: Any) -> dict[str, Any]:
    server = {"address": "10.0.1.1", "port": 443, **checks}
    return {
        "address": "10.0.0.1",
        "port": 443,
        "protocol": "TCP",
        "lb_algo": "rr",
        "lb_kind": "DR",
        "real_servers": [server],
    }


#: What no keepalived of Debian knows yet, and the version that does.
NEWER: list[tuple[dict[str, Any], str]] = [
    ({"global_defs": {"vrrp_delay_after_boot": 15.5}}, "2.4.0"),
    ({"virtual_servers": [checked_by(ssl_get=[{"sni_name": "a.example.org", "url": [{"path": "/"}]}])]}, "2.4.4"),
]


def messages(tmp_path: Path, text: str) -> str:
    path = tmp_path / "candidate.conf"
    path.write_text(text)
    program = System().which("keepalived")
    assert program is not None
    done = System().run([program, "-t", "-f", str(path)], timeout=20, ignore_sigterm=True)
    assert done.rc in (0, 2, 4, 5, 6), done
    return done.stderr


def judge(tmp_path: Path, before: str | None, after: str) -> list[str]:
    current, candidate = tmp_path / "keepalived.conf", tmp_path / ".keepalived.conf.k8s_edge-1"
    if before is not None:
        current.write_text(before)
    candidate.write_text(after)
    return list(Validator(System(), rehearsal=False)(str(candidate), str(current)))


def test_keepalived_reads_every_option_as_it_is_written(tmp_path: Path) -> None:
    assert messages(tmp_path, plan_config("", EVERYTHING).text) == ""


@pytest.mark.parametrize(("desired", "since"), NEWER)
def test_keepalived_knows_an_option_since_the_version_of_its_row(
    tmp_path: Path, desired: dict[str, Any], since: str
) -> None:
    version = live.version(System())
    assert version is not None
    unknown = "Unknown keyword" in messages(tmp_path, plan_config("", desired).text)
    assert unknown == (number(version) < number(since))


def test_every_option_is_read_back(tmp_path: Path) -> None:
    edited = plan_config("", EVERYTHING)
    assert plan_config(edited.text, EVERYTHING).text == edited.text
    document = parse(edited.text)
    read = CONFIGURATION.read(document, document.root)
    assert set(read) == set(EVERYTHING)
    assert set(read["instances"][0]) == set(INSTANCE_4)
    assert set(read["virtual_servers"][0]["real_servers"][0]) == set(SERVER)


GOOD = f"""\
vrrp_instance A {{
    state BACKUP
    interface {INTERFACE}
    virtual_router_id 51
    priority 100
    virtual_ipaddress {{
        192.0.2.100/24
    }}
}}
"""
#: What keepalived says about what the module refuses; nothing at all where it is silent.
CHANGED = {
    "priority 100": {
        "priority 0": "Using default 100",
        "priority 256": "Using default 100",
        "priority x": "Using default",
    },
    "state BACKUP": {"state MASTR": "defaulting to BACKUP", "state MASTER\n nopreempt": "clearing"},
    "192.0.2.100/24": {
        "192.0.2.100/24\n fd00::1/64": "address family must match",
        "127.0.0.1/8": "",
        "224.0.0.1/24": "",
        "192.0.2.100/24\n}\nvirtual_ipaddress {\n 192.0.2.7/24": "",
    },
    "virtual_router_id 51": {
        "virtual_router_id 51\n track_script {\n nobody\n }": "not found, ignoring",
        "virtual_router_id 51\n authentication {\n auth_type PASS\n auth_pass 123456789\n }": "Truncating",
        "virtual_router_id 51\n version 3\n authentication {\n auth_type PASS\n auth_pass x\n }": "Ignoring",
        "virtual_router_id 51\n version 2\n advert_int 0.5": "rounding",
        "virtual_router_id 51\n preempt_delay 3\n nopreempt": "resetting",
    },
}


@pytest.mark.parametrize(
    ("old", "new", "words"), [(old, new, words) for old, cases in CHANGED.items() for new, words in cases.items()]
)
def test_what_is_refused_is_what_keepalived_would_change(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in GOOD
    said = messages(tmp_path, GOOD.replace(old, new))
    assert words in said if words else said == ""
    if words:
        with pytest.raises(DaemonRefused, match="The file was not changed"):
            judge(tmp_path, GOOD, GOOD.replace(old, new))


def test_a_file_with_old_warnings_can_still_be_edited(tmp_path: Path) -> None:
    old = GOOD.replace("state BACKUP", "state MASTR\n strange word")
    warnings = judge(tmp_path, old, old.replace("priority 100", "priority 90") + "\n")
    assert any("MASTR" in warning for warning in warnings)
    with pytest.raises(DaemonRefused, match="another"):
        judge(tmp_path, old, old.replace("priority 100", "another word"))


def test_the_same_warning_once_more_is_a_new_one(tmp_path: Path) -> None:
    old = GOOD.replace("state BACKUP", "strange word")
    with pytest.raises(DaemonRefused, match="strange"):
        judge(tmp_path, old, old.replace("priority 100", "strange word"))


def test_a_script_user_does_not_kill_the_validator(tmp_path: Path) -> None:
    script = "global_defs {\n enable_script_security\n script_user nobody\n}\nvrrp_script s {\n script /bin/true\n}\n"
    tracked = script + GOOD.replace("priority 100", "priority 100\n track_script {\n s\n }")
    assert judge(tmp_path, None, tracked) == []


def test_relative_includes_mean_the_same_in_a_rehearsal(tmp_path: Path) -> None:
    live, elsewhere = tmp_path / "live", tmp_path / "elsewhere"
    live.mkdir()
    elsewhere.mkdir()
    (live / "scripts.inc").write_text("vrrp_script s {\n script /bin/true\n}\n")
    text = "global_defs {\n script_user root\n}\ninclude scripts.inc\n" + GOOD
    (live / "keepalived.conf").write_text(text)
    candidate = elsewhere / "keepalived.conf"
    candidate.write_text(text.replace("priority 100", "priority 100\n track_script {\n s\n }"))
    assert not [
        one
        for one in Validator(System(), rehearsal=True)(str(candidate), str(live / "keepalived.conf"))
        if "s " in one and "not found" in one
    ]
