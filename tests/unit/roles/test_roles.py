"""The roles' promises to their users, read from their files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROLES = Path(__file__).resolve().parents[3] / "roles"
NAMES = sorted(path.name for path in ROLES.iterdir() if path.is_dir())


def load(path):
    return yaml.safe_load(path.read_text())


def options(role):
    return load(ROLES / role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"]


@pytest.mark.parametrize("role", NAMES)
def test_defaults_and_argument_specs_say_the_same(role):
    defaults = load(ROLES / role / "defaults" / "main.yml")
    # A default that is an expression is told in the description: a specification can hold values only.
    stated = {name: None if "{{" in str(value) else value for name, value in defaults.items()}
    assert {name: spec.get("default") for name, spec in options(role).items()} == stated


@pytest.mark.parametrize("role", NAMES)
def test_public_variables_bear_the_roles_name(role):
    assert all(name.startswith(f"{role}_") for name in options(role))


@pytest.mark.parametrize("role", NAMES)
def test_every_option_is_used_and_described(role):
    used = "".join(path.read_text() for path in (ROLES / role).rglob("*.yml") if "argument_specs" not in path.name)
    for name, spec in options(role).items():
        assert spec["description"]
        assert len(re.findall(rf"\b{name}\b", used)) > 1, f"{name} is declared and never used"


@pytest.mark.parametrize("role", NAMES)
def test_facts_are_read_by_their_dictionary(role):
    for path in (ROLES / role).rglob("*.yml"):
        assert not re.search(r"\bansible_(os_family|distribution|hostname|default_ipv4|all_ipv4)", path.read_text()), (
            path
        )


def test_the_declaration_is_the_same_in_both_roles():
    declared = [options(role)[f"{role}_vips"]["options"] for role in ("haproxy", "keepalived")]
    assert str(declared[0]).replace("haproxy_vips", "") == str(declared[1]).replace("keepalived_vips", "")


def _tasks(found):
    """Every task, however deep in blocks, of what a YAML file has."""
    for each in found if isinstance(found, list) else ():
        yield each
        for key in ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always"):
            yield from _tasks(each.get(key))


def test_nothing_restarts_keepalived_and_none_stops_that_holds_a_vip():
    """A restart takes the VIP away, and empties a director's table under its connections."""
    services = []
    leaving = "leave.yml"  # stops keepalived when another host has its VIPs
    removing = "remove.yml"  # stops it where no VIP is declared any more, and purge is set
    for path in [*ROLES.rglob("*.yml"), *(ROLES.parent / "playbooks").glob("*.yml")]:
        for task in _tasks(yaml.safe_load(path.read_text())):
            for module in ("systemd_service", "systemd", "service"):
                given = task.get(f"ansible.builtin.{module}") or {}
                if "keepalived" in str(given.get("name")):
                    services.append((path.name, given.get("state"), task.get("loop"), task.get("delegate_to")))
            assert "restart keepalived" not in str(task.get("ansible.builtin.command"))
    silent = ("main.yml", "stopped", "{{ __keepalived_silenced }}", "{{ item }}")
    stopped = {each for each in services if each[1] not in ("reloaded", "started")}
    assert stopped == {silent, (leaving, "stopped", None, None), (removing, "stopped", None, None)}
    assert ("main.yml", "reloaded", None, None) in services
