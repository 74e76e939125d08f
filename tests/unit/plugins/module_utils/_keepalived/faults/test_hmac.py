# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""auth_hmac: keys that are never shown, and what keepalived's manual rules out."""

from __future__ import annotations

import json

import pytest

HEX = "hex:" + "0f" * 32
WORD = "abcdefghijklmnopqrstuvwxyz0123456789"
FILE = "file:/etc/keepalived/keys/2"


@pytest.fixture
def call(tmp_path, run_module_process):
    path = tmp_path / "keepalived.conf"

    def configure(hmac, **options):
        arguments = {
            "path": str(path),
            "name": "kubeapi",
            "interface": "lo",
            "virtual_router_id": 10,
            "virtual_ipaddress": [{"address": "10.0.0.1/24"}],
            "auth_hmac": hmac,
            "validate": False,
        }
        return run_module_process("keepalived_instance", {**arguments, **options}).result

    configure.path = path
    return configure


def keys(**named):
    return [{"id": int(name[1:]), "key": key} for name, key in named.items()]


def test_keys_are_rotated_line_by_line_and_never_shown(call):
    first = call({"keys": keys(k1=HEX, k2=FILE), "active_key": 1, "mode": "receive-only"})
    assert first["changed"] is True
    before = call.path.read_text()
    assert f"        key 1 {HEX}\n        key 2 {FILE}\n        active_key 1\n" in before

    second = call({"keys": keys(k2=FILE, k3=WORD), "active_key": 3})
    assert second["steps"] == [
        "vrrp_instance kubeapi: auth_hmac: remove key 1",
        "vrrp_instance kubeapi: auth_hmac: add key 3",
        "vrrp_instance kubeapi: auth_hmac: active_key 1 -> 3",
    ]
    after = call.path.read_text()
    assert after == before.replace(f"        key 1 {HEX}\n", "").replace(
        f"key 2 {FILE}\n        active_key 1", f"key 2 {FILE}\n        key 3 {WORD}\n        active_key 3"
    )
    assert call({"keys": keys(k3=WORD, k2=FILE), "active_key": 3})["changed"] is False
    for result in (first, second):
        assert not any(secret in json.dumps(result) for secret in (HEX, WORD))


def test_an_empty_dictionary_takes_the_block_away(call):
    password = {"authentication": {"auth_type": "PASS", "auth_pass": "zz"}, "version": 2, "advert_int": 1}
    assert call(None)["changed"] is True
    without = call.path.read_text()
    assert call(None, **password)["changed"] is True
    moved = call({"keys": keys(k1=HEX)}, authentication={}, version=3)
    assert "vrrp_instance kubeapi: remove authentication" in moved["steps"]
    assert "authentication" not in call.path.read_text()
    assert call({})["steps"] == ["vrrp_instance kubeapi: remove auth_hmac"]
    assert call({})["changed"] is False
    assert call.path.read_text() == without.replace("10\n", "10\n    version 3\n    advert_int 1\n", 1)


def test_empty_global_definitions_take_nothing_away(call, run_module_process):
    call.path.write_text("global_defs {\n    router_id mine\n}\n")
    result = run_module_process("keepalived_config", {"path": str(call.path), "global_defs": {}, "validate": False})
    assert result.result["changed"] is False


def test_what_was_read_is_not_shown(call, run_module_process):
    call({"keys": keys(k1=HEX)})
    said = json.dumps(run_module_process("keepalived_info", {"path": str(call.path), "live": False}).result)
    assert "auth_hmac" in said
    assert HEX not in said


@pytest.mark.parametrize(
    ("hmac", "options", "told"),
    [
        ({"active_key": 1}, {}, "auth_hmac.keys: is missing"),
        ({"keys": keys(k1=HEX), "active_key": 2}, {}, "auth_hmac.active_key: 2 is none of the keys. Use one of: 1."),
        ({"keys": keys(k1="short")}, {}, "auth_hmac.keys[0].key: '********' is not 32 to 64 characters long"),
        ({"keys": keys(k1="hex:0f")}, {}, "is not 32 to 64 bytes in hexadecimal"),
        ({"keys": keys(k1="file:keys/1")}, {}, "is not an absolute path"),
        ({"keys": keys(k1=WORD + "\n}")}, {}, "contains a line break"),
        ({"keys": keys(k1=WORD + "#")}, {}, "contains the character #"),
        ({"keys": keys(k1=WORD) + keys(k1=HEX)}, {}, "auth_hmac.keys[1]: '1' is listed twice"),
        ({"keys": keys(k1=HEX) + keys(k0=HEX)}, {}, "auth_hmac.keys[1].id: 0 is not between 1 and 255"),
        ({"keys": keys(k1=HEX), "time_window": 301}, {}, "auth_hmac.time_window: 301 is not between 1 and 300"),
        ({"keys": keys(k1=HEX), "time_window": 5, "anti_replay": "monotonic"}, {}, "has no effect if anti_replay"),
        ({"keys": keys(k1=HEX)}, {"authentication": {"auth_type": "PASS", "auth_pass": "zz"}}, "clude each other"),
    ],
)
def test_what_is_ruled_out_is_refused_without_the_secret(call, hmac, options, told):
    result = call(hmac, **options)
    assert result["failed"] is True
    assert told in result["msg"]
    assert HEX not in result["msg"]
    assert WORD not in result["msg"]
    assert not call.path.exists()
