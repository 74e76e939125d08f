# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers of a running HAProxy: their settings, their status, and their sessions."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.stats import read_servers, read_stat

STATES = ("ready", "drain", "maint")

#: Bits of ``srv_admin_state`` (HAProxy's management manual, "show servers state"). The bit for ``disabled`` in the file
#: does not mean maintenance by itself: it stays set when the server is made ready.
FORCED_MAINT, INHERITED_MAINT, FORCED_DRAIN, INHERITED_DRAIN, UNRESOLVED = 0x01, 0x02, 0x08, 0x10, 0x20
_OUT = FORCED_MAINT | INHERITED_MAINT | FORCED_DRAIN | INHERITED_DRAIN | UNRESOLVED
#: A bit of ``srv_agent_state``: an agent check is enabled, which may set weight and state at any time.
_AGENT = 0x04
#: ``srv_op_state`` of a server that accepts new connections: warming up, running.
_TAKES = (1, 2)

#: The fields of ``show stat`` that are read.
_FIELDS = "pxname svname scur qcur slim status weight check_status throttle bck tracked algo".split()
_COMMANDS = ("show cli level", "show servers state", "show stat -1 6 -1")


class Server(NamedTuple):
    """``weight`` is the weight set now, ``usual_weight`` the file's, ``effective_weight`` the one in effect (lower
    during slowstart). ``status`` is HAProxy's own word. ``follows`` is the ``backend/server`` that it tracks. ``limit``
    is its maxconn, 0 for none. ``agent``: an agent check may change it at any time."""

    backend: str
    name: str
    admin: int
    operational: int
    weight: int
    usual_weight: int
    effective_weight: float
    sessions: int
    queued: int
    limit: int
    status: str
    checked: bool
    warming: bool
    backup: bool
    follows: str
    agent: bool = False

    @property
    def title(self) -> str:
        return f"{self.backend}/{self.name}"

    @property
    def state(self) -> str:
        """The state that was set, regardless of inherited state and health."""
        return "maint" if self.admin & FORCED_MAINT else "drain" if self.admin & FORCED_DRAIN else "ready"

    @property
    def serves(self) -> bool:
        """Whether the server accepts new connections."""
        return self.operational in _TAKES and not self.admin & _OUT and self.weight > 0

    @property
    def healthy(self) -> bool:
        """Whether the server is up, not held in drain or maintenance, and neither going down nor still unchecked (``UP
        1/3``)."""
        return self.operational in _TAKES and not self.admin & _OUT and self.checked and "/" not in self.status


class Servers(NamedTuple):
    """All servers in HAProxy's order, the socket's access level (``user``, ``operator``, ``admin``; empty where HAProxy
    does not report it), and each backend's balance algorithm where HAProxy reports it."""

    level: str
    servers: tuple[Server, ...]
    algorithms: dict[str, str]

    def named(self, titles: set[str]) -> list[Server]:
        """The servers with these titles. Raises EdgeError where one no longer exists."""
        found = [server for server in self.servers if server.title in titles]
        if len(found) < len(titles):
            gone = sorted(titles - {server.title for server in found})
            raise EdgeError(
                f"{', '.join(gone)}: no longer in the running HAProxy. Another program or person changes it."
            )
        return found


def ask_servers(runtime: Runtime) -> Servers:
    """All servers, read with one request. Raises EdgeError."""
    level, states, stat = runtime.ask(_COMMANDS)
    if level == "user":
        raise EdgeError(
            f"HAProxy's socket {runtime.address} is of level user, which does not show what is set for servers. "
            "Give its line in haproxy.cfg 'level admin', or name another socket."
        )
    rows = {(str(row["pxname"]), str(row["svname"])): row for row in read_stat(stat, _FIELDS)}
    servers = []
    for state in read_servers(states):
        row = rows.get((str(state["be_name"]), str(state["srv_name"])))
        if row is not None:
            servers.append(_server(state, row))
    algorithms = {name: str(row["algo"]) for (name, kind), row in rows.items() if kind == "BACKEND" and "algo" in row}
    return Servers(level if level in ("operator", "admin") else "", tuple(servers), algorithms)


def server_result(server: Server) -> dict[str, Any]:
    """A server in the form of the module's result."""
    return {
        "backend": server.backend,
        "name": server.name,
        "state": server.state,
        "weight": server.weight,
        "sessions": server.sessions,
        "status": server.status,
    }


def _server(state: dict[str, Any], row: dict[str, Any]) -> Server:
    return Server(
        backend=str(state["be_name"]),
        name=str(state["srv_name"]),
        admin=state["srv_admin_state"],
        operational=state["srv_op_state"],
        weight=state["srv_uweight"],
        usual_weight=state["srv_iweight"],
        effective_weight=state["srv_uweight"] * row.get("throttle", 100) / 100,
        sessions=row.get("scur", 0),
        queued=row.get("qcur", 0),
        limit=row.get("slim", 0),
        status=str(row.get("status", "")),
        checked=not str(row.get("check_status", "")).endswith("INI"),
        warming="throttle" in row,
        backup=row.get("bck") == 1,
        follows=str(row.get("tracked", "")),
        agent=bool(int(state.get("srv_agent_state", 0)) & _AGENT),
    )
