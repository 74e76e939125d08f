# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived understands of VRRP: vrrp_instance and what it tracks. Data; ranges are those of vrrp_parser.c,
with what keepalived would round, clamp or ignore left out."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Blocks, Group, Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.kinds import (
    address,
    command,
    hmac_key,
    interface,
    noting,
    password,
    path,
    plain,
    process,
    sentence,
    weight,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.listings import (
    Grammar,
    Record,
    Records,
    Repeated,
    Sentences,
    Words,
    head,
    option,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.shapes import (
    Arguments,
    Command,
    Flag,
    Switch,
    Toggle,
    Value,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._values import choice, integer, number

_SECONDS = 4294
_MANY = 2**31 - 1
_WEIGHT = integer(-253, 253)
_NAME = head("name", plain())
NAME = Grammar(_NAME)

#: ip route and ip rule syntax is wide: words and numbers, nothing that keepalived's own parser would take apart.
ROUTE = sentence(r"[A-Za-z0-9_.:/+\- ]+", "default via 10.0.0.254 dev eth0")
RULE = sentence(r"[A-Za-z0-9_.:/+\- ]+", "from 10.0.0.0/24 table 100")

#: What an address on an interface may have, virtual or static.
ADDRESS = (
    head("address", address("always")),
    option("dev", interface()),
    option("brd", sentence(r"[-+]|[0-9.]+", "+"), "brd", "broadcast"),
    option("scope", plain()),
    option("label", plain(15)),
    option("peer", address()),
    option("preferred_lft", sentence(r"forever|[0-9]{1,10}", "forever")),
    option("home", None),
    option("nodad", None, "-nodad"),
    option("mngtmpaddr", None),
    option("noprefixroute", None),
    option("autojoin", None),
    option("no_track", None),
)
_VIRTUAL_ADDRESS = Grammar(*ADDRESS, option("use_vmac", None))
_PEER = Grammar(
    head("address", address()),
    option("min_ttl", integer(0, 255)),
    option("max_ttl", integer(0, 255)),
)
_TRACKED = Grammar(_NAME, option("weight", _WEIGHT), option("reverse", None), option("noreverse", None))
_TRACKED_INTERFACE = Grammar(head("name", interface()), option("weight", _WEIGHT), option("reverse", None))

_TRACKING = (
    Records("track_interface", _TRACKED_INTERFACE),
    Records("track_script", _TRACKED),
    Records("track_process", _TRACKED),
    Records("track_file", _TRACKED),
    Records("track_bfd", _TRACKED),
)
_AUTHENTICATION = Table(Value("auth_type", choice("PASS", "AH")), Value("auth_pass", password()))
_HMAC = Table(
    Repeated("keys", Grammar(head("id", integer(1, 255)), head("key", hmac_key())), "key"),
    Value("active_key", integer(1, 255)._replace(argument={"type": "int", "no_log": False})),
    Value("anti_replay", choice("time", "monotonic")),
    Value("time_window", integer(1, 300)),
    Value("mode", choice("enforce", "permissive", "receive-only")),
)
_NOTIFY = tuple(Command("notify" + event, command()) for event in ("_master", "_backup", "_fault", "_stop", ""))

INSTANCE = Table(
    Value("initial_state", choice("MASTER", "BACKUP"), "state"),
    Value("interface", interface()),
    Value("vrf", interface()),
    Record(
        "use_vmac",
        Grammar(
            head("name", interface(), False),
            head(
                "address",
                sentence(r"[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){4}(?::[0-9A-Fa-f]{0,2})?", "02:00:5e:00:01:33"),
                False,
            ),
        ),
    ),
    Flag("use_vmac_addr"),
    Flag("vmac_xmit_base"),
    Record(
        "use_ipvlan",
        Grammar(
            head("type", choice("bridge", "private", "vepa"), False),
            head("address", address("optional"), False),
            head("name", interface(), False),
        ),
    ),
    Flag("native_ipv6"),
    Value("virtual_router_id", integer(1, 255)),
    Value("priority", noting(integer(1, 255), "keepalived would silently use 100")),
    Value("version", integer(2, 3)),
    Value("advert_int", number(0.01, 255)),
    Flag("nopreempt", opposite="preempt"),
    Value("preempt_delay", number(0, 1000)),
    Switch("strict_mode"),
    Flag("skip_check_adv_addr"),
    Toggle("accept", opposite="no_accept"),
    Flag("promote_secondaries"),
    Flag("dont_track_primary"),
    Flag("track_src_ip"),
    Flag("linkbeat_use_polling"),
    Value("kernel_rx_buf_size", integer(0, _MANY)),
    Value("debug", integer(0, 4)),
    Value("mcast_src_ip", address()),
    Value("mcast_dst_ip", address()),
    Value("unicast_src_ip", address()),
    Value("unicast_ttl", integer(0, 255)),
    Records("unicast_peer", _PEER),
    Flag("unicast_fault_no_peer"),
    Flag("check_unicast_src"),
    Record("old_unicast_checksum", Grammar(option("never", None))),
    Group("authentication", _AUTHENTICATION, removable=True),
    Group("auth_hmac", _HMAC, removable=True),
    Records("virtual_ipaddress", _VIRTUAL_ADDRESS, ordered=True),
    Records("virtual_ipaddress_excluded", _VIRTUAL_ADDRESS, ordered=True),
    Flag("no_virtual_ipaddress"),
    Switch("v3_checksum_as_v2"),
    Sentences("virtual_routes", ROUTE),
    Sentences("virtual_rules", RULE),
    *_TRACKING,
    Value("garp_master_delay", integer(0, _SECONDS)),
    Value("garp_master_repeat", integer(1, _MANY)),
    Value("garp_master_refresh", integer(0, _MANY)),
    Value("garp_master_refresh_repeat", integer(1, _MANY)),
    Value("garp_lower_prio_delay", integer(0, _SECONDS)),
    Value("garp_lower_prio_repeat", integer(0, _MANY)),
    Value("garp_extra_if", sentence(r"(?:all )?[0-9]{1,5}", "all 10"), "garp_extra_if", "vmac_garp_intvl"),
    Value("down_timer_adverts", integer(1, 100)),
    Switch("lower_prio_no_advert"),
    Switch("higher_prio_send_advert"),
    *_NOTIFY,
    Command("notify_deleted", command()),
    Command("notify_master_rx_lower_pri", command()),
    Switch("notify_priority_changes"),
    Switch("smtp_alert"),
)

SYNC_GROUP = Table(
    Words("group", plain()),
    *_TRACKING,
    Flag("sync_group_tracking_weight"),
    *_NOTIFY,
    Switch("notify_priority_changes"),
    Switch("smtp_alert"),
)

SCRIPT = Table(
    Command("script", command()),
    Value("interval", integer(1, _SECONDS)),
    Value("timeout", integer(1, _SECONDS)),
    Value("weight", weight(253)),
    Value("rise", integer(1, _MANY)),
    Value("fall", integer(1, _MANY)),
    Value("user", sentence(r"[A-Za-z0-9_.\-]+(?: [A-Za-z0-9_.\-]+)?", "keepalived_script")),
    Flag("init_fail"),
)

TRACK_PROCESS = Table(
    Arguments("process", process()),
    Value("param_match", choice("initial", "partial")),
    Value("weight", weight(253)),
    Value("quorum", integer(1, 65535)),
    Value("quorum_max", integer(0, 65535)),
    Value("delay", number(0.000001, 3600)),
    Value("terminate_delay", number(0.000001, 3600)),
    Value("fork_delay", number(0.000001, 3600)),
    Flag("full_command"),
)

TRACK_FILE = Table(
    Value("file", path()),
    Value("weight", weight(254)),
    Record("init_file", Grammar(head("value", integer(-254, 254), False), option("overwrite", None))),
)

BFD_INSTANCE = Table(
    Value("neighbor_ip", address(), "neighbor_ip", "neighbour_ip"),
    Value("source_ip", address()),
    Value("min_rx", integer(1, 10000)),
    Value("min_tx", integer(1, 10000)),
    Value("idle_tx", integer(1000, 10000)),
    Value("multiplier", integer(1, 255)),
    Flag("passive"),
    Value("ttl", integer(1, 255), "ttl", "hoplimit"),
    Value("max_hops", integer(-1, 255)),
    Value("weight", weight(253)),
)

#: What keepalived_instance is about: the one list of a table that has nothing else.
INSTANCES = Blocks("instances", INSTANCE, "vrrp_instance", key=NAME, exact=True)
SCRIPTS = Blocks("scripts", SCRIPT, "vrrp_script", key=NAME, exact=True)
TRACK_PROCESSES = Blocks("track_processes", TRACK_PROCESS, "vrrp_track_process", key=NAME, exact=True)
TRACK_FILES = Blocks("track_files", TRACK_FILE, "track_file", "vrrp_track_file", key=NAME, exact=True)
BFD_INSTANCES = Blocks("bfd_instances", BFD_INSTANCE, "bfd_instance", key=NAME, exact=True)
SYNC_GROUPS = Blocks("sync_groups", SYNC_GROUP, "vrrp_sync_group", key=NAME, exact=True)
