# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One plan of all planes: it says what each module says in check mode, changes nothing, and keeps secrets."""

from __future__ import annotations

import json

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.planes import PLANES

SERVER = {"name": "one", "address": "10.0.0.1", "port": 1}
HAPROXY = "global\n    maxconn 100\n\nbackend b\n    mode tcp\n    server one 10.0.0.1:1\n"
KEEPALIVED = """vrrp_instance a {
    interface lo
    virtual_router_id 5
    virtual_ipaddress {
        10.9.9.9/32
    }
}
"""


@pytest.fixture
def call(run_module_process):
    def run(module, /, check_mode=False, **options):
        return run_module_process(module, options, check_mode=check_mode).result

    return run


@pytest.fixture
def files(tmp_path):
    haproxy, keepalived = tmp_path / "haproxy.cfg", tmp_path / "keepalived.conf"
    haproxy.write_text(HAPROXY)
    keepalived.write_text(KEEPALIVED)
    return haproxy, keepalived


def asked(files, weight=7, priority=50):
    haproxy, keepalived = files
    return {
        "haproxy_config": {
            "path": str(haproxy),
            "runtime": "never",
            "backends": [
                {"name": "b", "servers": [{"name": "one", "address": "10.0.0.1", "port": 1, "weight": weight}]}
            ],
        },
        "keepalived_config": {
            "path": str(keepalived),
            "instances": [{"name": "a", "priority": priority}],
        },
        "kernel_settings": {"name": "test", "parameters": {}},
    }


def test_it_says_what_each_module_says_in_check_mode(call, files):
    modules = asked(files)
    told = call("edge_plan", modules=modules)
    assert told["changed"] is False
    assert (told["would_change"], told["unforeseen"]) == (True, [])
    assert list(told["planes"]) == [name for name in PLANES if name in modules]
    for name, options in modules.items():
        alone = call(name, check_mode=True, **options)
        plane = told["planes"][name]
        assert {key: plane[key] for key in ("changed", "steps", "impact", "diff")} == {
            key: alone[key] for key in ("changed", "steps", "impact", "diff")
        }
        assert plane["failed"] is False
    assert files[0].read_text() == HAPROXY
    assert files[1].read_text() == KEEPALIVED


def test_nothing_to_do(call, files):
    modules = {"haproxy_config": {"path": str(files[0]), "runtime": "never", "global": {"maxconn": 100}}}
    told = call("edge_plan", modules=modules)
    assert (told["would_change"], told["impact"]) == (False, "none")
    assert told["planes"]["haproxy_config"]["steps"] == []


def test_a_plane_that_cannot_be_planned_says_why_and_the_others_are_planned(call, files):
    modules = asked(files)
    modules["haproxy_config"]["backends"][0]["servers"][0]["weight"] = 1000
    modules["kernel_settings"]["modules"] = "/"
    whole = call("edge_plan", modules=modules)
    assert whole["failed_planes"] == ["kernel_settings", "haproxy_config"]
    told = whole["planes"]
    assert told["haproxy_config"]["failed"]
    assert "backends[0].servers[0].weight" in told["haproxy_config"]["msg"]
    assert told["kernel_settings"]["failed"]
    assert told["keepalived_config"]["steps"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"path": "/x", "no_such": 1}, "no_such"),
        ({"path": "/x", "backends": [{"name": "b", "servers": [{"name": "one", "weight": True}]}]}, "weight"),
        ({"path": "/x", "backends": "b"}, "backends"),
        ("path=/x", "modules.haproxy_config: is not a dictionary"),
    ],
)
def test_options_are_checked_as_the_module_checks_them(call, options, said):
    told = call("edge_plan", modules={"haproxy_config": options})["planes"]["haproxy_config"]
    assert told["failed"]
    assert said in told["msg"]


def test_a_module_that_is_not_known(call):
    told = call("edge_plan", modules={"haproxy": {}})
    assert told["failed"]
    assert "modules: 'haproxy' cannot be planned. Use: selinux_access" in told["msg"]


def test_secrets_stay_where_they_are(call, files):
    secret = "s3cretpw"
    authentication = {"auth_type": "PASS", "auth_pass": secret}
    modules = {
        "keepalived_config": {"path": str(files[1]), "instances": [{"name": "a", "authentication": authentication}]}
    }
    told = call("edge_plan", modules=modules)
    assert told["planes"]["keepalived_config"]["changed"]
    assert secret not in json.dumps(told)
    modules["keepalived_config"]["instances"][0]["no_such"] = secret
    assert secret not in json.dumps(call("edge_plan", modules=modules))


def test_secrets_are_not_repeated_where_the_options_do_not_fit(call, files):
    secret = "s3cretpw"
    instance = {"name": "a", "authentication": {"auth_type": "PASS", "auth_pass": secret}}
    modules = {"keepalived_config": {"path": str(files[1]), "instances": [instance]}}
    told = call(
        "edge_plan", modules=modules, units=[{"name": "x", "no_such": 1}], files=[{"path": "/x", "content": secret}]
    )
    assert told["failed"]
    assert "no_such" in told["msg"]
    assert secret not in json.dumps(told)
