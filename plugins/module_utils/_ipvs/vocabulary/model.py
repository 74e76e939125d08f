# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IPVS table as frozen values, in readable terms. Statistics are not part of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import bracketed

PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}
#: Numbers as in include/uapi/linux/ip_vs.h.
METHODS = {"nat": 0, "local": 1, "tun": 2, "dr": 3, "bypass": 4}
TUNNELS = {"ipip": 0, "gue": 1, "gre": 2}
CHECKSUMS = {"none": 0, "csum": 1, "remcsum": 2}

#: Bits of a service's flags. The meaning of the three scheduler bits depends on the scheduler.
PERSISTENT, ONE_PACKET, FIRST, SECOND, THIRD = 1, 4, 8, 16, 32
MANAGED = PERSISTENT | ONE_PACKET | FIRST | SECOND | THIRD
FLAGS = {
    "ops": ONE_PACKET,
    "sh-fallback": FIRST,
    "sh-port": SECOND,
    "mh-fallback": FIRST,
    "mh-port": SECOND,
    "flag-1": FIRST,
    "flag-2": SECOND,
    "flag-3": THIRD,
}
#: Schedulers that have names for these bits.
OWN_FLAGS = ("sh", "mh")
HOST_MASK = {4: "255.255.255.255", 6: "128"}
#: The longest timeout of any kind, in seconds (ipvsadm's own limit).
LONGEST = 86400 * 31


class Key(NamedTuple):
    """What identifies a virtual service: family, protocol, address and port; or family and firewall mark."""

    family: int
    protocol: str = ""
    address: str = ""
    port: int = 0
    fwmark: int = 0

    def __str__(self) -> str:
        if self.fwmark:
            return f"fwmark {self.fwmark}" + (" (IPv6)" if self.family == 6 else "")
        return f"{self.protocol} {bracketed(self.address)}:{self.port}"


class Server(NamedTuple):
    """A real server. A threshold of 0 means none. Tunnel options are those of ipip where the method is not tun."""

    address: str
    port: int
    method: str = "dr"
    weight: int = 1
    upper: int = 0
    lower: int = 0
    tunnel: str = "ipip"
    tunnel_port: int = 0
    checksum: str = "none"

    @property
    def place(self) -> tuple[str, int]:
        """What identifies a real server within its service."""
        return self.address, self.port

    def __str__(self) -> str:
        return f"{bracketed(self.address)}:{self.port}"


Place = tuple[str, int]


class Service(NamedTuple):
    """A virtual service. ``timeout`` (seconds) is 0 where it is not persistent; ``flags`` are bits without that of
    persistence; ``mask`` is a netmask for IPv4 and a prefix length for IPv6."""

    key: Key
    scheduler: str = "wlc"
    flags: int = 0
    timeout: int = 0
    mask: str = HOST_MASK[4]
    engine: str = ""
    servers: Mapping[Place, Server] = {}


class Timeouts(NamedTuple):
    """How long connections are kept, in seconds."""

    tcp: int
    tcpfin: int
    udp: int


class Daemon(NamedTuple):
    """A daemon that sends (master) or receives (backup) the states of connections. 0 and "" are the kernel's
    defaults."""

    role: str
    interface: str
    syncid: int = 0
    maxlen: int = 0
    group: str = ""
    port: int = 0
    ttl: int = 0


ROLES = {"master": 1, "backup": 2}


class Table(NamedTuple):
    """The kernel's IPVS state in one network namespace, or the part of it that is needed."""

    services: Mapping[Key, Service]
    timeouts: Timeouts | None = None
    daemons: Mapping[str, Daemon] = {}


def flag_names(flags: int, scheduler: str) -> list[str]:
    """The names of the set bits with this scheduler."""
    own = (scheduler + "-fallback", scheduler + "-port") if scheduler in OWN_FLAGS else ("flag-1", "flag-2")
    return [name for name in (*own, "flag-3", "ops") if flags & FLAGS[name]]
