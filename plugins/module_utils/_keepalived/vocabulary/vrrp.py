# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of VRRP that keepalived supports: vrrp_instance and what it tracks. Data; ranges are those of
vrrp_parser.c, without values that keepalived would round, clamp or ignore."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.kinds import choice, integer, number, shown
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
    user,
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
    OLDEST,
    Arguments,
    Command,
    Flag,
    Switch,
    Toggle,
    Value,
)

_SECONDS = 4294
_MANY = 2**31 - 1
_WEIGHT = integer(-253, 253)
_NAME = head("name", plain())
NAME = Grammar(_NAME)

#: The syntax of ip route and ip rule is wide: words and numbers, without characters that keepalived's parser
#: interprets.
ROUTE = sentence(r"[A-Za-z0-9_.:/+\- ]+", "default via 10.0.0.254 dev eth0")
RULE = sentence(r"[A-Za-z0-9_.:/+\- ]+", "from 10.0.0.0/24 table 100")

#: Options of an address on an interface, virtual or static.
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
    Records("track_interface", OLDEST, _TRACKED_INTERFACE),
    Records("track_script", OLDEST, _TRACKED),
    Records("track_process", "2.0.11", _TRACKED),
    Records("track_file", OLDEST, _TRACKED),
    Records("track_bfd", OLDEST, _TRACKED),
)
_AUTHENTICATION = Table(Value("auth_type", OLDEST, choice("PASS", "AH")), Value("auth_pass", OLDEST, password()))
_HMAC = Table(
    Repeated("keys", OLDEST, Grammar(head("id", integer(1, 255)), head("key", hmac_key())), "key"),
    Value("active_key", OLDEST, shown(integer(1, 255))),
    Value("anti_replay", OLDEST, choice("time", "monotonic")),
    Value("time_window", OLDEST, integer(1, 300)),
    Value("mode", OLDEST, choice("enforce", "permissive", "receive-only")),
)
_NOTIFY = tuple(Command("notify" + event, OLDEST, command()) for event in ("_master", "_backup", "_fault", "_stop", ""))

INSTANCE = Table(
    Value("initial_state", OLDEST, choice("MASTER", "BACKUP"), "state"),
    Value("interface", OLDEST, interface()),
    Value("vrf", OLDEST, interface()),
    Record(
        "use_vmac",
        OLDEST,
        Grammar(
            head("name", interface(), False),
            head(
                "address",
                sentence(r"[0-9A-Fa-f]{1,2}(?::[0-9A-Fa-f]{1,2}){4}(?::[0-9A-Fa-f]{0,2})?", "02:00:5e:00:01:33"),
                False,
            ),
        ),
    ),
    Flag("use_vmac_addr", OLDEST),
    Flag("vmac_xmit_base", OLDEST),
    Record(
        "use_ipvlan",
        "2.0.17",
        Grammar(
            head("type", choice("bridge", "private", "vepa"), False),
            head("address", address("optional"), False),
            head("name", interface(), False),
        ),
    ),
    Flag("native_ipv6", OLDEST),
    Value("virtual_router_id", OLDEST, integer(1, 255)),
    Value("priority", OLDEST, noting(integer(1, 255), "keepalived would silently use 100")),
    Value("version", OLDEST, integer(2, 3)),
    Value("advert_int", OLDEST, number(0.01, 255)),
    Flag("nopreempt", OLDEST, opposite="preempt"),
    Value("preempt_delay", OLDEST, number(0, 1000)),
    Switch("strict_mode", OLDEST),
    Flag("skip_check_adv_addr", OLDEST),
    Toggle("accept", OLDEST, opposite="no_accept"),
    Flag("promote_secondaries", OLDEST),
    Flag("dont_track_primary", OLDEST),
    Flag("track_src_ip", OLDEST),
    Flag("linkbeat_use_polling", OLDEST),
    Value("kernel_rx_buf_size", OLDEST, integer(0, _MANY)),
    Value("debug", OLDEST, integer(0, 4)),
    Value("mcast_src_ip", OLDEST, address()),
    Value("mcast_dst_ip", OLDEST, address()),
    Value("unicast_src_ip", OLDEST, address()),
    Value("unicast_ttl", OLDEST, integer(0, 255)),
    Records("unicast_peer", OLDEST, _PEER),
    Flag("unicast_fault_no_peer", "2.2.5"),
    Flag("check_unicast_src", OLDEST),
    Record("old_unicast_checksum", OLDEST, Grammar(option("never", None))),
    Group("authentication", OLDEST, _AUTHENTICATION, removable=True),
    Group("auth_hmac", "2.4.0", _HMAC, removable=True),
    Records("virtual_ipaddress", OLDEST, _VIRTUAL_ADDRESS, ordered=True),
    Records("virtual_ipaddress_excluded", OLDEST, _VIRTUAL_ADDRESS, ordered=True),
    Flag("no_virtual_ipaddress", "2.2.8"),
    Switch("v3_checksum_as_v2", "2.2.8"),
    Sentences("virtual_routes", OLDEST, ROUTE),
    Sentences("virtual_rules", OLDEST, RULE),
    *_TRACKING,
    Value("garp_master_delay", OLDEST, integer(0, _SECONDS)),
    Value("garp_master_repeat", OLDEST, integer(1, _MANY)),
    Value("garp_master_refresh", OLDEST, integer(0, _MANY)),
    Value("garp_master_refresh_repeat", OLDEST, integer(1, _MANY)),
    Value("garp_lower_prio_delay", OLDEST, integer(0, _SECONDS)),
    Value("garp_lower_prio_repeat", OLDEST, integer(0, _MANY)),
    Value("garp_extra_if", "2.2.3", sentence(r"(?:all )?[0-9]{1,5}", "all 10"), "garp_extra_if", "vmac_garp_intvl"),
    Value("down_timer_adverts", "2.2.3", integer(1, 100)),
    Switch("lower_prio_no_advert", OLDEST),
    Switch("higher_prio_send_advert", OLDEST),
    *_NOTIFY,
    Command("notify_deleted", OLDEST, command()),
    Command("notify_master_rx_lower_pri", OLDEST, command()),
    Switch("notify_priority_changes", "2.0.16"),
    Switch("smtp_alert", OLDEST),
)

SYNC_GROUP = Table(
    Words("group", OLDEST, plain()),
    *_TRACKING,
    Flag("sync_group_tracking_weight", OLDEST),
    *_NOTIFY,
    Switch("notify_priority_changes", "2.0.16"),
    Switch("smtp_alert", OLDEST),
)

SCRIPT = Table(
    Command("script", OLDEST, command()),
    Value("interval", OLDEST, integer(1, _SECONDS)),
    Value("timeout", OLDEST, integer(1, _SECONDS)),
    Value("weight", OLDEST, weight(253)),
    Value("rise", OLDEST, integer(1, _MANY)),
    Value("fall", OLDEST, integer(1, _MANY)),
    Value("user", OLDEST, user()),
    Flag("init_fail", OLDEST),
)

TRACK_PROCESS = Table(
    Arguments("process", OLDEST, process()),
    Value("param_match", OLDEST, choice("initial", "partial")),
    Value("weight", OLDEST, weight(253)),
    Value("quorum", OLDEST, integer(1, 65535)),
    Value("quorum_max", "2.0.16", integer(0, 65535)),
    Value("delay", OLDEST, number(0.000001, 3600)),
    Value("terminate_delay", OLDEST, number(0.000001, 3600)),
    Value("fork_delay", OLDEST, number(0.000001, 3600)),
    Flag("full_command", OLDEST),
)

TRACK_FILE = Table(
    Value("file", OLDEST, path()),
    Value("weight", OLDEST, weight(254)),
    Record("init_file", OLDEST, Grammar(head("value", integer(-254, 254), False), option("overwrite", None))),
)

BFD_INSTANCE = Table(
    Value("neighbor_ip", OLDEST, address(), "neighbor_ip", "neighbour_ip"),
    Value("source_ip", OLDEST, address()),
    Value("min_rx", OLDEST, integer(1, 10000)),
    Value("min_tx", OLDEST, integer(1, 10000)),
    Value("idle_tx", OLDEST, integer(1000, 10000)),
    Value("multiplier", OLDEST, integer(1, 255)),
    Flag("passive", OLDEST),
    Value("ttl", OLDEST, integer(1, 255), "ttl", "hoplimit"),
    Value("max_hops", OLDEST, integer(-1, 255)),
    Value("weight", OLDEST, weight(253)),
)

#: The one list that keepalived_instance manages, as a table.
INSTANCES = Blocks("instances", OLDEST, INSTANCE, "vrrp_instance", key=NAME, exact=True)
SCRIPTS = Blocks("scripts", OLDEST, SCRIPT, "vrrp_script", key=NAME, exact=True)
TRACK_PROCESSES = Blocks("track_processes", "2.0.11", TRACK_PROCESS, "vrrp_track_process", key=NAME, exact=True)
TRACK_FILES = Blocks("track_files", "2.1.0", TRACK_FILE, "track_file", "vrrp_track_file", key=NAME, exact=True)
BFD_INSTANCES = Blocks("bfd_instances", OLDEST, BFD_INSTANCE, "bfd_instance", key=NAME, exact=True)
SYNC_GROUPS = Blocks("sync_groups", OLDEST, SYNC_GROUP, "vrrp_sync_group", key=NAME, exact=True)
