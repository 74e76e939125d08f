# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection builds, installs into an empty path, holds what it should, and its documentation is shown."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
import yaml

from .conftest import CHECKOUT, LITTER, MODULES, run

#: The collection of a task's module, where it is neither Ansible's own nor ours.
FOREIGN_MODULE = re.compile(r"^\s*(?!ansible\.builtin\.|k8s_edge\.ha\.)([a-z_]+\.[a-z_0-9]+)\.[a-z_0-9]+:", re.M)


def test_nothing_that_only_serves_development_is_packed(packed):
    assert not packed & set(LITTER)
    places = {name.split("/")[0] for name in packed}
    assert places <= {
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "FILES.json",
        "LICENSE",
        "MANIFEST.json",
        "README.md",
        "changelogs",
        "docs",
        "inventories",
        "meta",
        "playbooks",
        "plugins",
        "roles",
    }


def test_what_a_user_needs_is_packed(packed):
    wanted = {"README.md", "LICENSE", "CHANGELOG.md", "meta/runtime.yml", "playbooks/site.yml"}
    wanted |= {f"plugins/modules/{name}.py" for name in MODULES}
    assert wanted <= packed


def test_the_action_group_names_every_module():
    runtime = yaml.safe_load((CHECKOUT / "meta/runtime.yml").read_text())
    assert sorted(runtime["action_groups"]["all"]) == MODULES


def test_every_module_runs_through_our_action_plugin():
    routing = yaml.safe_load((CHECKOUT / "meta/runtime.yml").read_text())["plugin_routing"]["modules"]
    own = {"kubernetes_info", "kubernetes_objects"}  # these run on the controller
    assert routing == {
        name: {"action_plugin": f"k8s_edge.ha.{name if name in own else 'any_module'}"} for name in MODULES
    }


def test_collections_we_use_are_declared():
    """A module of another collection needs that collection at a user's site, and galaxy.yml says so. The plugins that
    need kubernetes.core look whether it is there (docs/adr/0018-kubernetes-objects.md).
    """
    declared = set(yaml.safe_load((CHECKOUT / "galaxy.yml").read_text())["dependencies"])
    for place in [*(CHECKOUT / "roles").iterdir(), CHECKOUT / "playbooks"]:
        text = "".join(path.read_text() for path in place.rglob("*.yml"))
        assert set(FOREIGN_MODULE.findall(text)) <= declared, place.name


def test_ansible_doc_lists_every_module(installed):
    listed = json.loads(
        run("ansible-doc", "--list", "--json", "-t", "module", "k8s_edge.ha", ANSIBLE_COLLECTIONS_PATH=str(installed))
    )
    assert sorted(listed) == [f"k8s_edge.ha.{name}" for name in MODULES]


@pytest.mark.parametrize("name", MODULES)
def test_ansible_doc_shows_the_module_with_examples_and_results(installed, name):
    full = f"k8s_edge.ha.{name}"
    shown = json.loads(run("ansible-doc", "--json", "-t", "module", full, ANSIBLE_COLLECTIONS_PATH=str(installed)))
    page = shown[full]
    assert page["doc"]["description"] and page["return"]
    assert yaml.safe_load(page["examples"])
    assert {"check_mode", "diff_mode", "idempotent"} <= set(page["doc"]["attributes"])


def test_antsibull_accepts_the_documentation():
    run("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--skip-rstcheck", str(CHECKOUT))


def test_the_changelog_fragments_are_well_formed():
    ended = subprocess.run(["antsibull-changelog", "lint"], cwd=CHECKOUT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_rendered_pages_are_up_to_date():
    command = [sys.executable, str(CHECKOUT / "bin/render_docs.py"), "--check"]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
