# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a newer package would refuse, read from a host: which version it is, and the files of both daemons."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.upgrade import upgrades
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed

POLICY = """\
haproxy:
  Installed: 2.6.12-1+deb12u4
  Candidate: {haproxy}
  Version table:
 *** 2.6.12-1+deb12u4 500
        100 /var/lib/dpkg/status
keepalived:
  Installed: 1:2.2.7-1+b2
  Candidate: {keepalived}
  Version table:
 *** 1:2.2.7-1+b2 500
        100 /var/lib/dpkg/status
"""
HAPROXY = "frontend web\n    bind 127.0.0.1:80\nbackend web\n    server a 127.0.0.1:81\n"
KEEPALIVED = """\
vrrp_instance a {
    interface lo
    virtual_router_id 51
    auth_hmac {
        key 1 "0123456789abcdef0123456789abcdef"
    }
    notify %s
}
vrrp_instance b {
    interface lo
    virtual_router_id 52
}
"""


class Host:
    """Stands for the host: two daemons of Debian 12, and what apt would install."""

    def __init__(self, programs=("haproxy", "keepalived", "apt-cache", "systemctl"), **candidates):
        self.programs = programs
        self.policy = POLICY.format(**{"haproxy": "2.6.12-1+deb12u4", "keepalived": "1:2.2.7-1+b2", **candidates})
        self.asked = []

    def which(self, name):
        return f"/usr/bin/{name}" if name in self.programs else None

    def run(self, argv, *, timeout, **_more):
        assert timeout
        self.asked.append(argv)
        program = argv[0].rpartition("/")[2]
        if program == "apt-cache":
            return Completed(0, self.policy, "", False)
        said = {
            "haproxy": "HAProxy version 2.6.12-1+deb12u4 2026/10/17",
            "keepalived": "Keepalived v2.2.7 (01/16,2022)",
        }
        return Completed(0 if program in said else 1, said.get(program, ""), "", False)


@pytest.fixture(name="params")
def _params(tmp_path):
    linked = tmp_path / "linked"
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs/told").write_text("#!/bin/sh\n")
    (tmp_path / "programs/told").chmod(0o755)
    linked.symlink_to("programs")
    (tmp_path / "haproxy.cfg").write_text(HAPROXY)
    (tmp_path / "keepalived.conf").write_text(KEEPALIVED % f'"{linked}/told" root')
    return {
        "haproxy_config_path": str(tmp_path / "haproxy.cfg"),
        "keepalived_config_path": str(tmp_path / "keepalived.conf"),
        "upgrade_to": None,
    }


def told(params, host):
    return {
        one["name"]: (one["installed"], one["newer"], [(each["where"], each["since"]) for each in one["changes"]])
        for one in upgrades(params, host)["daemons"]
    }


def test_without_a_newer_package_there_is_nothing_to_tell(params):
    assert told(params, Host()) == {"haproxy": ("2.6.12", "2.6.12", []), "keepalived": ("2.2.7", "2.2.7", [])}


def test_what_apt_would_install_is_judged(params):
    host = Host(haproxy="3.4.7-1", keepalived="1:2.3.3-1")
    assert told(params, host) == {
        "haproxy": ("2.6.12", "3.4.7", [("backend web", "3.3")]),
        "keepalived": ("2.2.7", "2.3.3", [("instance a: notify", "2.3.3")]),
    }


def test_what_is_asked_for_is_judged_and_apt_asked_for_the_other_only(params):
    host = Host(haproxy="3.4.7-1", keepalived="1:2.3.3-1")
    params["upgrade_to"] = {"keepalived": "2.4.2"}
    assert told(params, host) == {
        "haproxy": ("2.6.12", "3.4.7", [("backend web", "3.3")]),
        "keepalived": ("2.2.7", "2.4.2", [("instance a auth_hmac", "2.4.2"), ("instance a: notify", "2.3.3")]),
    }
    assert [argv for argv in host.asked if "apt-cache" in argv[0]] == [["/usr/bin/apt-cache", "policy", "haproxy"]]


def test_the_wire_format_changed_twice(params):
    params["upgrade_to"] = {"keepalived": "2.4.1"}
    assert told(params, Host())["keepalived"][2][0] == ("instance a auth_hmac", "2.4.1")
    params["upgrade_to"] = {"keepalived": "2.4.0"}
    assert [where for where, _since in told(params, Host())["keepalived"][2]] == ["instance a: notify"]


def test_without_apt_the_version_has_to_be_asked_for(params):
    host = Host(programs=("haproxy", "keepalived"))
    assert told(params, host) == {"haproxy": ("2.6.12", "", []), "keepalived": ("2.2.7", "", [])}


def test_what_is_not_installed_is_not_there_to_be_upgraded(params):
    host = Host(programs=("haproxy", "apt-cache"), haproxy="(none)")
    assert told(params, host) == {"haproxy": ("2.6.12", "", [])}


def test_without_a_file_there_is_nothing_to_refuse(params, tmp_path):
    (tmp_path / "haproxy.cfg").unlink()
    (tmp_path / "keepalived.conf").unlink()
    params["upgrade_to"] = {"haproxy": "3.4", "keepalived": "2.4.2"}
    assert [found for _installed, _newer, found in told(params, Host()).values()] == [[], []]


@pytest.mark.parametrize("version", ["newest", "3", "3.4-1", "3.4 "])
def test_a_version_is_numbers(params, version):
    params["upgrade_to"] = {"haproxy": version}
    with pytest.raises(InputError, match=r"upgrade_to\.haproxy: .* is not a version\. Give it in numbers"):
        upgrades(params, Host())
