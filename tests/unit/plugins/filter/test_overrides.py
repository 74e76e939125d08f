# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a VIP says by hand goes over what is derived, however deep, and takes nothing along that it does not name."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.watch import Watch, watchers
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.override import overridden
from derived import haproxy_proxies, keepalived_instances


def watched(vips, host, groups, hostvars, watch=None):
    return watchers(host, declared(vips, groups), hostvars, Watch(**(watch or {})))


def proxies(lab, **changes):
    vips = [{**lab.kubeapi, **changes}]
    found = haproxy_proxies(vips, "haproxy-1", lab.groups(), lab.hostvars(vips))
    return found["frontends"][1], found["backends"][0]


def test_one_option_of_the_servers_leaves_their_checks(lab):
    _frontend, derived = proxies(lab)
    _frontend, backend = proxies(lab, backend={"default_server": {"send_proxy_v2": True}, "timeouts": {"server": "1h"}})
    assert backend["default_server"] == {**derived["default_server"], "send_proxy_v2": True}
    assert backend["timeouts"] == {**derived["timeouts"], "server": "1h"}


def test_one_timeout_of_a_frontend_leaves_the_others(lab):
    frontend, _backend = proxies(lab, frontend={"timeouts": {"client": "1h"}})
    assert frontend["timeouts"] == {"client": "1h", "client_fin": "30s"}


def test_null_takes_a_derived_option_away_and_a_list_replaces_the_derived_one(lab):
    _frontend, backend = proxies(lab, backend={"default_server": {"slowstart": None}, "options": ["tcpka"]})
    assert "slowstart" not in backend["default_server"] and backend["default_server"]["check"]
    assert backend["options"] == ["tcpka"]


def test_an_instance_gets_what_all_have_and_what_it_says_itself(lab):
    vips = [{**lab.kubeapi, "instance": {"authentication": {"auth_pass": "x"}}}]
    common = {"version": 2, "authentication": {"auth_type": "PASS"}}
    (instance,) = keepalived_instances(vips, "haproxy-1", lab.groups(), lab.hostvars(vips), common)
    assert instance["authentication"] == {"auth_type": "PASS", "auth_pass": "x"}
    assert instance["advert_int"] == 0.5


def test_the_check_of_haproxy_keeps_what_is_not_said(lab):
    watch = {"directory": "/etc/keepalived", "check": {"interval": 5}}
    vips = [lab.kubeapi]
    (script,) = watched(vips, "haproxy-1", lab.groups(), lab.hostvars(vips), watch)["scripts"]
    assert (script["interval"], script["timeout"], script["fall"]) == (5, 1, 2)


@pytest.mark.parametrize(
    ("derived", "by_hand", "result"),
    [
        ({"a": 1}, {}, {"a": 1}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
        ({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"c": None}}}, {"a": {"b": {"d": 2}}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"b": 1}}, {"a": None}, {}),
        ({"a": 1}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({}, {"a": {"b": None}}, {"a": {}}),
        ({"a": 1}, {"a": False}, {"a": False}),
    ],
)
def test_how_options_by_hand_go_over_derived_ones(derived, by_hand, result):
    before = repr((derived, by_hand))
    assert overridden(derived, by_hand) == result
    assert repr((derived, by_hand)) == before
