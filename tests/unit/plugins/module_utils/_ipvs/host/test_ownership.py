# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which virtual services a configuration of keepalived's has. That keepalived reads it so is tests/kernel's to show."""

from __future__ import annotations

import os

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host import needs as rehearsal
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host import ownership
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import Key
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

CONF = """
include more/*.conf
virtual_server_group edge {
    10.0.1.1-3 80
    fd00:1::1-a 80
    fwmark 9
}
virtual_server 10.0.0.1 80 {
    protocol TCP
    delay_loop 5
}
virtual_server fd00::1 53 {
    protocol UDP
}
virtual_server fwmark 7 {
}
virtual_server fwmark 8 {
    ip_family inet6
}
virtual_server fwmark 10 inet6 {
}
virtual_server group edge {
    protocol SCTP
}
virtual_server fwmark 11 {
    real_server fd00::11 80 {
    }
}
virtual_server fwmark 12 inet {
    sorry_server fd00::11 80
}
virtual_server fwmark 13 {
    real_server 10.0.0.11 80 {
    }
    real_server fd00::11 80 {
        lb_kind TUN
    }
}
virtual_server_group marks {
    fwmark 14 inet
    fwmark 15
}
virtual_server group marks {
    real_server $RS 80 {
    }
}
virtual_server_group six {
    fd00:2::1 80
    fwmark 16
}
virtual_server group six {
}
virtual_server $VIP 80 {
}
virtual_server 10.0.0.1-x 80 {
}
virtual_server_group lonely {
}
virtual_server group elsewhere {
}
"""
MORE = "virtual_server 10.0.2.1 443 {\n}\n! virtual_server 10.0.2.2 443 {\n! }\n"

COVERED = [
    Key(4, "tcp", "10.0.0.1", 80),
    Key(6, "udp", "fd00::1", 53),
    Key(4, fwmark=7),
    Key(6, fwmark=8),
    Key(6, fwmark=10),
    Key(6, fwmark=11),
    Key(4, fwmark=12),
    Key(4, fwmark=13),
    Key(6, fwmark=13),
    Key(4, fwmark=14),
    Key(4, fwmark=15),
    Key(6, fwmark=15),
    Key(6, fwmark=16),
    Key(4, "sctp", "10.0.1.1", 80),
    Key(4, "sctp", "10.0.1.3", 80),
    Key(6, "sctp", "fd00:1::a", 80),
    Key(4, fwmark=9),
    Key(4, "tcp", "10.0.2.1", 443),
]
OTHERS = [
    Key(4, "udp", "10.0.0.1", 80),
    Key(4, "tcp", "10.0.0.1", 81),
    Key(6, fwmark=7),
    Key(4, fwmark=8),
    Key(4, fwmark=11),
    Key(6, fwmark=12),
    Key(6, fwmark=14),
    Key(4, fwmark=16),
    Key(4, "sctp", "10.0.1.4", 80),
    Key(4, "tcp", "10.0.1.1", 80),
    Key(6, "sctp", "fd00:1::b", 80),
    Key(4, "tcp", "10.0.2.2", 443),
]


@pytest.fixture
def owner(tmp_path):
    (tmp_path / "keepalived.conf").write_text(CONF)
    (tmp_path / "more").mkdir()
    (tmp_path / "more/a.conf").write_text(MORE)
    return ownership.owner_of(str(tmp_path / "keepalived.conf"))


def test_what_it_has_and_has_not(owner):
    assert [key for key in COVERED if not owner.covers(key)] == []
    assert [key for key in OTHERS if owner.covers(key)] == []
    assert owner.unread == ("$VIP 80", "10.0.0.1-x 80")
    assert owner.settings == frozenset()


def test_a_keepalived_that_runs_here(monkeypatch, tmp_path):
    (tmp_path / "keepalived.conf").write_text("global_defs {\n    lvs_sync_daemon eth1\n}\n")
    pids = {"main_pid": 0}
    monkeypatch.setattr(ownership, "service", lambda _ports: type("Service", (), pids)())
    monkeypatch.setattr(ownership, "config_of", lambda _pid: str(tmp_path / "keepalived.conf"))
    assert ownership.owner(System()) is None
    pids["main_pid"] = os.getpid()
    assert ownership.owner(System()).settings == {"lvs_sync_daemon"}
    pids["main_pid"] = 2**22 + 1
    assert ownership.owner(System()) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [("virtual_server $VIP 80 {\n}\n", "has the virtual server $VIP 80"), (None, "keepalived runs with ")],
)
def test_what_nobody_but_keepalived_knows_is_a_warning(played, config, tmp_path, monkeypatch, text, said):
    path = tmp_path / "keepalived.conf"
    if text is not None:
        path.write_text(text)
    monkeypatch.setattr(rehearsal, "owner", lambda _ports: ownership.owner_of(str(path)))
    asked = {"virtual_servers": [{"protocol": "tcp", "address": "10.0.0.1", "port": 80}]}
    for check_mode in (True, False):
        (warning,) = config(check_mode=check_mode, **asked)["warnings"]
        assert said in warning
    assert config(**asked)["warnings"] == []


def test_timeouts_that_keepalived_sets_are_left_to_it(played, config, tmp_path, monkeypatch):
    path = tmp_path / "keepalived.conf"
    path.write_text("global_defs {\n    lvs_timeouts tcp 900 udp 60\n}\n")
    monkeypatch.setattr(rehearsal, "owner", lambda _ports: ownership.owner_of(str(path)))
    for check_mode in (True, False):
        with pytest.raises(
            InputError, match=r"^timeouts: belongs to keepalived: .* has lvs_timeouts\. Change it there"
        ):
            config(check_mode=check_mode, timeouts={"udp": 9})
    assert not config(timeouts={"udp": 300})["changed"]
