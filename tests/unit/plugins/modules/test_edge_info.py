# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One read of a host: it says what each info module says, and who cannot be read keeps nobody else from it."""

from __future__ import annotations

import os
import socket

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.info import READINGS
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.remains import remains
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync import action

HAPROXY = "global\n    maxconn 100\n\nbackend b\n    mode tcp\n    server one 10.0.0.1:1\n"
KEEPALIVED = "vrrp_instance a {\n    interface lo\n    virtual_router_id 5\n}\n"


@pytest.fixture
def call(run_module_process):
    def run(module, **options):
        return run_module_process(module, options).result

    return run


@pytest.fixture
def paths(tmp_path):
    haproxy, keepalived = tmp_path / "haproxy.cfg", tmp_path / "keepalived.conf"
    haproxy.write_text(HAPROXY)
    keepalived.write_text(KEEPALIVED)
    return {"haproxy_config_path": str(haproxy), "keepalived_config_path": str(keepalived)}


def alone(call, module, **options):
    return {key: value for key, value in call(module, **options).items() if key not in ("invocation", "warnings")}


def test_it_says_what_each_module_says(call, paths):
    told = call("edge_info", read=["keepalived", "haproxy", "kube_proxy"], **paths)
    expected = {
        "keepalived": alone(call, "keepalived_info", path=paths["keepalived_config_path"]),
        "haproxy": alone(call, "haproxy_info", path=paths["haproxy_config_path"]),
        "kube_proxy": alone(call, "kube_proxy_info"),
    }
    for name, result in expected.items():
        told[name].pop("warnings", None)
        assert told[name] == {"failed": False, **result}
    assert told["haproxy"]["config"]["backends"] and told["keepalived"]["configuration"]["instances"]


def test_only_what_is_asked_is_read(call, paths):
    assert set(call("edge_info", read=["keepalived"], **paths)) - {"invocation"} == {"changed", "keepalived"}


def test_who_cannot_be_read_says_why_and_the_others_are_read(call, paths, tmp_path):
    paths["haproxy_config_path"] = str(tmp_path)
    told = call("edge_info", **paths)
    assert told["haproxy"]["failed"]
    assert "is not a regular file" in told["haproxy"]["msg"]
    assert told["keepalived"]["exists"] and not told["keepalived"]["failed"]


def test_who_answers_and_who_does_not(call, paths):
    with socket.create_server(("127.0.0.1", 0)) as open_port, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and never listens
        ports = {"there": open_port.getsockname()[1], "away": closed.getsockname()[1]}
        endpoints = [{"name": name, "address": "127.0.0.1", "port": port} for name, port in ports.items()]
        all_well = call("edge_info", read=["probe"], probe={"endpoints": endpoints[:1], "retries": 0})
        told = call("edge_info", read=["keepalived", "probe"], probe={"endpoints": endpoints, "retries": 0}, **paths)
    assert not all_well["probe"]["failed"] and [each["problem"] for each in all_well["probe"]["answers"]] == [""]
    assert told["probe"]["failed"] and "away: 127.0.0.1" in told["probe"]["msg"] and "there" not in told["probe"]["msg"]
    assert told["keepalived"]["exists"]


def test_the_table_of_the_kernel_is_read_with_its_connections(monkeypatch):
    monkeypatch.setattr(action, "information", lambda params, _system, _check_mode: params)
    assert READINGS["ipvs"]({}, None) == {"statistics": True}


def test_what_remains(tmp_path):
    ours = [
        "etc/keepalived/check-haproxy",
        "etc/haproxy/kube-ca-0123456789ab.crt",
        "var/lib/k8s_edge/selinux.json",
        "etc/sysctl.d/60-k8s-edge-haproxy.conf",
        "etc/modules-load.d/k8s-edge-director.conf",
        "etc/systemd/system/k8s-edge-real-server.service",
    ]
    others = ["etc/keepalived/keepalived.conf", "etc/haproxy/kube-ca-x.crt", "var/lib/other/selinux.json"]
    for name in ours + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x\n")
    (tmp_path / "etc/k8s-edge-link").symlink_to("hosts")
    (tmp_path / "etc/hosts").write_text("127.0.0.1 localhost\n# BEGIN k8s_edge.ha: VIPs and hosts\n")

    def found():
        daemons = (str(tmp_path / "etc/keepalived/keepalived.conf"), str(tmp_path / "etc/haproxy/haproxy.cfg"))
        files = remains(*daemons, str(tmp_path / "etc/hosts"), str(tmp_path))["files"]
        return {each["path"].replace(f"{tmp_path}/", "") for each in files}

    assert found() == {*ours, "etc/hosts"}
    (tmp_path / "etc/hosts").write_text("127.0.0.1 localhost\n")
    assert found() == set(ours)


def test_what_was_written_last(tmp_path):
    """Files of ours and those of the daemons count; the hosts file, which everybody writes, does not."""
    ours, keepalived, haproxy, hosts = (
        tmp_path / "etc" / name
        for name in ("sysctl.d/60-k8s-edge-haproxy.conf", "keepalived/keepalived.conf", "haproxy/haproxy.cfg", "hosts")
    )

    def written(path, at):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# BEGIN k8s_edge.ha: VIPs and hosts\n")
        os.utime(path, (at, at))

    def last():
        return remains(str(keepalived), str(haproxy), str(hosts), str(tmp_path))["last_written"]

    written(hosts, 4000)
    written(keepalived, 2000)
    assert last() is None, "nothing there shows that we ever were"
    written(ours, 1000)
    assert last() == {"path": str(keepalived), "at": 2000.0}
    written(ours, 3000)
    assert last() == {"path": str(ours), "at": 3000.0}
