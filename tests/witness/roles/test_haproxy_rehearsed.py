# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What role haproxy would write, rehearsed by Ansible on this host and judged by the HAProxy that is here."""

from __future__ import annotations

import shutil
import sys

import pytest
import yaml

VIP = {"name": "web", "addresses": ["10.77.0.100/24"], "hosts": "edge", "leads_to": "servers", "port": 443}


@pytest.fixture
def role_haproxy(tmp_path, ansible_playbook):
    """Rehearse role haproxy on this host, with a declaration of one VIP. Where no systemd runs it fails in the end."""

    def call(vip, **variables):
        play = [{"hosts": "edge", "gather_subset": ["min"], "roles": ["k8s_edge.ha.haproxy"]}]
        (tmp_path / "play.yml").write_text(yaml.safe_dump(play))
        here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        groups = {
            "edge": {"hosts": {"edge-1": here}},
            "servers": {"hosts": {"server-1": {"ansible_host": "10.77.0.21"}}},
        }
        whole = {"k8s_edge_vips": [vip], "haproxy_config_path": str(tmp_path / "haproxy.cfg"), **variables}
        (tmp_path / "haproxy.cfg").write_text("global\n    daemon\n")
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"vars": whole, "children": groups}}))
        return ansible_playbook("-i", "hosts.yml", "play.yml", "--check", "--diff", fails=None)

    return call


@pytest.mark.skipif(not shutil.which("haproxy"), reason="the role would rehearse to install haproxy")
@pytest.mark.parametrize("profile", ["tcp", "kube_apiserver"])
def test_a_ca_is_asked_for_where_apiservers_are_asked(role_haproxy, profile):
    told = role_haproxy({**VIP, "profile": profile})
    if profile == "tcp":
        assert "server server-1 10.77.0.21:443" in told
    else:
        said = "haproxy_kube_ca_file: is missing: there is no CA to verify the apiservers of web."
        assert said in told and "Read the installed HAProxy" not in told


@pytest.mark.skipif(not shutil.which("haproxy"), reason="the role would rehearse to install haproxy")
def test_overriding_one_option_keeps_the_others_in_the_file(role_haproxy):
    by_hand = {"default_server": {"send_proxy_v2": True}}
    told = role_haproxy(
        {**VIP, "profile": "tcp", "backend": by_hand},
        haproxy_defaults={"timeouts": {"client": "1h"}},
        haproxy_global={},
    )
    assert "slowstart 30s" in told and "send-proxy-v2" in told
    assert "timeout connect 5s" in told and "timeout client 1h" in told
