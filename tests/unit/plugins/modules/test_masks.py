# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mask, as info modules and Ansible show it for a secret, given to a module: it is never written over the secret."""

from __future__ import annotations

import pytest

HAPROXY = """\
global
    setenv DB_PASSWORD hunter2
    maxconn 100
userlist people
    user joe insecure-password hunter2
frontend web
    bind 127.0.0.1:18443 ssl crt /c.pem ca-sign-file /s.pem ca-sign-pass hunter2
    stats auth admin:hunter2
    http-request set-header Authorization "Basic aHVudGVyMg=="
backend b
    option redis-check
    tcp-check send AUTH\\ hunter2\\r\\n
"""
KEEPALIVED = """\
vrrp_instance one {
    interface lo
    virtual_router_id 10
    priority 100
    authentication {
        auth_type PASS
        auth_pass hunter2
    }
    virtual_ipaddress {
        10.7.0.100/32
    }
}
"""
INSTANCE = {"name": "one", "interface": "lo", "virtual_router_id": 10, "priority": 100}
MASK = "********"


@pytest.mark.parametrize(
    ("module", "text", "options", "path"),
    [
        (
            "haproxy_config",
            HAPROXY,
            {
                "sections": [
                    {"type": "userlist", "name": "people", "directives": [f"user joe insecure-password {MASK}"]}
                ]
            },
            "sections[0].directives[0]",
        ),
        (
            "haproxy_config",
            HAPROXY,
            {"frontends": [{"name": "web", "directives": ["maxconn 5", f"stats auth admin:{MASK}"]}]},
            "frontends[0].directives[1]",
        ),
        (
            "haproxy_config",
            HAPROXY,
            {"frontends": [{"name": "web", "bind": [{"address": "127.0.0.1", "port": 18443, "ca_sign_pass": MASK}]}]},
            "frontends[0].bind[0].ca_sign_pass",
        ),
        (
            "haproxy_config",
            HAPROXY,
            {"frontends": [{"name": "web", "directives": [f"http-request set-header Authorization {MASK}"]}]},
            "frontends[0].directives[0]",
        ),
        ("haproxy_config", HAPROXY, {"global": {"directives": [f"setenv DB_PASSWORD {MASK}"]}}, "global.directives[0]"),
        ("haproxy_backend", HAPROXY, {"name": "b", "tcp_check": [f"send AUTH\\ {MASK}"]}, "tcp_check[0]"),
        (
            "keepalived_instance",
            KEEPALIVED,
            {**INSTANCE, "authentication": {"auth_type": "PASS", "auth_pass": MASK}},
            "authentication.auth_pass",
        ),
        (
            "keepalived_config",
            KEEPALIVED,
            {"instances": [{**INSTANCE, "authentication": {"auth_type": "PASS", "auth_pass": MASK}}]},
            "instances[0].authentication.auth_pass",
        ),
        (
            "haproxy_backend",
            HAPROXY,
            {"name": "b", "description": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"},
            "description",
        ),
    ],
)
def test_a_mask_is_refused_by_name(module, text, options, path, tmp_path, run_module_process):
    file = tmp_path / "daemon.cfg"
    file.write_text(text)
    ended = run_module_process(module, {"path": str(file), "validate": False, **options})
    assert ended.failed
    assert f"{path}: contains the mask" in ended.result["msg"]
    assert "leave the option out" in ended.result["msg"]
    assert file.read_text() == text


def test_more_stars_are_no_mask(tmp_path, run_module_process):
    file = tmp_path / "haproxy.cfg"
    ended = run_module_process(
        "haproxy_backend", {"path": str(file), "validate": False, "name": "b", "description": '"*********"'}
    )
    assert not ended.failed, ended.result
    assert 'description "*********"' in file.read_text()
