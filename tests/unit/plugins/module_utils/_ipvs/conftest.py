# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kernel that is played, and any table as a strategy. What the real kernel does is tests/kernel's to show."""

from __future__ import annotations

import errno
import json
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import messages
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import table as kernel
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import wire as netlink
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink.channel import Channel
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync import action as actions
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary import arguments
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import (
    CHECKSUMS,
    FLAGS,
    HOST_MASK,
    PROTOCOLS,
    Daemon,
    Key,
    Server,
    Service,
    Table,
    Timeouts,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System
from hypothesis import strategies as st

SERVERS = {messages.NEW_SERVER: "new", messages.SET_SERVER: "set", messages.DEL_SERVER: "del"}
SERVICES = {messages.NEW_SERVICE: "new", messages.SET_SERVICE: "set", messages.DEL_SERVICE: "del"}


class PlayedKernel:
    """Keeps what it is told as the attributes it came in, and speaks as a Channel does. ``orders`` counts requests;
    ``refuses`` maps the number of a request to the errno it gets, ``silent`` is one that it obeys but never answers;
    ``watch`` is called after each one."""

    sent_with = staticmethod(Channel.sent_with)

    def __init__(self):
        self.services: dict[tuple, dict[int, bytes]] = {}
        self.servers: dict[tuple, dict[tuple, dict[int, bytes]]] = {}
        self.timeouts = messages.timeouts_body(Timeouts(900, 120, 300))
        self.daemons: dict[bytes, dict[int, bytes]] = {}
        self.connections: dict[str, int] = {}
        self.orders = 0
        self.refuses: dict[int, int] = {}
        self.silent = 0
        self.watch = lambda: None

    def __call__(self, _name):
        return self

    def put(self, table):
        """Have this table, whatever was there."""
        self.__init__()
        for service in table.services.values():
            assert self._one(messages.NEW_SERVICE, messages.service_body(service)) == 0
            for server in service.servers.values():
                body = messages.server_body(messages.key_body(service.key), server)
                assert self._one(messages.NEW_SERVER, body) == 0
        self.timeouts = messages.timeouts_body(table.timeouts)
        for daemon in table.daemons.values():
            self._one(messages.NEW_DAEMON, messages.daemon_body(daemon))
        self.orders = 0

    def ask(self, command, body=b""):
        if command == messages.GET_TIMEOUTS:
            return [self.timeouts]
        if command == messages.GET_SERVICE:
            name = self._name(body)
            if name not in self.services:
                raise OSError(errno.ESRCH, "")
            return [netlink.nested(1, self.services[name].items())]
        raise AssertionError(command)

    def _tell(self, command, body):
        if command == messages.SET_TIMEOUTS:
            self.timeouts = body
        else:
            found = netlink.attributes(netlink.attributes(body)[3])
            if command == messages.NEW_DAEMON:
                chosen = {4: b"\xc0\x05", 5: bytes((224, 0, 0, 81)), 7: b"\x90\x22", 8: b"\1"}
                self.daemons[found[1]] = {**(chosen if 6 not in found else {**chosen, 5: None}), **found}
            else:
                del self.daemons[found[1]]
        return 0

    def dump(self, command, body=b""):
        if command == messages.GET_DAEMON:
            for found in self.daemons.values():
                yield netlink.nested(3, [(number, value) for number, value in found.items() if value is not None])
        elif command == messages.GET_SERVICE:
            for found in self.services.values():
                yield netlink.nested(1, [*found.items(), (10, b""), (12, netlink.attribute(1, b"\7" + bytes(7)))])
        else:
            servers = self.servers.get(self._name(body), {})
            for found in reversed(list(servers.values())):
                host = messages.server_from(netlink.nested(2, found.items()), 4)[0].address
                active = self.connections.get(host, 0).to_bytes(4, "little")
                yield netlink.nested(2, [*found.items(), (7, active), (8, bytes(4)), (9, bytes(4))])

    def order(self, requests):
        failed = {}
        for start in range(0, len(requests), 128):
            for index in range(start, min(start + 128, len(requests))):
                number = self._one(*requests[index])
                if self.orders == self.silent:
                    raise EdgeError("no answer")
                if number:
                    failed[index] = number
                self.watch()
            if failed:
                break
        return failed

    def _one(self, command, body):
        self.orders += 1
        if self.orders in self.refuses:
            return self.refuses[self.orders]
        if command in (messages.SET_TIMEOUTS, messages.NEW_DAEMON, messages.DEL_DAEMON):
            return self._tell(command, body)
        name = self._name(body)
        if command in SERVICES:
            return self._put(SERVICES[command], self.services, name, netlink.attributes(body)[1], errno.ESRCH)
        if name not in self.services:
            return errno.ESRCH
        data = netlink.attributes(body)[2]
        found = netlink.attributes(data)
        servers = self.servers.setdefault(name, {})
        return self._put(SERVERS[command], servers, (found[1], found[2]), data, errno.ENOENT)

    def _put(self, verb, there, name, data, missing):
        if (name in there) == (verb == "new"):
            return errno.EEXIST if verb == "new" else missing
        if verb == "del":
            del there[name]
            if there is self.services:
                self.servers.pop(name, None)
        else:
            there[name] = netlink.attributes(data)
        return 0

    @staticmethod
    def _name(body):
        found = netlink.attributes(netlink.attributes(body)[1])
        return tuple(found.get(number) for number in (1, 2, 3, 4, 5))


@pytest.fixture
def played(monkeypatch):
    """A played kernel in the place of the real one, with IPVS loaded."""
    found = PlayedKernel()
    monkeypatch.setattr(kernel, "Channel", found)
    monkeypatch.setattr(kernel, "_SIGN", "/")
    return found


def parameters(spec: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Parameters as Ansible checks them and hands them on."""
    found = ArgumentSpecValidator(spec).validate(json.loads(json.dumps(given)))
    assert not found.error_messages, found.error_messages
    return found.validated_parameters


class NoTools(System):
    """A host without modprobe or systemctl; ``ran`` are the commands that were wanted nevertheless."""

    def __init__(self):
        self.ran = []

    def which(self, name):
        return None


@pytest.fixture
def config():
    """``config(check_mode=False, **options)`` calls ipvs_config's action."""

    def call(check_mode=False, system=None, **given):
        return actions.config(parameters(arguments.config_arguments(), given), system or NoTools(), check_mode)

    return call


@pytest.fixture
def virtual_server():
    """The same for ipvs_virtual_server."""

    def call(check_mode=False, system=None, **given):
        return actions.virtual_server(
            parameters(arguments.virtual_server_arguments(), given), system or NoTools(), check_mode
        )

    return call


HOSTS = {4: ["10.0.0.1", "10.0.0.2", "10.0.0.3"], 6: ["fd00::1", "fd00::2", "fd00::3"]}
U32 = st.integers(0, 2**32 - 1)


@st.composite
def any_server(draw, family):
    method = draw(st.sampled_from(["dr", "nat", "tun"]))
    port = draw(st.sampled_from([80, 81, 0, 65535]))
    server = Server(
        draw(st.sampled_from(HOSTS[family])), port, method, draw(st.integers(0, 65535)), draw(U32), draw(U32)
    )
    if method != "tun":
        return server
    tunnel = draw(st.sampled_from(["ipip", "gue", "gre"]))
    number = draw(st.integers(1, 65535)) if tunnel == "gue" else 0
    return server._replace(tunnel=tunnel, tunnel_port=number, checksum=draw(st.sampled_from(list(CHECKSUMS))))


@st.composite
def any_service(draw):
    family = draw(st.sampled_from([4, 6]))
    if draw(st.booleans()):
        key = Key(family, fwmark=draw(st.integers(1, 2**32 - 1)))
    else:
        protocol, host = draw(st.sampled_from(list(PROTOCOLS))), draw(st.sampled_from(HOSTS[family]))
        key = Key(family, protocol, host, draw(st.sampled_from([1, 80, 65535])))
    flags = sum(set(draw(st.lists(st.sampled_from(sorted(set(FLAGS.values())))))))
    timeout = draw(st.sampled_from([0, 1, 86400]))
    mask = HOST_MASK[family]
    if timeout:
        mask = draw(st.sampled_from(["255.255.0.0", HOST_MASK[4]] if family == 4 else ["1", "64", HOST_MASK[6]]))
    servers = draw(st.lists(any_server(family), max_size=4, unique_by=lambda server: server.place))
    return Service(
        key,
        draw(st.sampled_from(["rr", "wlc", "mh", "a_long_one_12345"[:15]])),
        flags,
        timeout,
        mask,
        draw(st.sampled_from(["", "sip"])) if timeout else "",
        {server.place: server for server in servers},
    )


@pytest.fixture(scope="session")
def any_table():
    """A strategy for tables."""
    daemon = st.builds(
        Daemon,
        st.just(""),
        st.sampled_from(["eth1", "lo"]),
        st.integers(0, 255),
        st.integers(1024, 1400),
        st.sampled_from(["224.0.0.81", "ff05::99"]),
        st.integers(1, 65535),
        st.integers(1, 255),
    )
    roles = st.dictionaries(st.sampled_from(["master", "backup"]), daemon)
    return st.builds(
        lambda services, timeouts, daemons: Table(
            {service.key: service for service in services},
            timeouts,
            {role: daemon._replace(role=role) for role, daemon in daemons.items()},
        ),
        st.lists(any_service(), max_size=5),
        st.builds(Timeouts, U32, U32, U32),
        roles,
    )
