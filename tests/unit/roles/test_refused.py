# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cluster's side cannot be is refused before anything of it is asked or changed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

PLAYBOOK = Path(__file__).resolve().parents[3] / "playbooks" / "kubernetes.yml"
DIRECTED = {
    "name": "edge",
    "addresses": ["172.20.0.119/17"],
    "hosts": "edge",
    "leads_to": "edge",
    "profile": "ipvs",
    "ports": [80, 443],
}


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({}, "cannot lead port 80, 443 to Traefik's hostPort"),
        ({"traefik_host_network": True}, "root alone may listen on in the network of edge-1"),
    ],
)
def test_an_edge_that_traefik_cannot_serve(tmp_path, ansible_playbook, declared, said):
    variables = {"k8s_edge_vips": [DIRECTED], "k8s_edge_kubeconfig": "/nowhere", **declared}
    group = {"hosts": {"edge-1": {"ansible_host": "172.20.0.113"}}}
    whole = {"vars": {**variables, "ansible_python_interpreter": sys.executable}, "children": {"edge": group}}
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": whole}))
    assert said in ansible_playbook("-i", "hosts.yml", str(PLAYBOOK), fails=True)
