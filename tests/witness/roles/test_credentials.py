# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every role that talks to Kubernetes takes its credentials as kubernetes.core does: what the role is given, or else
the user's ``module_defaults`` and environment, which an empty variable does not hide. Run by Ansible against a stand-in
for the API.
"""

from __future__ import annotations

import sys

import pytest
import yaml

#: Every way into the cluster: role, and file of tasks.
ENTRIES = [
    ("edge_nodes", "main"),
    ("kube_keepalived_vip", "move"),
    ("kube_keepalived_vip", "main"),
    ("kube_vip", "preflight"),
    ("kubernetes_objects", "main"),
]
VARIABLES = {
    "kube_keepalived_vip_services": [{"address": "172.20.0.50"}],
    "kube_vip_services": {"interface": "eth0"},
    "kubernetes_objects_kinds": [{"api_version": "v1", "kind": "ConfigMap"}],
    "kubernetes_objects_wait": False,
}


@pytest.fixture
def reaches(tmp_path, ansible_playbook):
    """See that each way in reads the cluster when credentials are given so."""

    def run(play, environment, entries=ENTRIES):
        tasks = [
            {
                "name": f"{role} {tasks}",
                "ansible.builtin.include_role": {"name": f"k8s_edge.ha.{role}", "tasks_from": tasks},
            }
            for role, tasks in entries
        ]
        hosts = {"hosts": {"edge-1": {}}}
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": {"edge": hosts}}}))
        whole = {"hosts": "localhost", "gather_facts": False, **play, "tasks": tasks}
        whole["vars"] = {**VARIABLES, "ansible_python_interpreter": sys.executable, **play.get("vars", {})}
        (tmp_path / "play.yml").write_text(yaml.safe_dump([whole]))
        ansible_playbook("-i", "hosts.yml", "play.yml", "--check", **environment)

    return run


def test_by_module_defaults(kubeconfig, reaches):
    reaches({"module_defaults": {"group/kubernetes.core.k8s": {"kubeconfig": str(kubeconfig)}}}, {})


def test_by_the_environment(kubeconfig, reaches):
    """kubernetes.core asks it where it asks module_defaults: one way in, that of all roles, shows it."""
    reaches({}, {"K8S_AUTH_KUBECONFIG": str(kubeconfig)}, ENTRIES[-1:])


def test_by_the_roles_variables_which_go_over_module_defaults(kubeconfig, reaches):
    elsewhere = {"group/kubernetes.core.k8s": {"kubeconfig": "/nowhere"}}
    reaches({"module_defaults": elsewhere, "vars": {"k8s_edge_kubeconfig": str(kubeconfig)}}, {})
