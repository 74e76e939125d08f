# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles as objects: each is whole, each has a page whose example works, and a new one is one file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

import pytest
import yaml
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._derive.proxies import desired_proxies
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory import profiles as registry
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory import vip_spec
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.health import Health
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._vip.proxied import Proxied

PAGES = Path(__file__).resolve().parents[4] / "docs" / "profiles"
GROUPS = {name: [f"{name}-1", f"{name}-2"] for name in ("haproxy", "edge", "web", "kube_control_plane", "database")}
HOSTVARS = {
    host: {"ansible_host": f"10.0.{group}.{at}"}
    for group, hosts in enumerate(GROUPS.values())
    for at, host in enumerate(hosts, 1)
}


@pytest.mark.parametrize("name", registry.profiles())
def test_a_profile_is_whole(name):
    profile = registry.profiles()[name]
    assert profile.about.endswith(".")
    assert profile.proxied != profile.directed
    assert set(profile.by_hand()) <= set(profile.options)
    for option in profile.options.values():
        assert option["description"]
        assert "type" in option


@pytest.mark.parametrize("name", registry.profiles())
def test_the_example_of_its_page_works(name):
    page = (PAGES / f"{name}.md").read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.S)
    (vip,) = declared(yaml.safe_load(example)["k8s_edge_vips"], GROUPS)
    assert vip.profile.name == name
    assert f"[{name}]({name}.md)" in (PAGES / "README.md").read_text()


class Database(Proxied):
    name = "database"
    about = "leads to the one server that takes writes."
    options: ClassVar = {**Proxied.options, "user": {"type": "str", "description": "Who asks."}}

    def problems(self, path, entry, servers, ports):
        if "user" not in entry:
            yield registry.Problem(f"{path}.user", None, "is missing", "Name who asks.")

    def settings(self, entry, ports):
        return entry.get("user")

    def checked(self, backend, health):
        return {**backend, "options": ["pgsql-check", *backend["options"]]}


@pytest.fixture
def with_a_new_one(monkeypatch):
    known = {**registry.profiles(), "database": Database()}
    for module in (registry, vip_spec):
        monkeypatch.setattr(module, "profiles", lambda: known)
    monkeypatch.setitem(declared.__globals__, "profiles", lambda: known)
    for cached in (vip_spec.documented, vip_spec.by_hand_options, vip_spec.entry_options):
        cached.cache_clear()
    yield
    for cached in (vip_spec.documented, vip_spec.by_hand_options, vip_spec.entry_options):
        cached.cache_clear()


VIP = {
    "name": "db",
    "addresses": ["10.0.0.9/24"],
    "port": 5432,
    "leads_to": "database",
    "profile": "database",
    "user": "haproxy",
}


@pytest.mark.usefixtures("with_a_new_one")
def test_a_new_profile_needs_nobody_elses_code():
    (vip,) = declared([VIP], GROUPS)
    assert vip.settings == "haproxy"
    made = desired_proxies("haproxy-1", [vip], HOSTVARS, Health("", 8404))
    assert made["backends"][0]["options"][0] == "pgsql-check"
    assert vip_spec.documented()["profile"]["choices"] == [*registry.profiles()]


@pytest.mark.usefixtures("with_a_new_one")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"user": None}, "k8s_edge_vips[db].user: is missing. Name who asks."),
        ({"user": ["a"]}, "k8s_edge_vips[db].user: "),
        ({"profile": "tcp"}, "k8s_edge_vips[db].user: goes with profile database only, and this is tcp."),
        ({"check": {}}, "k8s_edge_vips[db].check: goes with profile ipvs only, and this is database."),
    ],
)
def test_its_options_are_checked(change, said):
    with pytest.raises(InputError) as refused:
        declared([{**VIP, **change}], GROUPS)
    assert said in str(refused.value)
