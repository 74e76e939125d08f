# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of role traefik as its filter takes them: the role's own defaults, and what a test sets."""

from __future__ import annotations

from pathlib import Path

import yaml

ROLE = Path(__file__).resolve().parents[4] / "roles" / "traefik"

#: bcrypt of "secret", of the lowest cost.
HASH = "$2b$04$1VYh42bgaFJFI1HbF2ivRuGEgctMp9Fkr8B4CEBxbfhyosbo1Rwgm"

#: What seed inventories ask of an ingress: two hosts, one of them with a path of its own.
INGRESSES = [
    {"name": "test-www", "rules": [{"host": "www.example.org", "service": "test-www", "port": 8080}]},
    {
        "name": "test-api",
        "rules": [{"host": "api.example.org", "path": "/v1", "service": "test-api", "port": "http"}],
    },
    {
        "name": "one-page",
        "rules": [
            {"host": "www.example.org", "path": "/api", "path_type": "Exact", "service": "test-api", "port": "http"}
        ],
    },
]


def settings(**given):
    """``given`` goes over the defaults. What Ansible would look up is what it would find in an empty inventory."""
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    known = {key.partition("_")[2]: value for key, value in defaults.items()}
    looked_up = {"node_selector": {"edgenode": "true"}, "tolerations": [], "nodes": 3, "kernels": {}}
    return {**known, **looked_up, "custom_resources": bool(given.get("crds")), **given}
