# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What boot restores: the rules' file, its switch and its service, on hosts of both kinds."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host import boot
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host import needs as rehearsal
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host.ownership import Owner
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System

WEB = {"protocol": "tcp", "address": "10.0.0.1", "port": 80}
SERVER = {"address": "10.0.0.11"}
SWITCH = '# if you want to start ipvsadm on boot set this to true\nAUTO="false"\n\nDAEMON="none"\n'
#: Enterprise Linux 8 and 9.
UNIT = """[Unit]
Description=Initialise the Linux Virtual Server
After=syslog.target network.target

[Service]
Type=oneshot
ExecStart=/bin/bash -c "exec /sbin/ipvsadm-restore < /etc/sysconfig/ipvsadm"
ExecStop=/bin/bash -c "exec /sbin/ipvsadm-save -n > /etc/sysconfig/ipvsadm"
ExecStop=/sbin/ipvsadm -C
RemainAfterExit=yes

[Install]
WantedBy=multi-user.target
"""
DROP_IN = "etc/systemd/system/ipvsadm.service.d/k8s_edge.conf"
RULES = "-A -t 10.0.0.1:80 -s wlc\n-a -t 10.0.0.1:80 -r 10.0.0.11:80 -g -w 1\n"


class Host(System):
    """A host without keepalived, where ipvsadm's service is enabled by a link below its root."""

    def __init__(self, root, debian):
        self.root, self.fails, self.ran = root, False, []
        self.link = root / (
            "etc/rc2.d/S01ipvsadm" if debian else "etc/systemd/system/multi-user.target.wants/ipvsadm.service"
        )
        for path in ("etc/default", "etc/sysconfig", "etc/init.d", "usr/lib/systemd/system"):
            (root / path).mkdir(parents=True)
        self.link.parent.mkdir(parents=True)
        if debian:
            (root / "etc/init.d/ipvsadm").touch()
            (root / "etc/default/ipvsadm").write_text(SWITCH)
            self.rules = root / "etc/ipvsadm.rules"
            self.rules.write_text("# emtpy rules file for ipvsadm\n")
        else:
            (root / "usr/lib/systemd/system/ipvsadm.service").write_text(UNIT)
            self.rules = root / "etc/sysconfig/ipvsadm"

    def which(self, name):
        return name if name in ("systemctl", "update-rc.d") else None

    def run(self, argv, **_options):
        self.ran.append(" ".join(argv))
        if self.fails:
            return Completed(1, "", "Access denied", False)
        if "enable" in argv:
            self.link.symlink_to("/")
        else:
            self.link.unlink()
        return Completed(0, "", "", False)


@pytest.fixture
def host(tmp_path, monkeypatch):
    """``host(debian)`` makes one, in the place of this one."""

    def make(debian):
        found = Host(tmp_path, debian)
        monkeypatch.setattr(boot.Boot.__init__, "__defaults__", (str(tmp_path),))
        for module in (boot, rehearsal):
            monkeypatch.setattr(module, "owner", lambda _ports: None)
        return found

    return make


def without_heading(text):
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


@pytest.mark.parametrize("debian", [True, False])
def test_what_is_asked_for_is_restored_at_boot(played, virtual_server, host, debian):
    there = host(debian)
    asked = {**WEB, "real_servers": [SERVER], "persist": True}
    said = virtual_server(check_mode=True, system=there, **asked)
    assert there.ran == []
    done = virtual_server(system=there, **asked)
    assert said["steps"] == done["steps"]
    assert done["steps"][2:] == [
        "write the rules that are restored at boot",
        *(["restore the rules at boot (AUTO)"] if debian else []),
        "start the service ipvsadm before keepalived, and keep the rules when it stops",
        "enable the service ipvsadm at boot",
    ]
    assert without_heading(there.rules.read_text()) == RULES
    if debian:
        assert (there.root / "etc/default/ipvsadm").read_text() == SWITCH.replace("false", "true")
    else:
        # A comment in its first line would keep ipvsadm -R from all the rest.
        assert there.rules.read_text() == RULES
        assert (there.root / DROP_IN).read_text().endswith("\n\n[Service]\nExecStop=\nExecStop=/sbin/ipvsadm -C\n")
    # Debian's empties the table when it starts.
    assert "\nBefore=keepalived.service\n" in (there.root / DROP_IN).read_text()
    for check_mode in (True, False):
        assert not virtual_server(check_mode=check_mode, system=there, **asked)["changed"]
    # The table is as it shall be, and boot is not.
    there.link.unlink()
    there.rules.unlink()
    again = virtual_server(system=there, **asked)
    assert (again["impact"], without_heading(there.rules.read_text())) == ("none", RULES)
    gone = virtual_server(system=there, **WEB, state="absent", persist=True)
    assert gone["changed"] and without_heading(there.rules.read_text()) == ""


def test_rules_of_others_stay_unless_they_are_purged(played, config, host):
    there = host(debian=True)
    others = (
        "--set 1 2 3\n# by hand\n-A -t www:http -s rr\n-A -u 10.0.0.9:53 -s rr\n-a -u 10.0.0.9:53 -r 10.0.0.11:53 -m\n"
    )
    there.rules.write_text(others)
    asked = {"virtual_servers": [{**WEB, "real_servers": [SERVER]}], "persist": True}
    config(system=there, **asked)
    assert there.rules.read_text() == others + RULES
    asked["virtual_servers"][0]["scheduler"] = "rr"
    config(system=there, **asked, timeouts={"udp": 9}, sync_daemon={"roles": ["backup"], "interface": "lo"})
    assert there.rules.read_text() == (
        others.replace("--set 1 2 3", "--set 0 0 9")
        + RULES.replace("wlc", "rr")
        + "--start-daemon backup --mcast-interface lo --syncid 0\n"
    )
    config(system=there, **asked, purge=True, sync_daemon={"roles": []})
    assert there.rules.read_text() == "--set 0 0 9\n# by hand\n-A -t www:http -s rr\n" + RULES.replace("wlc", "rr")


def test_drained_servers_are_restored_by_no_boot(played, virtual_server, host):
    there = host(debian=False)
    virtual_server(system=there, **WEB, real_servers=[SERVER], persist=True)
    drained = {**WEB, "scheduler": "rr", "real_servers": [{**SERVER, "state": "drained"}], "persist": True}
    said = virtual_server(check_mode=True, system=there, **drained)
    assert virtual_server(system=there, **drained) == said
    assert without_heading(there.rules.read_text()) == "-A -t 10.0.0.1:80 -s rr\n"


def test_what_keepalived_brings_is_not_restored_twice(played, config, host, monkeypatch):
    there = host(debian=False)
    config(virtual_servers=[WEB])
    monkeypatch.setattr(boot, "owner", lambda _ports: Owner("keepalived.conf", lambda key: key.port == 80))
    config(system=there, virtual_servers=[WEB, {**WEB, "port": 81}], purge=True, persist=True)
    assert without_heading(there.rules.read_text()) == "-A -t 10.0.0.1:81 -s wlc\n"


def test_a_failure_at_boots_side_takes_the_table_back(played, virtual_server, host):
    there = host(debian=True)
    before = there.rules.read_text()
    there.fails = True
    with pytest.raises(EdgeError, match="The service ipvsadm cannot be enabled at boot: Access denied"):
        virtual_server(system=there, **WEB, persist=True)
    assert there.rules.read_text() == before
    assert (there.root / "etc/default/ipvsadm").read_text() == SWITCH
    assert played.services == {}


def test_a_failure_after_the_drop_in_takes_it_back(played, virtual_server, host):
    there = host(debian=False)
    there.fails = True
    with pytest.raises(EdgeError, match="The service ipvsadm cannot be enabled at boot: Access denied"):
        virtual_server(system=there, **WEB, persist=True)
    assert not (there.root / DROP_IN).parent.exists() and not there.rules.exists()


def test_a_service_that_does_not_save_stops_as_it_does(played, virtual_server, host):
    there = host(debian=False)
    (there.root / "usr/lib/systemd/system/ipvsadm.service").write_text(UNIT.replace("ipvsadm-save", "true"))
    virtual_server(system=there, **WEB, persist=True)
    assert "ExecStop" not in (there.root / DROP_IN).read_text()


def test_where_there_is_no_systemd_there_is_no_drop_in(played, virtual_server, host):
    there = host(debian=True)
    (there.root / "usr/lib/systemd/system").rmdir()
    virtual_server(system=there, **WEB, persist=True)
    assert there.link.is_symlink() and not (there.root / DROP_IN).exists()


def test_without_the_package_there_is_nowhere_to_write_to(played, virtual_server, tmp_path, monkeypatch):
    monkeypatch.setattr(boot.Boot.__init__, "__defaults__", (str(tmp_path),))
    with pytest.raises(EdgeError, match=r"persist: True cannot be done: ipvsadm, .* Install the package ipvsadm"):
        virtual_server(**WEB, persist=True)
    assert played.orders == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", 'AUTO="true"\n'),
        ("DAEMON=none", 'DAEMON=none\nAUTO="true"\n'),
        ("AUTO=true\n", "AUTO=true\n"),
        ("AUTO='true' # yes\n", "AUTO='true' # yes\n"),
        ("AUTO=no # not yet\n", 'AUTO="true" # not yet\n'),
        ("AUTO=true\nAUTO=false\n", 'AUTO=true\nAUTO="true"\n'),
        ("#AUTO=true\n", '#AUTO=true\nAUTO="true"\n'),
    ],
)
def test_the_switch(old, new):
    assert boot.switched_on(old) == new
