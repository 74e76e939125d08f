# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy store through libsemanage: all of a change or nothing, and read back as it was written."""

from __future__ import annotations

import fcntl
import os

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux import store as module
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.store import Range, Transaction

HTTP = "system_u:object_r:http_port_t:s0"
ALL = Transaction(
    ports={"tcp/7777": HTTP},
    booleans={"haproxy_connect_any": True},
    files={"/srv/certs(/.*)?": "system_u:object_r:cert_t:s0"},
    modules={"k8s_edge": "(type k8s_edge_port_t)\n(roletype object_r k8s_edge_port_t)\n"},
)


def everything(store):
    ports = {f"{each.protocol}/{each.low}": each.type for each in store.local_ranges()}
    return ports, store.local_booleans(), store.local_files(), store.modules()


def test_one_transaction_makes_all_and_one_takes_all_away(store):
    empty = everything(store)
    assert empty == ({}, {}, {}, {"base"})
    store.commit(ALL)
    assert everything(store) == (
        {"tcp/7777": "http_port_t"},
        {"haproxy_connect_any": True},
        {"/srv/certs(/.*)?": "cert_t"},
        {"base", "k8s_edge"},
    )
    store.commit(Transaction(*(dict.fromkeys(part) for part in ALL[:4])))
    assert everything(store) == empty


def test_the_policys_ports_are_read_with_local_ones(store):
    store.commit(Transaction(ports={"tcp/7777": HTTP}))
    assert set(store.ports()) == {
        Range("tcp", 7777, 7777, "http_port_t"),
        Range("tcp", 80, 80, "http_port_t"),
        Range("tcp", 5432, 5432, "postgresql_port_t"),
        Range("tcp", 1024, 65535, "unreserved_port_t"),
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Transaction(ports={"tcp/7777": HTTP, "tcp/7778": "system_u:object_r:nothing_t:s0"}), "nothing_t"),
        (Transaction(ports={"tcp/7777": HTTP}, modules={"k8s_edge": "(allow nobody_t"}), "k8s_edge"),
    ],
)
def test_what_is_refused_changes_nothing_and_says_why(store, capfd, change, said):
    with pytest.raises(EdgeError, match=rf"(?s){said}.*Nothing was changed\."):
        store.commit(change)
    assert everything(store) == ({}, {}, {}, {"base"})
    assert capfd.readouterr() == ("", "")  # a module's answer is alone on its output


def test_another_program_that_changes_the_policy_is_waited_for_and_named(store, store_root, monkeypatch):
    monkeypatch.setattr(module, "TRIES", 1)  # five seconds
    with open(store_root / "var/lib/selinux/targeted/semanage.trans.LOCK", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(EdgeError, match=r"Another program changes.*transaction lock.*Nothing was changed\."):
            store.commit(ALL)
    tries = []

    def busy_at_first(handle, function, *arguments):
        if function == "semanage_begin_transaction" and not tries:
            tries.append(function)
            os.write(2, b"Could not get direct transaction lock")
            raise EdgeError("refused")
        must(handle, function, *arguments)

    must = store._must
    monkeypatch.setattr(module, "TRIES", 2)
    monkeypatch.setattr(store, "_must", busy_at_first)
    store.commit(ALL)
    assert tries and "k8s_edge" in store.modules()


def test_the_outputs_come_back(store, capfd):
    store.commit(ALL)
    os.write(1, b"one")
    os.write(2, b"two")
    assert capfd.readouterr() == ("one", "two")
