# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the IPVS modules' options. The options of a virtual server stand here once, for both modules."""

from __future__ import annotations

import textwrap

_VIRTUAL_SERVER = """
protocol:
  description:
    - The protocol. A virtual server is identified by protocol, address and port, or by firewall mark.
  type: str
  choices: [tcp, udp, sctp]
address:
  description:
    - The virtual address, IPv4 or IPv6.
  type: str
port:
  description:
    - The port. V(0) stands for every port, which only a persistent virtual server can have.
  type: int
fwmark:
  description:
    - The firewall mark of the packets, instead of protocol, address and port. A firewall rule must set the mark.
  type: int
family:
  description:
    - The address family of a firewall mark's packets, by default V(ipv4). Otherwise it follows from the address.
  type: str
  choices: [ipv4, ipv6]
scheduler:
  description:
    - How new connections are distributed, such as V(rr), V(wrr), V(lc), V(wlc), V(sh), V(mh), V(sed), V(nq), V(lblc),
      V(lblcr), V(dh), V(fo) or V(ovf). A new virtual server has V(wlc) by default. A scheduler that this kernel does
      not have is refused before anything changes.
  type: str
flags:
  description:
    - Flags of the virtual server; V([]) for none. V(ops) schedules every single packet (UDP only). V(sh-fallback),
      V(sh-port), V(mh-fallback) and V(mh-port) are for the schedulers V(sh) and V(mh); V(flag-1), V(flag-2) and
      V(flag-3) are the same bits for any other.
  type: list
  elements: str
  choices: [ops, sh-fallback, sh-port, mh-fallback, mh-port, flag-1, flag-2, flag-3]
persistence_timeout:
  description:
    - How long a client stays with its real server, in seconds. V(0) for no persistence.
  type: int
persistence_netmask:
  description:
    - The networks whose clients count as one client, as a netmask (V(255.255.255.0)) or for IPv6 as a prefix length
      (V(64)).
  type: str
persistence_engine:
  description:
    - What identifies a client besides its address, such as V(sip). An empty text for none.
  type: str
real_servers:
  description:
    - The real servers. An option that is not given stays as it is; on a new real server it has IPVS's default.
    - Real servers that are not listed stay, unless O({place}purge_real_servers=true).
  type: list
  elements: dict
  suboptions:
    address:
      description:
        - Its address.
      type: str
      required: true
    port:
      description:
        - Its port, by default that of the virtual server. Only V(nat) can use another one.
      type: int
    forwarding_method:
      description:
        - How packets are forwarded. V(dr) sends them unchanged to the server's MAC address, V(tun) encapsulates them,
          V(nat) rewrites their destination. A new real server has V(dr).
      type: str
      choices: [dr, tun, nat]
    weight:
      description:
        - Its share of new connections, 0-65535. With V(0) it gets none, and existing connections continue. A new real
          server has V(1).
      type: int
    upper_threshold:
      description:
        - The number of connections at which it gets no new ones, 0-2147483647. V(0) for no limit.
      type: int
    lower_threshold:
      description:
        - The number of connections below which it gets new ones again. V(0) is three quarters of the upper one.
      type: int
    tunnel_type:
      description:
        - The encapsulation for V(tun). A new real server has V(ipip).
      type: str
      choices: [ipip, gue, gre]
    tunnel_port:
      description:
        - The UDP port where the server receives V(gue).
      type: int
    tunnel_checksum:
      description:
        - The checksum of the outer packet, for V(gue), and without V(remcsum) for V(gre).
      type: str
      choices: [none, csum, remcsum]
    state:
      description:
        - V(absent) removes it, which ends its connections. V(drained) sets weight 0, waits for its connections to end,
          and then removes it (see O(drain_timeout)).
        - With direct routing, a client that reuses its port within two minutes still reaches a drained server, unless
          C(net.ipv4.vs.expire_nodest_conn) is 1 or C(net.ipv4.vs.conn_reuse_mode) is 2. Role
          P(k8s_edge.ha.ipvs_director#role) sets both.
      type: str
      choices: [present, absent, drained]
      default: present
purge_real_servers:
  description:
    - Whether to remove real servers that are not listed.
  type: bool
  default: false
state:
  description:
    - V(absent) removes it with all its real servers. V(drained) gives all its real servers weight 0, waits for their
      connections to end, and then removes it (see O(drain_timeout)).
  type: str
  choices: [present, absent, drained]
  default: present
"""

_SHARED = """
drain_timeout:
  description:
    - How long to wait until what is V(drained) has no connections left, in seconds. When the time is up, the task fails
      and lists the servers that still have connections. They stay, with weight 0.
    - With TCP and SCTP only established connections count. With UDP and firewall marks all connections count until they
      time out.
  type: int
  default: 300
persist:
  description:
    - Whether to restore the desired state at boot too. The rules are written where the service of the package
      C(ipvsadm) reads them (C(/etc/ipvsadm.rules) with C(AUTO) in C(/etc/default/ipvsadm) on Debian,
      C(/etc/sysconfig/ipvsadm) on Enterprise Linux), and the service is enabled, not started. A drop-in lets it start
      before keepalived, whose virtual servers it would remove on Debian, and keeps it from writing the table over the
      rules when it stops, as it does on Enterprise Linux. Rules of other services in that file stay, and services of
      the running keepalived are not written.
  type: bool
  default: false
"""

_ATTRIBUTES = """
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying the target.
    support: full
    details:
      - Also checks in check mode who owns the virtual servers and which schedulers the kernel has.
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in check_mode), in diff mode.
    support: full
    details:
      - Shows the changed virtual servers as rules of C(ipvsadm).
  idempotent:
    description: When run twice in a row without outside changes, the second run changes nothing.
    support: full
notes:
  - Uses the kernel's generic netlink interface, so nothing needs to be installed except for O(persist=true). The kernel
    module C(ip_vs) is loaded if necessary.
  - IPVS has no transactions. Changes are ordered so that no virtual server ever loses a real server that it keeps. If
    one change is refused, the earlier ones are reverted.
  - Refuses to change virtual servers in the configuration of the running keepalived, which would not notice, and
    timeouts and sync daemons that it sets. Change them with M(k8s_edge.ha.keepalived_config).
"""


def _options(text: str, rest: str = "") -> str:
    return "options:\n" + textwrap.indent(text.strip("\n"), "  ") + "\n" + rest


_VIRTUAL_SERVERS = """
virtual_servers:
  description:
    - The virtual servers. An option that is not given stays as it is; on a new virtual server it has IPVS's default.
    - Virtual servers that are not listed stay, unless O(purge=true).
  type: list
  elements: dict
  suboptions:
"""


class ModuleDocFragment:
    """Annotated, as ansible-test's yamllint takes every plain assignment here for a literal."""

    #: What both state modules promise.
    DOCUMENTATION: str = _options(_SHARED, _ATTRIBUTES)
    VIRTUAL_SERVER: str = _options(_VIRTUAL_SERVER.replace("{place}", ""))
    VIRTUAL_SERVERS: str = _options(
        _VIRTUAL_SERVERS + textwrap.indent(_VIRTUAL_SERVER.replace("{place}", "virtual_servers[].").strip("\n"), "    ")
    )
