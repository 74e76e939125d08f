# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the IPVS modules' options. The options of a virtual server stand here once, for both modules."""

from __future__ import annotations

import textwrap

_VIRTUAL_SERVER = """
protocol:
  description:
    - The protocol. A virtual server is told from others by its protocol, address and port, or by its firewall mark.
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
    - The firewall mark of the packets, instead of protocol, address and port. Something else has to set the mark.
  type: int
family:
  description:
    - The family of a firewall mark's packets, V(ipv4) where it is not given. The address tells it elsewhere.
  type: str
  choices: [ipv4, ipv6]
scheduler:
  description:
    - Who gets a new connection, such as V(rr), V(wrr), V(lc), V(wlc), V(sh), V(mh), V(sed), V(nq), V(lblc), V(lblcr),
      V(dh), V(fo) or V(ovf). A new virtual server has V(wlc) where nothing is said. One that this kernel does not have
      is refused before anything changes.
  type: str
flags:
  description:
    - What the virtual server does differently; V([]) for nothing. V(ops) schedules every single packet (UDP only).
      V(sh-fallback), V(sh-port), V(mh-fallback) and V(mh-port) are for the schedulers V(sh) and V(mh); V(flag-1),
      V(flag-2) and V(flag-3) are the same bits for any other.
  type: list
  elements: str
  choices: [ops, sh-fallback, sh-port, mh-fallback, mh-port, flag-1, flag-2, flag-3]
persistence_timeout:
  description:
    - How long a client stays with its real server, in seconds. V(0) for no persistence.
  type: int
persistence_netmask:
  description:
    - Which clients count as one, as a netmask (V(255.255.255.0)) or for IPv6 as a prefix length (V(64)).
  type: str
persistence_engine:
  description:
    - What else than its address tells a client, such as V(sip). An empty text for none.
  type: str
real_servers:
  description:
    - The servers behind it. What is not given of one stays as it is, and on a new one is IPVS's default.
    - Others that it has stay too, unless O({place}purge_real_servers=true).
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
        - Its port, the virtual server's where it is not given. Only V(nat) can lead to another one.
      type: int
    forwarding_method:
      description:
        - How packets reach it. V(dr) sends them on as they came, to the server's MAC address; V(tun) packs them into
          others; V(nat) gives them its address. A new one has V(dr).
      type: str
      choices: [dr, tun, nat]
    weight:
      description:
        - Its share of new connections, 0-65535. With V(0) it gets none, and those that it has go on. A new one has
          V(1).
      type: int
    upper_threshold:
      description:
        - The number of connections at which it gets no new ones. V(0) for no limit.
      type: int
    lower_threshold:
      description:
        - The number of connections below which it gets new ones again. V(0) is three quarters of the upper one.
      type: int
    tunnel_type:
      description:
        - What V(tun) packs packets into. A new one has V(ipip).
      type: str
      choices: [ipip, gue, gre]
    tunnel_port:
      description:
        - The UDP port at which the server takes V(gue).
      type: int
    tunnel_checksum:
      description:
        - The checksum of the outer packet, for V(gue), and without V(remcsum) for V(gre).
      type: str
      choices: [none, csum, remcsum]
    state:
      description:
        - V(absent) removes it, and its connections end. V(drained) gives it weight 0, waits for its connections to end,
          and then removes it (see O(drain_timeout)).
        - By direct routing a client that uses its port again within two minutes reaches a drained server still, unless
          the kernel's C(net.ipv4.vs.expire_nodest_conn) is 1 or its C(net.ipv4.vs.conn_reuse_mode) 2. Role
          P(k8s_edge.ha.ipvs_director#role) sets both.
      type: str
      choices: [present, absent, drained]
      default: present
purge_real_servers:
  description:
    - Whether real servers that are not listed are removed.
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
    - How long to wait for the connections of what is V(drained), in seconds. When the time is up the task fails and
      says which servers still have connections; they stay, with weight 0.
    - Of TCP and SCTP those that are established count. With UDP and firewall marks all count until they time out.
  type: int
  default: 300
persist:
  description:
    - Whether what is asked for is also restored at boot. The rules go where the service of the package C(ipvsadm) reads
      them (C(/etc/ipvsadm.rules) with C(AUTO) in C(/etc/default/ipvsadm) on Debian, C(/etc/sysconfig/ipvsadm) on
      Enterprise Linux), and the service is enabled, not started. A drop-in lets it start before keepalived, whose
      virtual servers it would remove on Debian, and keeps it from writing the table over the rules when it stops, as
      it does on Enterprise Linux. Rules of other services in that file stay, and
      those of the running keepalived's are not written.
  type: bool
  default: false
"""

_ATTRIBUTES = """
attributes:
  check_mode:
    description: Can run in check mode and return changed status prediction without modifying the target.
    support: full
    details:
      - Whose the services are and which schedulers the kernel has is asked in check mode too.
  diff_mode:
    description: Returns details on what has changed (or possibly needs changing in check_mode), in diff mode.
    support: full
    details:
      - As rules of C(ipvsadm), of the services that change.
  idempotent:
    description: When run twice in a row without outside changes, the second run changes nothing.
    support: full
notes:
  - Speaks to the kernel itself, over generic netlink, so nothing has to be installed but for O(persist=true). The
    kernel module C(ip_vs) is loaded where it has to be.
  - IPVS has no transactions. Changes are made in an order in which no service ever lacks a server that it had and
    keeps, and if one is refused, those before it are taken back.
  - Virtual servers that the running keepalived has in its configuration are refused, as keepalived would not know of
    the change, and so are timeouts and sync daemons that it sets. Change them with M(k8s_edge.ha.keepalived_config).
"""


def _options(text: str, rest: str = "") -> str:
    return "options:\n" + textwrap.indent(text.strip("\n"), "  ") + "\n" + rest


_VIRTUAL_SERVERS = """
virtual_servers:
  description:
    - The virtual servers. What is not given of one stays as it is, and on a new one is IPVS's default.
    - Others stay too, unless O(purge=true).
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
