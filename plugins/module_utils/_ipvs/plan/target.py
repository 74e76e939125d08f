# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The desired table: what is declared, merged with what exists. Pure.

An option that is not given stays as it is, or gets ipvsadm's default where the service or server is new. What the
kernel already has is not checked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan.desired import (
    Desired,
    DesiredServer,
    DesiredService,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import (
    HOST_MASK,
    ONE_PACKET,
    OWN_FLAGS,
    Daemon,
    Key,
    Place,
    Server,
    Service,
    Table,
    Timeouts,
)


def target(current: Table, desired: Desired, problems: list[Problem]) -> Table:
    """The desired table. What the kernel would ignore or refuse is added to ``problems``.

    In it, servers to be drained have weight 0, and absent ones are missing.
    """
    services = dict(current.services)
    named = set()
    for one in desired.services:
        named.add(one.key)
        there = services.get(one.key)
        if one.state == "present":
            services[one.key] = _service(one, there, problems)
        elif there is not None and one.state == "drained":
            services[one.key] = there._replace(servers={place: _quiet(one) for place, one in there.servers.items()})
        elif there is not None:
            del services[one.key]
    if desired.purge:
        services = {key: service for key, service in services.items() if key in named}
    timeouts = current.timeouts
    if desired.timeouts:
        timeouts = (timeouts or Timeouts(0, 0, 0))._replace(**desired.timeouts)
    daemons = current.daemons
    if desired.daemons is not None:
        daemons = {
            role: daemons.get(role, Daemon(role, ""))._replace(**desired.daemons.options)
            for role in desired.daemons.roles
        }
    if daemons:
        problems += _mixed(desired, services)
    return Table(services, timeouts, daemons)


def _service(desired: DesiredService, there: Service | None, problems: list[Problem]) -> Service:
    service = there
    if service is None:
        service = Service(desired.key, mask=HOST_MASK[desired.key.family])
        if not desired.key.fwmark:
            problems += _useless(desired.option + "address", desired.key.address)
    if desired.options:
        service = service._replace(**desired.options)
    if not service.timeout and there is not None and there.timeout:
        service = service._replace(**{"mask": HOST_MASK[desired.key.family], "engine": "", **desired.options})
    problems += _strange_flags(desired.option, desired.flags, service.scheduler)
    if there is None or service[:-1] != there[:-1]:
        problems += _service_faults(desired.option, service)
    if desired.servers is None:
        return service
    servers: dict[Place, Server] = {} if desired.purge else dict(service.servers)
    for one in desired.servers:
        old = service.servers.get(one.place)
        if one.state == "present":
            new = (old or Server(*one.place))._replace(**one.options)
            if new.method != "tun" and old is not None and old.method == "tun":
                new = Server(*new[:6])._replace(**one.options)
            if old is None:
                problems += _useless(one.option + ".address", new.address)
            if old is None or new.weight != old.weight:
                problems += _heavy(one.option + ".weight", new.weight)
            if new != old:
                problems += _server_faults(one, service, new)
            servers[one.place] = new
        elif old is not None and one.state == "drained":
            servers[one.place] = _quiet(old)
        elif old is not None:
            servers.pop(one.place, None)
    return service._replace(servers=servers)


def _quiet(server: Server) -> Server:
    return server._replace(weight=0) if server.weight else server


def _useless(option: str, host: str) -> Iterator[Problem]:
    """A problem where no packets can be sent to an address. For real servers the kernel accepts such addresses only if
    they are local, for virtual servers any."""
    first = host.partition(":" if ":" in host else ".")[0]
    if ":" in host:
        useless = host == "::" or host.startswith("::ffff:") or first[:2] == "ff" or "fe8" <= first[:3] <= "feb"
    else:
        useless = first == "0" or int(first) >= 224
    if useless:
        yield Problem(option, host, "is not the address of one host", "Give a unicast address.")


def _heavy(option: str, weight: int) -> Iterator[Problem]:
    """A problem of a weight that the kernel accepts, but that overflows in its schedulers."""
    if isinstance(weight, bool) or not 0 <= weight <= 65535:
        yield Problem(option, weight, "is not between 0 and 65535", "Give a number from 0 to 65535")


def _strange_flags(option: str, flags: Sequence[str], scheduler: str) -> Iterator[Problem]:
    for flag in flags:
        owner = flag.partition("-")[0]
        if owner in OWN_FLAGS and owner != scheduler:
            reason = f"means nothing, or something else, to the scheduler {scheduler}"
            yield Problem(option + "flags", flag, reason, f"Use scheduler: {owner}, or leave the flag out.")


def _service_faults(option: str, service: Service) -> Iterator[Problem]:
    key = service.key
    if not service.timeout:
        if not key.port and not key.fwmark:
            reason = "is for services that are persistent: the kernel would never find it for a new client"
            yield Problem(option + "port", 0, reason, "Give a port, or persistence_timeout")
        if service.mask != HOST_MASK[key.family]:
            reason = "is ignored by the kernel where the service is not persistent"
            yield Problem(option + "persistence_netmask", service.mask, reason, "Give persistence_timeout too")
        if service.engine:
            reason = "is ignored by the kernel where the service is not persistent"
            yield Problem(option + "persistence_engine", service.engine, reason, "Give persistence_timeout too")
    if key.protocol in ("tcp", "sctp"):
        if service.flags & ONE_PACKET:
            reason = f"is ignored by the kernel for {key.protocol}"
            yield Problem(option + "flags", "ops", reason, "Leave it out, or use protocol: udp")
        if service.engine == "sip":
            reason = f"supports UDP only, and the kernel would drop packets of {key.protocol} that it cannot parse"
            yield Problem(option + "persistence_engine", "sip", reason, "Leave it out, or use protocol: udp")


def _server_faults(desired: DesiredServer, service: Service, server: Server) -> Iterator[Problem]:
    key = service.key
    if server.method == "tun":
        yield from _tunnel_faults(desired.option, server)
    else:
        if (":" in server.address) != (key.family == 6):
            reason = f"is not of the family of {key}, and {server.method} needs the same family"
            remedy = f"Give an IPv{key.family} address, or use forwarding_method: tun"
            yield Problem(desired.option + ".address", server.address, reason, remedy)
        for name, option in (("tunnel", "type"), ("tunnel_port", "port"), ("checksum", "checksum")):
            if desired.options.get(name) not in (None, Server._field_defaults[name]):
                reason = f"is ignored by the kernel with {server.method}"
                remedy = "Leave it out, or use forwarding_method: tun"
                yield Problem(f"{desired.option}.tunnel_{option}", desired.options[name], reason, remedy)
    if server.method != "nat" and not key.fwmark and server.port != key.port:
        reason = f"is not the virtual server's port {key.port}: {server.method} does not change the port"
        remedy = f"Leave it out, give {key.port}, or use forwarding_method: nat"
        yield Problem(desired.option + ".port", server.port, reason, remedy)
    if server.lower > server.upper:
        reason = f"is above the upper threshold, which is {server.upper}"
        yield Problem(
            desired.option + ".lower_threshold", server.lower, reason, "Give upper_threshold too, not below it"
        )


def _tunnel_faults(option: str, server: Server) -> Iterator[Problem]:
    if server.tunnel == "gue" and not server.tunnel_port:
        reason = "is missing, and the kernel would refuse the server"
        yield Problem(option + ".tunnel_port", None, reason, "Give the port that it receives GUE at, such as 6080")
    if server.tunnel != "gue" and server.tunnel_port:
        reason = f"is ignored by the kernel with {server.tunnel}"
        yield Problem(option + ".tunnel_port", server.tunnel_port, reason, "Leave it out, or use tunnel_type: gue")
    fits = {"ipip": ("none",), "gre": ("none", "csum")}.get(server.tunnel)
    if fits is not None and server.checksum not in fits:
        reason = f"is ignored by the kernel with {server.tunnel}"
        remedy = "Use one of: {0}".format(", ".join(fits))
        yield Problem(option + ".tunnel_checksum", server.checksum, reason, remedy)


def _mixed(desired: Desired, services: dict[Key, Service]) -> Iterator[Problem]:
    """Problems of servers whose family differs from their service's, together with sync daemons: the daemons' protocol
    cannot carry them, and the kernel refuses one where the other exists."""
    asked = {one.key: one for one in desired.services}
    for key, service in services.items():
        for server in service.servers.values():
            if (":" in server.address) != (key.family == 6):
                option = asked[key].option + "real_servers" if key in asked else "sync_daemon"
                reason = f"is a server of another family than {key}, which a sync daemon cannot announce"
                remedy = "Use no sync daemon (sync_daemon: {roles: []}), or use servers of one family"
                yield Problem(option, server.address, reason, remedy)


def removal(desired: Desired) -> Desired:
    """The desired state once drained servers have no connections: they are absent."""
    services = []
    for one in desired.services:
        if one.servers is not None:
            gone = {"drained": "absent"}
            servers = [server._replace(state=gone.get(server.state, server.state)) for server in one.servers]
            one = one._replace(servers=tuple(servers))
        services.append(one._replace(state="absent") if one.state == "drained" else one)
    return desired._replace(services=tuple(services))


def drains(desired: Desired) -> bool:
    """Whether anything is to be drained."""
    return any(
        one.state == "drained" or any(server.state == "drained" for server in one.servers or ())
        for one in desired.services
    )
