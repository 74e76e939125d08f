# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw the conclusions of the demo of edge nodes. Pure: output of programs in, findings out. Raises LabError for failed
proofs.

An answer is `NODE to CLIENT`: the node that sent it, and the client address that it saw."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from lab.command import LabError

_SERVER = re.compile(r"^-a .* -r (?P<address>\S+):\d+ -g\b.* -w (?P<weight>\d+)", re.MULTILINE)
_PATIENCE_MS = 1000  # three advertisement intervals of half a second, less the time since the last one
Said = Mapping[str, Any]
Passes = Mapping[str, int]


class Turn(NamedTuple):
    """The replacement of a node's server: the times at which the old one was asked to stop, had stopped, and the new
    one was ready."""

    node: str
    stopping: float
    stopped: float
    ready: float


class Table(NamedTuple):
    """The addresses in the director's table that get new connections, read at some time between ``begin`` and
    ``end``."""

    begin: float
    end: float
    addresses: frozenset[str]


def table(rules: str) -> set[str]:
    """The addresses of real servers (direct routing) with a weight above 0, from the output of `ipvsadm -Sn`."""
    return {found["address"] for found in _SERVER.finditer(rules) if found["weight"] != "0"}


def shares(said: Said) -> dict[str, int]:
    """The number of requests that each node answered."""
    counts: dict[str, int] = {}
    for answer, count in said["answered_by"].items():
        node = answer.partition(" to ")[0]
        counts[node] = counts.get(node, 0) + count
    return counts


def spread(said: Said, nodes: Iterable[str], client: str) -> str:
    """Every request was answered, every node answered some, and each saw the client's own address."""
    counts = shares(said)
    if said["failed"]:
        raise LabError(f"{said['failed']} of {said['requests']} requests failed.")
    if missing := sorted(set(nodes) - set(counts)):
        raise LabError(f"no answer came from {', '.join(missing)}.")
    if others := [answer for answer in said["answered_by"] if answer.partition(" to ")[2] != client]:
        raise LabError(f"the client is {client}, and a node saw another: {', '.join(others)}.")
    each = ", ".join(f"{node} {count}" for node, count in sorted(counts.items()))
    return f"{said['requests']} requests answered ({each}); each node saw the client itself, {client}"


def no_loop(passes: Passes) -> str:
    """No packet to the VIP was forwarded more than once. `passes`: the number of packets by TTL, see lab/wire.py."""
    counts = {int(ttl): count for ttl, count in passes.items()}
    if not counts:
        raise LabError("no packet to the VIP was seen on the wire.")
    first = max(counts)
    again = {ttl: count for ttl, count in counts.items() if ttl < first - 1}
    if again:
        raise LabError(
            f"packets went round: {sum(again.values())} were sent on more than once, one {first - min(again)} times."
        )
    on = counts.get(first - 1, 0)
    return f"of {counts[first]} packets to the VIP the director sent {on} on, each once: no loop"


def left(said: Said, node: str) -> str:
    """A node's server stopped while clients sent requests: some failed, the last of them long before the end."""
    if not said["outages"]:
        raise LabError(f"no request failed, so {node} had not been asked.")
    first, last = said["outages"][0], said["outages"][-1]
    if last.get("unfinished"):
        raise LabError(f"requests still failed at the end; {node} did not leave.")
    gone = (last["at_ms"] + last["length_ms"] - first["at_ms"]) / 1000
    return f"{node} left {gone:.1f} s after its first failure; {said['failed']} of {said['requests']} requests lost"


def silence(address: str, said: Said, long_ms: int) -> str:
    """The longest time without an answer. After that the new director still sends some requests to the dead node's
    server, until its check has failed."""
    if not said["outages"]:
        raise LabError(f"{address} never stopped answering, so its director was not lost.")
    if said["outages"][-1].get("unfinished"):
        raise LabError(f"{address} did not answer every request again.")
    late = f"probe late by at most {said['longest_stall_ms']} ms"
    lost = f"{said['failed']} of {said['requests']} requests had no answer within {long_ms / 1000:.0f} s"
    return f"{address} silent for {said['longest_outage_ms'] / 1000:.2f} s ({late}), {lost}"


def connections(said: Said, dead: str) -> str:
    """Of the held connections, only those to the dead node's own server were cut."""
    counts = shares({"answered_by": said["cut_from"]})
    if wrongly := sorted(set(counts) - {dead}):
        lost = ", ".join(f"{counts[node]} with {node}" for node in wrongly)
        raise LabError(f"connections with living servers were cut: {lost}.")
    held = shares({"answered_by": said["held_by"]})
    if not set(held) - {dead}:
        raise LabError("no connection with a living server was held.")
    live = said["connections"] - said["cut"]
    return f"{live} of {said['connections']} held connections live on; {dead} took its {said['cut']} along"


def same_holder(before: Mapping[str, str], after: Mapping[str, str], changes: int, stall_ms: int) -> str:
    """The holder by address, before and after. `changes`: how often a host became MASTER in between. If the probe
    itself was delayed for longer than advertisements may be missing, changes do not count as a fault of VRRP."""
    stays = ", ".join(f"{address} is on {name}" for address, name in after.items())
    if not changes and before == after:
        return f"{stays} as before, and nobody became MASTER meanwhile"
    if stall_ms > _PATIENCE_MS:
        return f"{stays}; this machine stood still for {stall_ms} ms, so that hosts became MASTER {changes} times"
    raise LabError(f"hosts became MASTER {changes} times where none should; {stays}.")


def all_serve(addresses: Collection[str], expected: Collection[str]) -> str:
    """The table has exactly the expected real servers."""
    if set(addresses) != set(expected):
        raise LabError(
            f"the table has {', '.join(sorted(addresses)) or 'nobody'} instead of {', '.join(sorted(expected))}."
        )
    return f"{len(addresses)} real servers in its kernel: {', '.join(sorted(addresses))}"


def updated(
    said: Said,
    slow: Said,
    least: int,
    turns: Sequence[Turn],
    tables: Sequence[Table],
    addresses: Mapping[str, str],
) -> str:
    """Every node's server was replaced in turn, and no request was lost, including long-running ones (``slow``). Each
    node left the director's table before its server stopped, and came back. ``addresses``: the address of each node.
    ``least``: the required number of requests."""
    for each in (said, slow):
        if each["failed"]:
            raise LabError(
                f"{each['failed']} of {each['requests']} requests failed: {each['errors']}, {each['outages']}"
            )
    if said["requests"] < least or not slow["requests"]:
        raise LabError(f"{said['requests']} requests and {slow['requests']} slow ones are too few.")
    if sorted(turn.node for turn in turns) != sorted(addresses):
        raise LabError(f"replaced were {', '.join(turn.node for turn in turns) or 'none'}, not each node once.")
    for turn in turns:
        own = addresses[turn.node]
        while_leaving = [each for each in tables if turn.stopping < each.end < turn.stopped]
        if not any(own not in each.addresses for each in while_leaving):
            raise LabError(f"{turn.node} had not left the table before its server had ended.")
        if not any(own in each.addresses for each in tables if turn.ready < each.begin):
            raise LabError(f"{turn.node} did not come back into the table.")
    order = ", ".join(turn.node for turn in turns)
    return (
        f"0 of {said['requests']} requests lost, and 0 of {slow['requests']} that took their time\n"
        f"{order}: each left the table before its Traefik had ended, and came back"
    )
