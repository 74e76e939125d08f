# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the current table to the desired one: orders in batches, each with its reverse. Pure.

First everything that adds servers to a service, then changes, then removals: at no time does a service have fewer
servers than it has before or after, whichever is less.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import (
    HOST_MASK,
    Daemon,
    Key,
    Server,
    Service,
    Table,
    Timeouts,
    flag_names,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.rules import (
    daemon_line,
    rules,
    timeouts_line,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Step


class Order(NamedTuple):
    """One request to the kernel: ``verb`` is new, set or del; about ``service`` itself, or a server of it."""

    verb: str
    service: Service
    server: Server | None = None


class Batch(NamedTuple):
    """Orders that are applied together or not at all. ``revert`` has the reverse of each."""

    orders: tuple[Order, ...]
    revert: tuple[tuple[Order, ...], ...]


class Revert(NamedTuple):
    """Revert a batch, the last order first."""

    revert: tuple[tuple[Order, ...], ...]


class Start(NamedTuple):
    """Start a daemon."""

    daemon: Daemon


class Stop(NamedTuple):
    """Stop a daemon."""

    daemon: Daemon


class _Change(NamedTuple):
    words: str
    apply: Order
    revert: tuple[Order, ...]


def steps(current: Table, desired: Table) -> list[Step]:
    """The steps, in order. Empty where both tables are the same."""
    stop: list[Step] = []
    start: list[Step] = []
    for role in ("master", "backup"):
        was, shall = current.daemons.get(role), desired.daemons.get(role)
        if was != shall and was is not None:
            stop.append(Step(f"sync daemon: stop the {role} on {was.interface}", Stop(was), Start(was)))
        if was != shall and shall is not None:
            start.append(Step(f"sync daemon: start the {role} on {shall.interface}", Start(shall), Stop(shall)))
    now: list[Step] = []
    if desired.timeouts != current.timeouts and desired.timeouts is not None and current.timeouts is not None:
        now.append(Step(_timeouts_words(current.timeouts, desired.timeouts), desired.timeouts, current.timeouts))
    return [*stop, *now, *_batches(current, desired), *start]


def _batches(current: Table, desired: Table) -> Iterable[Step]:
    give: list[_Change] = []
    change: list[_Change] = []
    take: list[_Change] = []
    for key, shall in desired.services.items():
        was = current.services.get(key)
        if was is None:
            give.append(_Change(f"{key}: add, {_kind(shall)}", Order("new", shall), (Order("del", shall),)))
            was = shall._replace(servers={})
        elif was is shall or was == shall:
            continue
        elif was[:-1] != shall[:-1]:
            words = f"{key}: {_kind(shall)}, was {_kind(was)}"
            change.append(_Change(words, Order("set", shall), (Order("set", was),)))
        _servers(was, shall, give, change, take)
    for key, was in current.services.items():
        if key not in desired.services:
            back = (Order("new", was), *[Order("new", was, server) for server in was.servers.values()])
            words = f"{key}: remove, with {len(was.servers)} real servers"
            take.append(_Change(words, Order("del", was), back))
    for changes in (give, change, take):
        if changes:
            revert = tuple([one.revert for one in changes])
            words = "\n".join([one.words for one in changes])
            yield Step(words, Batch(tuple([one.apply for one in changes]), revert), Revert(revert))


def _servers(was: Service, shall: Service, give: list[_Change], change: list[_Change], take: list[_Change]) -> None:
    for place, server in shall.servers.items():
        old = was.servers.get(place)
        if old is None:
            words = f"{shall.key}: add real server {server}, {_manner(server)}"
            give.append(_Change(words, Order("new", shall, server), (Order("del", shall, server),)))
        elif old != server:
            words = f"{shall.key}: real server {server}: {_manner(server)}, was {_manner(old)}"
            order = _Change(words, Order("set", shall, server), (Order("set", shall, old),))
            (give if server.weight and not old.weight else take if old.weight and not server.weight else change).append(
                order
            )
    for place, old in was.servers.items():
        if place not in shall.servers:
            words = f"{shall.key}: remove real server {old}"
            take.append(_Change(words, Order("del", shall, old), (Order("new", shall, old),)))


def texts(current: Table, desired: Table, done: Iterable[Step]) -> tuple[str, str]:
    """The changed parts, before and after, as rules of ipvsadm."""
    keys: dict[Key, None] = {}
    timeouts = False
    roles: dict[str, None] = {}
    for step in done:
        if isinstance(step.apply, Batch):
            keys.update(dict.fromkeys([order.service.key for order in step.apply.orders]))
        elif isinstance(step.apply, (Start, Stop)):
            roles[step.apply.daemon.role] = None
        timeouts = timeouts or isinstance(step.apply, Timeouts)
    found = []
    for table in (current, desired):
        lines = [timeouts_line(table.timeouts)] if timeouts and table.timeouts is not None else []
        lines += [daemon_line(table.daemons[role]) for role in roles if role in table.daemons]
        lines += rules([table.services[key] for key in keys if key in table.services])
        found.append("".join([line + "\n" for line in lines]))
    return found[0], found[1]


def _kind(service: Service) -> str:
    words = [f"scheduler {service.scheduler}"]
    names = flag_names(service.flags, service.scheduler)
    words += ["flags " + " ".join(names)] if names else []
    if service.timeout:
        words.append(f"persistent for {service.timeout} s")
        if service.mask != HOST_MASK[service.key.family]:
            words.append(f"by mask {service.mask}")
    if service.engine:
        words.append(f"engine {service.engine}")
    return ", ".join(words)


def _manner(server: Server) -> str:
    words = [server.method, f"weight {server.weight}"]
    if server.upper or server.lower:
        words.append(f"thresholds {server.upper} and {server.lower}")
    if server.method == "tun" and server[6:] != ("ipip", 0, "none"):
        port = f" port {server.tunnel_port}" if server.tunnel_port else ""
        words.append(f"{server.tunnel}{port} {server.checksum}")
    return ", ".join(words)


def _timeouts_words(was: Timeouts, shall: Timeouts) -> str:
    names = [name for name in Timeouts._fields if getattr(was, name) != getattr(shall, name)]
    return "\n".join(f"timeout {name}: {getattr(shall, name)} s, was {getattr(was, name)} s" for name in names)
