# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every public variable of every role and playbook, with every wrong type in every place: the message names it."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vip_spec import entry_options
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.variables import (
    PLAYBOOKS,
    faults,
    of_modules,
    of_roles,
)
from wrong_values import wrong_values

VARIABLES = {**PLAYBOOKS, **of_roles()}


@pytest.mark.parametrize("name", VARIABLES)
def test_a_wrong_type_is_named(name):
    for case in wrong_values(VARIABLES[name], name):
        told = [str(problem) for problem in faults({name: case.value})]
        assert any(line.startswith(f"{case.path}: ") for line in told), (case, told)


@pytest.mark.parametrize("name", of_modules())
def test_a_wrong_type_is_named_in_what_a_module_takes(name):
    for case in wrong_values(of_modules()[name], name, numbers_are_texts=True):
        told = [str(problem) for problem in faults({name: case.value})]
        assert any(line.startswith(f"{case.path}: ") for line in told), (case, told)


GROUPS = {"haproxy": ["haproxy-1"], "kube": ["kube-1"]}
VIP = {"name": "kubeapi", "addresses": ["10.77.0.100/24"], "port": 6443, "leads_to": "kube"}
EDGE = {**VIP, "hosts": "kube", "profile": "ipvs"}


@pytest.mark.parametrize("option", entry_options())
def test_a_wrong_type_is_named_in_a_vip(option):
    vip = EDGE if option in ("check", "virtual_server") else VIP
    for case in wrong_values(entry_options()[option], option):
        with pytest.raises(InputError) as refusal:
            declared([{**vip, option: case.value}], GROUPS)
        inner = case.path.removeprefix("name")
        assert inner in str(refusal.value) and "k8s_edge_vips[" in str(refusal.value), case


@pytest.mark.parametrize(
    "wrong", [5, True, "80", {}, [], {"a": "b"}, [[80]], [{"port": 80}], {80: [8080]}, {80: None}, [1.5]]
)
def test_wrong_ports_are_named(wrong):
    with pytest.raises(InputError, match=r"k8s_edge_vips\[kubeapi\]\.ports"):
        declared([{**VIP, "port": None, "ports": wrong}], GROUPS)


@pytest.mark.parametrize("option", ["priorities"])
@pytest.mark.parametrize("wrong", [True, 1.5, "many", [1], {"a": 1}, 0])
def test_a_wrong_priority_is_named(option, wrong):
    with pytest.raises(InputError, match=r"priorities\[haproxy-1\]"):
        declared([{**VIP, option: {"haproxy-1": wrong}}], GROUPS)


@pytest.mark.parametrize("password", [83, 12345678, 1.5, True])
def test_a_number_is_no_password(password):
    """``0123`` unquoted is 83 by then. What it was is not shown."""
    by_hand = {"authentication": {"auth_type": "PASS", "auth_pass": password}}
    with pytest.raises(InputError) as refusal:
        declared([{**VIP, "instance": by_hand}], GROUPS)
    told = str(refusal.value)
    assert "k8s_edge_vips[kubeapi].instance.authentication.auth_pass: is" in told and "in quotes" in told
    assert str(password) not in told.partition("auth_pass")[2]
    (problem,) = faults({"keepalived_instances": [{"name": "a", **by_hand}]})
    assert problem.option == "keepalived_instances[a].authentication.auth_pass" and problem.value is None


def test_a_structure_in_the_wrong_place_is_not_shown():
    """A password may stand in it."""
    wrong = {"name": "a", "authentication": {"auth_pass": "secret"}}
    assert "secret" not in "".join(map(str, faults({"keepalived_instances": wrong})))
    assert "secret" not in "".join(map(str, faults({"keepalived_instances": "name=a auth_pass=secret"})))
    with pytest.raises(InputError) as refusal:
        declared({"instance": wrong}, GROUPS)
    assert "secret" not in str(refusal.value)
