# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The planner's promises, with any table over any other, on a kernel that is played."""

from __future__ import annotations

import errno

import hypothesis
import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import ApplyError, EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import table as kernel
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan import batches as planner
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync import apply as orders
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import (
    Daemon,
    Key,
    Server,
    Service,
    Table,
    Timeouts,
)
from hypothesis import strategies as st

SETTINGS = hypothesis.settings(suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], max_examples=60)


def carried_out(played, steps):
    """All steps; EdgeError where one fails, those before it undone as the skeleton does it."""
    done = []
    for step in steps:
        try:
            orders.execute(played, step.apply)
        except EdgeError:
            for one in reversed(done):
                orders.execute(played, one.revert)
            raise
        done.append(step)


@SETTINGS
@hypothesis.given(st.data())
def test_any_table_over_any_other(played, any_table, data):
    first, second = data.draw(any_table), data.draw(any_table)
    played.put(first)
    assert kernel.read_table(played) == first
    assert planner.steps(first, first) == []
    steps = planner.steps(first, second)
    carried_out(played, steps)
    assert kernel.read_table(played) == second
    for step in reversed(steps):
        orders.execute(played, step.revert)
    assert kernel.read_table(played) == first


@SETTINGS
@hypothesis.given(st.data())
def test_no_service_is_ever_without_a_server_that_it_had_and_keeps(played, any_table, data):
    first, second = data.draw(any_table), data.draw(any_table)
    # More in common than chance would have it.
    kept = {
        key: data.draw(st.sampled_from([one, second.services.get(key, one)])) for key, one in first.services.items()
    }
    second = second._replace(services={**second.services, **kept})
    played.put(first)

    def fit(service, keys):
        return {place for place in keys if service.servers[place].weight}

    def watch():
        now = kernel.read_table(played).services
        for key in set(first.services) & set(second.services):
            was, shall, found = first.services[key], second.services[key], now[key]
            both = set(was.servers) & set(shall.servers)
            assert both <= set(found.servers)
            assert fit(was, both) & fit(shall, both) <= fit(found, both)
            fewest = min(len(fit(was, was.servers)), len(fit(shall, shall.servers)))
            assert len(fit(found, found.servers)) >= fewest

    played.watch = watch
    carried_out(played, planner.steps(first, second))


@SETTINGS
@hypothesis.given(st.data(), st.integers(1, 20), st.sampled_from([errno.EINVAL, errno.ENOMEM, errno.EEXIST]))
def test_a_failure_half_way_is_undone(played, any_table, data, number, error):
    first, second = data.draw(any_table), data.draw(any_table)
    played.put(first)
    played.refuses = {number: error}
    try:
        carried_out(played, planner.steps(first, second))
    except EdgeError as refused:
        assert "What this run had changed was reverted" in str(refused)
        assert kernel.read_table(played) == first
    else:
        assert kernel.read_table(played) == second


@SETTINGS
@hypothesis.given(st.data(), st.integers(1, 20))
def test_a_batch_whose_answer_never_comes_is_undone(played, any_table, data, number):
    first, second = (data.draw(any_table)._replace(timeouts=Timeouts(1, 1, 1), daemons={}) for _each in range(2))
    played.put(first)
    played.silent = number
    try:
        carried_out(played, planner.steps(first, second))
    except EdgeError:
        assert kernel.read_table(played) == first
    else:
        assert kernel.read_table(played) == second


KEY = Key(4, "tcp", "10.0.0.1", 80)


def table(*servers, **options):
    service = Service(KEY, **options)._replace(servers={server.place: server for server in servers})
    return Table({KEY: service}, Timeouts(900, 120, 300))


def many(count):
    return [Server(f"10.1.{number // 250}.{number % 250}", 80) for number in range(count)]


def test_a_batch_of_several_datagrams_is_undone_as_well(played):
    played.put(table())
    played.refuses = {200: errno.ENOMEM, 201: errno.ENOMEM}
    with pytest.raises(EdgeError, match=r"refuses real server 10\.1\.0\.199:80 of tcp 10\.0\.0\.1:80: Cannot allocate"):
        carried_out(played, planner.steps(table(), table(*many(300))))
    assert kernel.read_table(played) == table()
    assert played.orders == 256 + 254


def test_an_undo_that_fails_is_told_beside_the_first_error(played):
    played.put(table())
    played.refuses = {2: errno.ENOMEM, 3: errno.EBUSY}
    with pytest.raises(ApplyError, match=r"(?s)10\.1\.0\.1:80.*Cannot allocate.*failed too:.*10\.1\.0\.0:80.*busy"):
        carried_out(played, planner.steps(table(), table(*many(2))))


def test_steps_are_told_in_words_and_in_their_order():
    eth, other = Daemon("master", "eth1", 7), Daemon("backup", "eth1", 7)
    a, b, c, d = many(4)
    before = table(a, b, c)._replace(daemons={"master": eth})
    services = dict(table(a._replace(weight=0), b._replace(weight=9), d, scheduler="sh", flags=8, timeout=60).services)
    mark = Key(6, fwmark=7)
    services[mark] = Service(mark, "mh", 16, mask="128")
    after = Table(services, Timeouts(900, 60, 300), {"backup": other})
    steps = planner.steps(before, after)
    assert [line for step in steps for line in step.summary.splitlines()] == [
        "sync daemon: stop the master on eth1",
        "timeout tcpfin: 60 s, was 120 s",
        "tcp 10.0.0.1:80: add real server 10.1.0.3:80, dr, weight 1",
        "fwmark 7 (IPv6): add, scheduler mh, flags mh-port",
        "tcp 10.0.0.1:80: scheduler sh, flags sh-fallback, persistent for 60 s, was scheduler wlc",
        "tcp 10.0.0.1:80: real server 10.1.0.1:80: dr, weight 9, was dr, weight 1",
        "tcp 10.0.0.1:80: real server 10.1.0.0:80: dr, weight 0, was dr, weight 1",
        "tcp 10.0.0.1:80: remove real server 10.1.0.2:80",
        "sync daemon: start the backup on eth1",
    ]
    assert planner.texts(before, after, steps) == (
        "--set 900 120 300\n--start-daemon master --mcast-interface eth1 --syncid 7\n-A -t 10.0.0.1:80 -s wlc\n"
        + "".join(f"-a -t 10.0.0.1:80 -r {server} -g -w 1\n" for server in (a, b, c)),
        "--set 900 60 300\n--start-daemon backup --mcast-interface eth1 --syncid 7\n"
        "-A -t 10.0.0.1:80 -s sh -p 60 -b sh-fallback\n"
        "-a -t 10.0.0.1:80 -r 10.1.0.0:80 -g -w 0\n-a -t 10.0.0.1:80 -r 10.1.0.1:80 -g -w 9\n"
        "-a -t 10.0.0.1:80 -r 10.1.0.3:80 -g -w 1\n-A -f 7 -6 -s mh -b mh-port\n",
    )
