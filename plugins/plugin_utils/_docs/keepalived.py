# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation text of each option of the keepalived modules, once each, as YAML.

Types, choices, nesting and versions come from the vocabulary, as the modules' argument specs do, so documentation and
specs cannot differ. A text without an option and an option without a text are errors (docs/keywords.md)."""

from __future__ import annotations

from typing import Any

import yaml
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Blocks, Group, Table
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import CONFIGURATION
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.shapes import OLDEST

#: The text of every option with this name that has no more specific text.
COMMON = """
address: An IP address, without a prefix length.
alpha: Whether the server counts as down until its first check has succeeded.
autojoin: Whether its multicast group is joined.
bind_if: The interface to send the check from (for link-local addresses).
bind_port: The port to send the check from.
bindto: The address to send the check from.
brd: The broadcast address, or V(+) or V(-) to compute it.
connect_ip: The address to check, by default the real server's.
connect_port: The port to check, by default the real server's.
connect_timeout: The time limit for connecting, in seconds.
exact:
  - Whether the block holds only what is given here, at any depth. Other options are removed, whoever wrote them;
    comments stay. So the same task always makes the same block. By default what is not given stays.
delay_before_retry: How long to wait before a failed check is tried again, in seconds.
delay_loop: The interval between two checks, in seconds.
fwmark: The firewall mark to send the check with.
home: Whether it is a mobile home address.
inhibit_on_failure: Whether a failed server gets weight 0 instead of being removed.
label: The label of the address, at most 15 characters, IPv4 only.
log_all_failures: Whether every failed check is logged, not only the one that changes the state.
lvs_method: How packets are forwarded, by default as for the virtual server (see O(virtual_servers[].lb_kind)).
mngtmpaddr: Whether temporary addresses are made from it.
name: The name.
no_track: Whether its loss is ignored.
nodad: Writes C(-nodad), with which duplicate address detection is done; keepalived skips it otherwise.
noprefixroute: Whether to add no route to its network.
noreverse: Whether the weight is not reversed, although the tracked object says it is.
notify: The command to run on every change of state. keepalived appends what changed, its name, the new state and the
  priority.
notify_backup: The command to run on becoming BACKUP. A user and group that follow it in the file stay.
notify_fault: The command to run on entering FAULT.
notify_master: The command to run on becoming MASTER.
notify_priority_changes: Whether changes of the priority are notified too.
notify_stop: The command to run when keepalived stops.
peer: The other end of a point-to-point link.
port: The port, 1-65535.
preferred_lft: >-
  How long an IPv6 address is preferred as the source address, in seconds or V(forever). keepalived's default is 0 for
  /128 and V(forever) for a shorter prefix. An address that the host already holds keeps its lifetime until it is added
  again, for example when the VIP moves.
retry: How often a failed check is retried before the server counts as down.
reverse: Whether the weight is applied the other way round.
scope: The scope, a name or number as for C(ip).
smtp_alert: Whether changes are mailed.
snmp_name: The name in SNMP.
track_bfd: BFD instances that affect the state.
track_file: Files whose number is added to the priority (see C(track_files)).
track_interface: Interfaces whose loss changes the priority or means FAULT. The instance's own interface is always
  tracked.
track_process: Processes that must run (see C(track_processes)).
track_script: Check scripts that affect the state (see C(scripts)). They must be defined in the file.
use_vmac: Whether it gets a virtual MAC address.
user: The user to run it as, and optionally a group.
virtualhost: The host name to request.
warmup: The longest random delay before the first check, in seconds.
weight: The change of the priority, -253 to 253; 0 means FAULT on failure.
"""

INSTANCE_TEXTS = """
initial_state:
  - The initial state, which keepalived calls C(state). Use V(BACKUP) on every host and distinct priorities.
interface: The interface to send and receive VRRP on. It is refused if the host does not have it.
vrf: The VRF to use, for unicast without an interface.
use_vmac:
  - Use the virtual MAC address of VRRP on an interface of its own. C({}) alone is enough.
  - {name: The name of that interface., address: "Another MAC address; five octets are completed by the router ID."}
use_vmac_addr: Whether addresses on other interfaces get a virtual MAC address too.
vmac_xmit_base: Whether adverts are sent from the underlying interface.
use_ipvlan:
  - Use an ipvlan interface of its own. C({}) alone is enough.
  - type: The ipvlan flags.
    address: The address of that interface; IPv4 needs one.
    name: The name of that interface.
native_ipv6: Whether the instance speaks IPv6 although it has no IPv6 address.
virtual_router_id: The number of the virtual router, 1-255; the same on every host, unlike any other on that network.
priority:
  - The priority, 1-255; the highest becomes MASTER. With 255 keepalived takes its addresses at once when it starts, but
    with C(initial_state=BACKUP) only after the whole master-down time.
version: The version of VRRP. 3 has intervals below a second and IPv6, and no authentication.
advert_int:
  - The seconds between two adverts, the same on every host. Version 2 takes whole seconds up to 255, version 3 steps of
    0.01 up to 40.95.
nopreempt: Whether a host that returns leaves the VIP with the current MASTER. Needs C(initial_state=BACKUP).
preempt_delay: How many seconds after its start a host waits before it takes over from a lower priority.
strict_mode: Whether to follow the RFC strictly, which among others forbids unicast.
skip_check_adv_addr: Whether to skip checking the addresses in further adverts of the same MASTER.
accept: Whether the MASTER accepts packets to its VIPs (C(no_accept) if false).
promote_secondaries: Whether secondary addresses survive when the VIP that is their primary address is removed.
dont_track_primary: Whether to ignore the loss of the instance's interface.
track_src_ip: Whether the loss of the source address means FAULT.
linkbeat_use_polling: Whether to poll the state of the link. Deprecated in keepalived.
kernel_rx_buf_size: The size of the socket's receive buffer in bytes.
debug: The level of debug messages, 0-4.
mcast_src_ip: The source address of multicast adverts.
mcast_dst_ip: The group address of multicast adverts.
unicast_src_ip: >-
  The source address of unicast adverts. Needs C(unicast_peer). The host must already have it, unless
  C(dynamic_interfaces) is set or the file is not validated, because without it keepalived enters FAULT or receives no
  adverts.
unicast_ttl: The TTL of unicast adverts. Needs C(unicast_peer).
unicast_peer:
  - The peers that get adverts by unicast instead of multicast.
  - address: The address of the peer.
    min_ttl: The lowest accepted TTL.
    max_ttl: The highest accepted TTL.
unicast_fault_no_peer: Whether an instance without peers goes to FAULT.
check_unicast_src: Whether to accept adverts only from the peers.
old_unicast_checksum:
  - Use the checksum of keepalived before 1.3.6 with unicast peers.
  - {never: Whether to never use it.}
authentication:
  - The authentication of version 2. It is sent in clear text (PASS). An empty dictionary removes it.
  - auth_type: V(PASS) is the type that other implementations support.
    auth_pass: The password, at most 8 characters. A longer one is refused, since keepalived would silently truncate it.
auth_hmac:
  - Signatures on adverts, for both versions of VRRP, against forged and replayed adverts. Every host needs the same
    keepalived (2.4.0 and 2.4.1 are not compatible) and no C(authentication). An empty dictionary removes it. To
    introduce it without a split brain, roll out C(mode=receive-only) first, then C(mode=permissive), then
    C(mode=enforce).
  - keys:
      - The keys. Several keys allow you to install a new key on every host before it is used. The list is
        authoritative.
      - id: The number of the key, 1-255.
        key: 32 to 64 characters, or V(hex:) and as many bytes in hexadecimal digits, or V(file:) and an absolute path.
    active_key: The number of the key to sign with.
    anti_replay: V(time) needs synchronized clocks, V(monotonic) only increasing numbers.
    time_window: How many seconds an advert is valid, 1-300.
    mode: V(permissive) accepts adverts without a signature, V(receive-only) also sends none.
virtual_ipaddress: &addresses
  - The VIPs, in this order. One address family only.
  - address: The address with its prefix length. It is required, since keepalived would silently assume /32 or /128.
    dev: The interface to put it on, by default the instance's.
virtual_ipaddress_excluded:
  - VIPs that are not in the adverts. They may be of the other address family.
  - address: The address with its prefix length. It is required, since keepalived would silently assume /32 or /128.
    dev: The interface to put it on, by default the instance's.
no_virtual_ipaddress: Whether the instance may have no address, for example if a cloud API moves it.
v3_checksum_as_v2: Whether checksums of version 3 leave out the pseudo-header, as some routers do.
virtual_routes: Routes to set while MASTER, each in the syntax of C(ip route).
virtual_rules: Rules to set while MASTER, each in the syntax of C(ip rule).
garp_master_delay: How many seconds after becoming MASTER gratuitous ARP is sent again.
garp_master_repeat: How many gratuitous ARP packets are sent at a time.
garp_master_refresh: The seconds between gratuitous ARP packets while MASTER; 0 for none. 60 refreshes switches that
  forget addresses.
garp_master_refresh_repeat: How many are sent at each refresh.
garp_lower_prio_delay: How many seconds after an advert with lower priority gratuitous ARP is sent again.
garp_lower_prio_repeat: How many are sent then.
garp_extra_if: The seconds between gratuitous ARP packets on underlying interfaces; prefix it with V(all) for all of
  them.
down_timer_adverts: How many adverts must be missing before the MASTER counts as down, 1-100.
lower_prio_no_advert: Whether not to answer an advert with lower priority.
higher_prio_send_advert: Whether to answer an advert with higher priority with one last advert.
notify_deleted: The command to run when the instance was removed from the file.
notify_master_rx_lower_pri: The command to run when this host is MASTER and receives an advert with lower priority.
"""

CONFIG_TEXTS = """
global_defs:
  - The C(global_defs) block. Options that are not given stay.
  - router_id: The name of this host in mails and SNMP.
    notification_email: The addresses to mail to.
    notification_email_from: The address to mail from.
    smtp_server: The mail server, and optionally its port.
    smtp_helo_name: The name to greet it with.
    smtp_connect_timeout: The time limit for connecting to it, in seconds.
    smtp_alert: Whether to mail all changes.
    smtp_alert_vrrp: Whether VRRP changes are mailed.
    smtp_alert_checker: Whether changes of servers are mailed.
    no_email_faults: Whether nothing is mailed on FAULT.
    no_checker_emails: Whether nothing is mailed about single servers.
    checker_log_all_failures: Whether every failed check is logged.
    script_user: The user (and group) that scripts run as. It must exist.
    enable_script_security: Whether to refuse to run scripts as root that users other than root can change.
    startup_script: The command to run before keepalived starts working.
    startup_script_timeout: Its time limit, in seconds.
    shutdown_script: The command to run after keepalived stops working.
    shutdown_script_timeout: Its time limit, in seconds.
    dynamic_interfaces:
      - Interfaces may be added and removed while keepalived runs. C({}) alone is enough.
      - {allow_if_changes: Whether an interface may come back as another type.}
    default_interface: The default interface of static addresses.
    disable_local_igmp: Whether IGMP for link-local groups is turned off.
    vrrp_version: The default version of VRRP.
    vrrp_mcast_group4: The IPv4 group of multicast adverts.
    vrrp_mcast_group6: The IPv6 group of multicast adverts.
    vrrp_garp_master_delay: The default of O(instances[].garp_master_delay).
    vrrp_garp_master_repeat: The default of O(instances[].garp_master_repeat).
    vrrp_garp_master_refresh: The default of O(instances[].garp_master_refresh).
    vrrp_garp_master_refresh_repeat: The default of O(instances[].garp_master_refresh_repeat).
    vrrp_garp_lower_prio_delay: The default of O(instances[].garp_lower_prio_delay).
    vrrp_garp_lower_prio_repeat: The default of O(instances[].garp_lower_prio_repeat).
    vrrp_garp_interval: The seconds between two gratuitous ARP packets on an interface.
    vrrp_gna_interval: The seconds between two unsolicited neighbour advertisements on an interface.
    vrrp_min_garp: Whether only one gratuitous ARP packet is sent at a time.
    vrrp_garp_extra_if: The default of O(instances[].garp_extra_if).
    vrrp_down_timer_adverts: The default of O(instances[].down_timer_adverts).
    vrrp_lower_prio_no_advert: The default of O(instances[].lower_prio_no_advert).
    vrrp_higher_prio_send_advert: The default of O(instances[].higher_prio_send_advert).
    vrrp_check_unicast_src: Whether every instance accepts unicast adverts only from its peers.
    vrrp_skip_check_adv_addr: The default of O(instances[].skip_check_adv_addr).
    vrrp_strict: The default of O(instances[].strict_mode).
    vrrp_startup_delay: The seconds to wait at the start before any instance sends adverts.
    vrrp_delay_after_boot: >-
      The seconds after the host's boot before any instance sends adverts. A later restart of keepalived does not wait.
      With O(global_defs.vrrp_startup_delay) too, the longer delay applies.
    log_unknown_vrids: Whether adverts of unknown routers are logged.
    vrrp_notify_priority_changes: The default of O(instances[].notify_priority_changes).
    vrrp_iptables: The iptables chains for C(no_accept).
    vrrp_ipsets: The names of the ipsets for C(no_accept).
    nftables: The name of the nftables table.
    nftables_priority: The priority of its base chains.
    nftables_counters: Whether its rules count.
    nftables_ifindex: Whether its rules name interfaces by index.
    max_auto_priority: The highest real-time priority that keepalived may give itself; -1 for none.
    min_auto_priority_delay: The shortest delay, in microseconds, that makes it do so.
    lvs_sync_daemon:
      - The IPVS synchronisation daemon. An empty dictionary takes it away.
      - interface: The interface to synchronise on.
        inst: The instance whose state decides who sends.
        id: The synchronisation ID, 0-255.
        maxlen: The longest packet.
        ttl: The TTL of multicast packets.
        group: The multicast group.
    lvs_timeouts:
      - The timeouts of IPVS connections, in seconds; 0 leaves one as it is.
      - {tcp: Of TCP connections., tcpfin: Of TCP connections that were closed., udp: Of UDP.}
    lvs_flush: Whether the IPVS table is emptied at the start.
    lvs_flush_on_stop:
      - Empty the IPVS table at the end. C({}) alone is enough.
      - {vs: Whether only keepalived's own virtual services are removed.}
    notify_fifo: The named pipe for every notification, and optionally its user and group.
    notify_fifo_script: The command that reads it.
    vrrp_notify_fifo: The named pipe for VRRP notifications.
    vrrp_notify_fifo_script: The command that reads it.
    lvs_notify_fifo: The named pipe for notifications about servers.
    lvs_notify_fifo_script: The command that reads it.
    fifo_write_vrrp_states_on_reload: Whether every state is written to the pipe after a reload.
    snmp_socket: The socket of the SNMP master agent.
    enable_traps: Whether SNMP traps are sent.
    enable_snmp_vrrp: Whether keepalived's own VRRP tables are served.
    enable_snmp_checker: Whether keepalived's own tables of servers are served.
    enable_snmp_rfc: Whether both RFC tables are served.
    enable_snmp_rfcv2: Whether the table of RFC 2787 is served.
    enable_snmp_rfcv3: Whether the table of RFC 6527 is served.
    enable_dbus: Whether keepalived is on D-Bus.
    dbus_service_name: Its name there.
    rs_init_notifies: Whether the first state of every real server is notified.
    umask: The umask of files that keepalived makes.
    random_seed: The seed of random numbers, for tests.
    reload_time_file:
      - A file whose first line says when keepalived reloads next, such as C(2027-01-31 03:00:00Z), so that hosts can
        reload at the same time. Its directory must exist. keepalived removes the file when it reloads.
    config_save_dir: A directory for copies of the configuration that was read, for debugging.
    tmp_config_directory: A directory for the copy of the configuration that is being read.
    data_use_instance: Whether the names of dump files have the instance name.
interface_up_down_delays:
  - How long an interface must be down, or up again, before instances on it take notice. The list is authoritative.
  - name: The interface.
    down_delay: The seconds it must be down, 0-255; less than two adverts of every instance on it, or keepalived would
      reset it.
    up_delay: The seconds it must be up again. Always written, as keepalived's manual and code differ on the default.
track_groups:
  - The C(track_group) blocks. Their instances fail if a static address, route or rule with that group is lost.
  - group: The names of the instances.
static_ipaddress:
  - Addresses to set at the start, independent of the state of instances. The list is authoritative.
  - address: The address with its prefix length. It is required, since keepalived would silently assume /32 or /128.
    dev: The interface to put it on. Required without O(global_defs.default_interface).
    track_group: The group of instances that fail without it (see O(track_groups)).
    no_track: Whether not to set it again when it is lost.
static_routes: Routes to set at the start, each in the syntax of C(ip route), optionally with C(track_group NAME) or
  C(no_track).
static_rules: Rules to set at the start, each in the syntax of C(ip rule), optionally with C(track_group NAME) or
  C(no_track).
garp_groups:
  - The C(garp_group) blocks, which space out gratuitous ARP on interfaces. A block is identified by
    O(garp_groups[].interface) and O(garp_groups[].interfaces).
  - garp_interval: The seconds between two gratuitous ARP packets.
    gna_interval: The seconds between two unsolicited neighbour advertisements.
    interface: The single interface of the group.
    interfaces: The interfaces that share the interval.
bfd_instances:
  - The C(bfd_instance) blocks.
  - neighbor_ip: The address of the neighbour.
    source_ip: The own address.
    min_rx: The shortest interval between packets that can be received, in milliseconds.
    min_tx: The shortest interval between packets sent, in milliseconds.
    idle_tx: The interval while the session is down, in milliseconds.
    multiplier: How many packets may be missing.
    passive: Whether to wait for the neighbour's first packet.
    ttl: The TTL of packets sent.
    max_hops: The most hops that a received packet may have crossed.
scripts:
  - The C(vrrp_script) blocks.
  - script:
      - The program by absolute path, and its arguments. It must exist on the host, be executable and be owned by root.
      - It is not run by a shell. Put several commands into a script file.
    interval: The seconds between two runs.
    timeout: After how many seconds a run counts as failed. Best just below O(scripts[].interval).
    weight: What is added to the priority, -253 to 253, optionally followed by C(reverse); 0 means FAULT when it fails.
    rise: How many runs must succeed.
    fall: How many runs must fail.
    init_fail: Whether it counts as failed until its first success.
track_processes:
  - The C(vrrp_track_process) blocks. They notice the end of a process at once, but not whether a running process works.
  - process: The name of the process, and optionally its arguments.
    param_match: How its arguments are compared.
    weight: What is added to the priority, -253 to 253, optionally followed by C(reverse); 0 means FAULT when missing.
    quorum: How many of them must run.
    quorum_max: How many of them may run.
    delay: How long to wait before a change counts, in seconds.
    terminate_delay: The same for an end.
    fork_delay: The same for a start.
    full_command: Whether the whole command line is compared.
track_files:
  - The C(track_file) blocks. The number in the file, times the weight, is added to the priority without a reload.
  - file: The path of the file.
    weight: The factor, -254 to 254, optionally followed by C(reverse); 0 means FAULT unless the file says 0.
    init_file:
      - Create the file at the start.
      - {value: The number to write., overwrite: Whether to write it if the file exists.}
sync_groups:
  - The C(vrrp_sync_group) blocks, whose instances change state together.
  - group: The names of the instances.
    sync_group_tracking_weight: Whether tracked objects may have weights in this group.
instances:
  - The C(vrrp_instance) blocks. The same options as M(k8s_edge.ha.keepalived_instance).
ssl:
  - The C(SSL) block, for C(SSL_GET) checks.
  - {password: The password of the key., ca: The CA file., certificate: The certificate file., key: The key file.}
virtual_server_groups:
  - The C(virtual_server_group) blocks.
  - members: Lines of an address (or range) and a port, or C(fwmark) and a number.
virtual_servers:
  - The C(virtual_server) blocks. A block is identified by O(virtual_servers[].address) and O(virtual_servers[].port),
    by O(virtual_servers[].fwmark), or by O(virtual_servers[].group), and if needed by O(virtual_servers[].protocol) or
    O(virtual_servers[].ip_family) too.
  - address: The virtual address, without a prefix length.
    port: The port; 0 means every port and needs persistence.
    fwmark: The firewall mark.
    group: The name of a group (see O(virtual_server_groups)).
    ip_family: The address family of a firewall mark.
    lb_algo: The scheduler. (C(lvs_sched) in the file is the same and stays.) An unknown one is refused, since it would
      silently become wlc.
    hashed: Accepted by keepalived for old files.
    ops: Whether every packet is scheduled by itself (UDP).
    flag_1: The scheduler's first flag (C(flag-1)).
    flag_2: The scheduler's second flag.
    flag_3: The scheduler's third flag.
    sh_port: Whether source hashing includes the port.
    sh_fallback: Whether source hashing skips a dead server.
    mh_port: Whether Maglev hashing includes the port.
    mh_fallback: Whether Maglev hashing skips a dead server.
    lb_kind:
      - V(NAT), V(DR), V(TUN), or a tunnel with its type, as C(TUN type gue port 5555 nocsum). (C(lvs_method) in the
        file is the same and stays.)
    persistence_engine: The name of the kernel's persistence engine, such as V(sip).
    persistence_timeout: How long a client stays with its real server, in seconds.
    persistence_granularity: The netmask (IPv4) or prefix length (IPv6) of clients that stay together.
    protocol: The protocol. It is required, since keepalived would silently assume UDP.
    ha_suspend: Whether to pause checks while the host does not hold the address.
    alpha: Whether every real server counts as down until its first check has succeeded.
    omega: Whether to run the down notifications of all servers when keepalived stops.
    quorum: The total weight of live servers that is required.
    hysteresis: How far the weight must rise above or fall below the quorum before the state changes.
    quorum_up: The command to run when the quorum is reached.
    quorum_down: The command to run when the quorum is lost.
    weight: The default weight of real servers.
    sorry_server:
      - The server to use while the quorum is lost.
      - {address: Its address., port: Its port.}
    sorry_server_inhibit: Whether real servers get weight 0 instead of being removed while the sorry server is used.
    sorry_server_lvs_method: How packets are forwarded to the sorry server.
    real_servers:
      - The C(real_server) blocks, identified by address and port. Options that are not given stay.
      - address: The address of the server.
        weight: The weight, 0-65535; 0 takes no new connections.
        uthreshold: The most connections it may have.
        lthreshold: The number of connections below which it is used again.
        notify_up: The command to run when it comes up.
        notify_down: The command to run when it goes down.
        http_get:
          - C(HTTP_GET) checks, which request pages. Entries and blocks are matched by position.
          - &http
            http_protocol: The version of HTTP.
            enable_sni: Whether the virtual host is named in the TLS handshake.
            fast_recovery: Whether one good answer is enough.
            nb_get_retry: The old name of C(retry).
            url:
              - The pages to request.
              - path: The path.
                digest: The MD5 digest of the page (see C(genhash)).
                status_code: The accepted status codes, such as C(200-299 404).
                regex: A regular expression that the page must match. No quotes and no backslashes.
                regex_no_match: Whether it must not match.
                regex_options: Options of the expression.
                regex_min_offset: Where a match may begin at the earliest.
                regex_max_offset: Where a match may begin at the latest.
                regex_stack: The smallest and the largest stack of the expression.
        ssl_get:
          - C(SSL_GET) checks, which request pages over TLS. Entries and blocks are matched by position.
          - <<: *http
            sni_name: The name to send in the TLS handshake, by default the virtual host.
        tcp_check: C(TCP_CHECK) checks, which open a connection. C([{}]) is the plain one.
        smtp_check:
          - C(SMTP_CHECK) checks.
          - helo_name: The name to greet with.
            host: Other hosts to check as well.
        dns_check:
          - C(DNS_CHECK) checks.
          - {type: The type of record to ask for., name: The name to ask for.}
        misc_check:
          - C(MISC_CHECK) checks, which run a program.
          - misc_path: The program and its arguments, by absolute path.
            misc_timeout: Its time limit, in seconds.
            misc_dynamic: Whether its exit code sets the weight.
        bfd_check: C(BFD_CHECK) checks, which follow a BFD instance.
        ping_check: C(PING_CHECK) checks.
        udp_check:
          - C(UDP_CHECK) checks.
          - payload: The payload to send, in hexadecimal.
            require_reply: The required reply, in hexadecimal.
            min_reply_length: The shortest answer.
            max_reply_length: The longest answer.
        file_check:
          - C(FILE_CHECK) checks, which follow a file.
          - track_file: The name of the track file.
            weight: The factor, optionally followed by C(reverse).
"""

#: The options of keepalived_virtual_server that have the names of the IPVS modules. The others are described above.
VIRTUAL_SERVER_TEXTS = """
protocol: The protocol, if the virtual server has an O(address).
address: The virtual address, without a prefix length.
port: The port; V(0) means every port and needs O(persistence_timeout).
fwmark: The firewall mark, instead of address and port.
family: The address family of a firewall mark.
group: The name of a C(virtual_server_group) of the file, instead of address and port.
scheduler: How a real server is chosen. Required for a new virtual server.
flags:
  - Flags of the virtual server and of its scheduler. The list is authoritative for all of them.
forwarding_method: How packets are forwarded to real servers without a forwarding method of their own. A new virtual
  server needs one here or for each real server.
tunnel_type: The kind of tunnel, for O(forwarding_method=tun).
tunnel_port: The port of a V(gue) tunnel.
tunnel_checksum: Whether and how packets of a tunnel get a checksum.
persistence_netmask: The netmask (IPv4) or prefix length (IPv6) of clients that stay together.
purge_real_servers: Whether to remove real servers that are not listed.
state: Whether the virtual server is in the file.
real_servers:
  - The real servers, identified by address and port. Options that are not given stay.
  - address: The address of the server.
    port: The port. With V(dr) and V(tun) it is that of the virtual server, and may be left out.
    forwarding_method: How packets are forwarded to this server, by default by the O(forwarding_method) of the virtual
      server.
    tunnel_type: The kind of tunnel, for C(forwarding_method=tun).
    tunnel_port: The port of a V(gue) tunnel.
    tunnel_checksum: Whether and how packets of a tunnel get a checksum.
    weight: The weight, 0-65535; 0 takes no new connections.
    upper_threshold: The most connections it may have.
    lower_threshold: The number of connections below which it is used again.
"""

#: The processes vrrp, checker and bfd have the same options.
SCHEDULING = {
    "priority": "The nice value of the {0} process, -20 to 19.",
    "no_swap": "Whether the {0} process stays in memory.",
    "rt_priority": "The real-time priority of the {0} process.",
    "cpu_affinity": "The CPUs of the {0} process.",
    "rlimit_rttime": "The CPU time of the {0} process between two system calls that block, in microseconds.",
}


def _load(text: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def document(arguments: dict[str, Any], texts: dict[str, Any], path: str = "") -> str:
    """The documentation of options: the argument spec, with the text of each option added. ``path``: the options' path
    in keepalived_config, with a trailing dot."""
    common = common_texts()
    return str(yaml.safe_dump({"options": _described(arguments, texts, common, path)}, sort_keys=False, width=110))


def _described(arguments: dict[str, Any], texts: dict[str, Any], common: dict[str, Any], path: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for name, spec in arguments.items():
        words = texts.get(name, common.get(name))
        if words is None:
            table = "INSTANCE_TEXTS" if path == "instances." else f"CONFIG_TEXTS {path[:-1]}".strip()
            raise KeyError(f'plugins/plugin_utils/_docs/keepalived.py: add to {table} the line "{name}: What it says."')
        inner = words[-1] if isinstance(words, list) and isinstance(words[-1], dict) else {}
        lines = [one for one in words if isinstance(one, str)] if isinstance(words, list) else [words]
        option: dict[str, Any] = {"description": lines + since(path + name)}
        option.update((key, value) for key, value in spec.items() if key not in ("options", "no_log"))
        if "options" in spec:
            option["suboptions"] = _described(spec["options"], inner, common, f"{path}{name}.")
        options[name] = option
    return options


def since(path: str) -> list[str]:
    """A sentence on the version in which an option, such as ``instances.auth_hmac``, became available."""
    table, version = CONFIGURATION, OLDEST
    for name in path.split("."):
        row = next((shape for shape in table.shapes if shape.name == name), None)
        if row is None:
            return []
        table, version = row.table if isinstance(row, (Blocks, Group)) else Table(), row.since
    return [] if version == OLDEST else [f"Since keepalived {version}."]


def common_texts() -> dict[str, Any]:
    common = _load(COMMON)
    for process in ("vrrp", "checker", "bfd"):
        common.update((f"{process}_{key}", text.format(process)) for key, text in SCHEDULING.items())
    return common


def instance_texts() -> dict[str, Any]:
    return _load(INSTANCE_TEXTS)


def config_texts() -> dict[str, Any]:
    texts = _load(CONFIG_TEXTS)
    texts["instances"].append(dict(instance_texts(), name="The name of the instance."))
    return texts


def virtual_server_texts() -> dict[str, Any]:
    known = _load(CONFIG_TEXTS)["virtual_servers"][-1]
    texts = {**known, **_load(VIRTUAL_SERVER_TEXTS)}
    texts["real_servers"][-1] = {**known["real_servers"][-1], **texts["real_servers"][-1]}
    return texts
