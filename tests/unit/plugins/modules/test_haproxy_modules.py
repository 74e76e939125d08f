# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HAProxy modules from the outside: create, modify, delete; each again, and each in check mode."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from ansible.module_utils import basic
from ansible_collections.k8s_edge.ha.plugins.modules import haproxy_backend, haproxy_config, haproxy_info

CORPUS = sorted((Path(__file__).resolve().parents[3] / "corpus" / "haproxy").glob("*.cfg"))
MODULES = {"haproxy_backend": haproxy_backend, "haproxy_config": haproxy_config, "haproxy_info": haproxy_info}

SITE = {
    "global": {"maxconn": 1000, "log": ["127.0.0.1 local0"]},
    "defaults": [{"mode": "tcp", "timeouts": {"connect": "5s", "client": "24h", "server": "24h"}}],
    "frontends": [
        {"name": "kubeapi_vip", "bind": [{"address": "127.0.0.1", "port": 16443}], "default_backend": "kubeapi"},
        {
            "name": "health",
            "mode": "http",
            "bind": [{"address": "127.0.0.1", "port": 19000}],
            "monitor_uri": "/healthz",
        },
    ],
    "backends": [
        {
            "name": "kubeapi",
            "balance": "leastconn",
            "options": ["httpchk GET /readyz", "srvtcpka"],
            "http_check": ["expect status 200"],
            "timeouts": {"tunnel": "24h"},
            "default_server": {
                "check": True,
                "check_ssl": True,
                "verify": "none",
                "inter": "2s",
                "rise": 3,
                "fall": 3,
                "slowstart": "30s",
                "maxconn": 500,
                "on_marked_down": "shutdown-sessions",
            },
            "servers": [
                {"name": "kube-1", "address": "10.77.0.21", "port": 6443},
                {"name": "kube-2", "address": "fd00:77::22", "port": 6443, "weight": 50},
            ],
        }
    ],
    "sections": [{"type": "resolvers", "name": "dns", "directives": ["nameserver one 10.0.0.1:53"]}],
}


@pytest.fixture
def call(monkeypatch, capsys):
    def run(module, /, check_mode=False, **params):
        arguments = {**params, "_ansible_check_mode": check_mode, "_ansible_diff": True}
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        monkeypatch.setattr("sys.stdin", io.StringIO())
        with pytest.raises(SystemExit):
            MODULES[module].main()
        result = json.loads(capsys.readouterr().out)
        # Ansible takes nothing but UTF-8.
        json.dumps(result, ensure_ascii=False).encode()
        return result

    return run


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_a_backend_comes_changes_and_goes_in_any_file(file, call, tmp_path):
    path = tmp_path / "haproxy.cfg"
    path.write_bytes(file.read_bytes())
    backend = {**SITE["backends"][0], "name": "k8s_edge-test", "path": str(path), "validate": False}
    added = call("haproxy_backend", **backend)
    if "still open" in added.get("msg", ""):
        assert path.read_bytes() == file.read_bytes()
        return
    assert added["changed"] is True
    assert call("haproxy_backend", **backend)["changed"] is False
    assert call("haproxy_backend", **{**backend, "balance": "source"})["steps"] == [
        "backend k8s_edge-test: balance leastconn -> source"
    ]
    gone = {"name": "k8s_edge-test", "state": "absent", "path": str(path), "validate": False}
    assert call("haproxy_backend", **gone)["changed"] is True
    assert call("haproxy_backend", **gone)["changed"] is False
    assert path.read_bytes() == file.read_bytes()
    told = call("haproxy_info", path=str(path), unit="no-such-unit.service", socket=str(tmp_path / "none.sock"))
    assert told["changed"] is False
    assert told["config"] is not None


def test_secrets_stay_out_of_the_result(call, tmp_path):
    path = tmp_path / "haproxy.cfg"
    path.write_text("userlist u\n    user joe insecure-password hunter2\nbackend b\n    stats auth a:hunter2\n")
    result = call("haproxy_backend", path=str(path), name="b", mode="http", directives=[], validate=False)
    assert result["changed"] is True
    assert "hunter2" not in json.dumps(result)
    assert "hunter2" in path.read_text()
