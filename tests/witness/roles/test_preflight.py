# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbooks of the hosts say of a declaration that cannot be, run by Ansible: before any host is asked."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.variables import PLAYBOOKS, of_roles
from wrong_values import WRONG

CHECKOUT = Path(__file__).resolve().parents[3]
VIP = {"name": "web", "addresses": ["10.77.0.100/24"], "hosts": "edge", "leads_to": "servers", "port": 443}
EACH = {**PLAYBOOKS, **of_roles()}


@pytest.fixture
def run(tmp_path, ansible_playbook):
    """Run a playbook with variables of all hosts; those cannot be reached, so that every task there would fail."""

    def call(playbook, variables, *arguments, **options):
        groups = {
            "edge": {"hosts": {"edge-1": {"ansible_host": "10.77.0.11"}}},
            "servers": {"hosts": {"server-1": {"ansible_host": "10.77.0.21"}}},
        }
        whole = {"ansible_python_interpreter": sys.executable, "ansible_connection": "k8s_edge_nowhere", **variables}
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"vars": whole, "children": groups}}))
        return ansible_playbook("-i", "hosts.yml", str(CHECKOUT / playbook), *arguments, fails=True, **options)

    return call


@pytest.mark.parametrize("playbook", ["site", "verify", "rebalance", "kubernetes"])
def test_every_variable_is_named_that_has_not_its_type(run, playbook):
    wrong = {name: WRONG[spec["type"]][-1] for name, spec in EACH.items() if WRONG[spec["type"]]}
    told = run(f"playbooks/{playbook}.yml", {"k8s_edge_vips": [{**VIP, "profile": "tcp"}], **wrong})
    assert [name for name in wrong if f"{name}: " not in told] == []
    assert told.count("haproxy_purge: ") == 1, "said more than once"
    assert "edge-1" not in told.split("PLAY RECAP")[0], "a host was asked first"


def test_a_part_of_the_fleet_is_refused_with_what_to_do(run):
    variables = {"k8s_edge_vips": [{**VIP, "profile": "tcp"}], "ansible_connection": "local", "ansible_become": False}
    told = run("playbooks/site.yml", variables, "--limit", "edge-1")
    assert "Run without it: the plan knows which hosts have something to do" in " ".join(told.split())
    assert "Read keepalived and HAProxy" not in told


@pytest.mark.parametrize("wrong", [{"name": "kubeapi"}, "kubeapi", 5, True, {}, ""])
def test_vips_that_are_no_list_are_named(run, wrong):
    told = run("playbooks/site.yml", {"k8s_edge_vips": wrong})
    assert "k8s_edge_vips: " in told and "is not a list" in told


def test_what_asks_for_facts_is_left_to_its_role(run):
    later = "{{ ansible_facts['processor_vcpus'] }}"
    told = run(
        "playbooks/site.yml", {"k8s_edge_vips": [{**VIP, "profile": "tcp"}], "haproxy_global": {"nbthread": later}}
    )
    assert "PLAY [Preflight, read members" in told and "haproxy_global" not in told


def test_what_the_command_line_gives_is_text_and_meant_so(run):
    given = ("-e", "haproxy_purge=no", "-e", "keepalived_load_timeout=20", "-e", "k8s_edge_rebalance_backends=web,api")
    told = run("playbooks/site.yml", {"k8s_edge_vips": [{**VIP, "profile": "tcp"}]}, *given)
    assert "belongs here" not in told
