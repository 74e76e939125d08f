# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No boolean is a number or a text, in any option of any module, and no number is a password."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils import _run_module
from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.problems import conversion_problems

DIRECTORY = Path(_run_module.__file__).parents[1] / "modules"
#: Without those that are the documentation of an action plugin.
MODULES = sorted(path.stem for path in DIRECTORY.glob("[a-z]*.py") if "run_module" in path.read_text())


def spec_of(name, monkeypatch):
    """The argument spec that a module runs with."""
    module = importlib.import_module(f"ansible_collections.k8s_edge.ha.plugins.modules.{name}")
    found = []
    monkeypatch.setattr(module, "run_module", lambda spec, *_action, **_options: found.append(spec))
    module.main()
    return found[0]


def places(options, path=()):
    """(path, option) of everything that is not a dictionary."""
    for name, option in options.items():
        many = option.get("type") == "list"
        kind = option.get("elements", "raw") if many else option.get("type", "str")
        here = (*path, (name, many))
        if kind == "dict":
            yield from places(option.get("options") or {}, here)
        else:
            yield here, {**option, "type": kind}


def nested(path, value):
    for name, many in reversed(path):
        value = {name: [value] if many else value}
    return value


def named(path):
    return ".".join(f"{name}[0]" if many else name for name, many in path)


@pytest.mark.parametrize("name", MODULES)
def test_every_option_of_every_module(name, monkeypatch):
    spec = spec_of(name, monkeypatch)
    for path, option in places(spec):
        for value in (True, False):
            told = [each.option for each in conversion_problems(spec, nested(path, value))]
            assert told == ([] if option["type"] in ("bool", "raw") else [named(path)]), path
        told = list(conversion_problems(spec, nested(path, 83)))
        password = option.get("no_log") and option["type"] == "str"
        assert [each.option for each in told] == ([named(path)] if password else []), path
        assert "83" not in "".join(map(str, told))


INSTANCE = {"name": "one", "interface": "lo", "virtual_router_id": 10, "priority": 100}
SERVER = {"name": "a", "address": "10.0.0.1"}
SERVICE = {"address": "10.0.0.1", "port": 80, "protocol": "tcp"}


@pytest.mark.parametrize("validate", [True, False])
@pytest.mark.parametrize(
    ("module", "options", "said"),
    [
        ("keepalived_instance", {**INSTANCE, "priority": True}, "priority: True is true or false, and not a number."),
        ("keepalived_instance", {**INSTANCE, "advert_int": True}, "advert_int: True"),
        (
            "keepalived_instance",
            {**INSTANCE, "interface": False},
            "interface: False is true or false, and not a string.",
        ),
        (
            "keepalived_config",
            {"instances": [{**INSTANCE, "authentication": {"auth_type": "PASS", "auth_pass": 83}}]},
            "instances[0].authentication.auth_pass: is a number, and leading zeros of it are lost",
        ),
        ("keepalived_virtual_server", {**SERVICE, "quorum": True}, "quorum: True"),
        ("haproxy_backend", {"name": "b", "servers": [{**SERVER, "port": True}]}, "servers[0].port: True"),
        ("haproxy_backend", {"name": "b", "servers": [{**SERVER, "weight": False}]}, "servers[0].weight: False"),
        ("haproxy_config", {"global": {"maxconn": True}}, "global.maxconn: True"),
        ("haproxy_config", {"backends": [{"name": "b", "timeouts": {"server": True}}]}, "backends[0].timeouts.server"),
    ],
)
def test_the_file_stays_as_it_was(run_module_process, tmp_path, module, options, said, validate):
    path = tmp_path / "conf"
    path.write_text("# mine\n")
    ended = run_module_process(module, {"path": str(path), "validate": validate, **options})
    assert ended.failed and said in ended.result["msg"]
    assert path.read_text() == "# mine\n"
    assert "83" not in json.dumps(ended.result)


def test_a_text_that_looks_like_a_number_is_one(run_module_process, tmp_path):
    given = {
        **INSTANCE,
        "virtual_ipaddress": [{"address": "10.0.0.9/32"}],
        "authentication": {"auth_type": "PASS", "auth_pass": "0123"},
    }
    path = tmp_path / "conf"
    ended = run_module_process("keepalived_instance", {"path": str(path), "validate": False, **given})
    assert not ended.failed, ended.result["msg"]
    assert "auth_pass 0123\n" in path.read_text()
