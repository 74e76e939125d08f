# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of others, and what boot restores, with ipvsadm and its own service as witnesses."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host import boot

CORPUS = sorted((Path(__file__).resolve().parents[1] / "corpus/ipvs").glob("*.rules"))
INIT, RULES = Path("/etc/init.d/ipvsadm"), Path("/etc/ipvsadm.rules")


def lines(ipvsadm):
    return sorted(line.rstrip() for line in ipvsadm("-Sn").splitlines())


@pytest.mark.parametrize("path", CORPUS, ids=[path.stem for path in CORPUS])
def test_a_table_of_others_is_read_left_alone_and_made_again(table, ipvsadm, path):
    ipvsadm("-R", path.read_text())
    before = lines(ipvsadm)
    # ipvsadm leaves out a mask that is a single host's, and names it when asked to read it.
    assert before == sorted(path.read_text().replace(" -M 128", "").splitlines())
    read = table.info()["virtual_servers"]
    whole = {"virtual_servers": [{**one, "purge_real_servers": True} for one in read], "purge": True}
    assert not table.config(**whole)["changed"]
    # One of ours comes and goes beside them.
    ours = {"protocol": "tcp", "address": "10.7.7.7", "port": 80}
    table.brought("virtual_server", **ours, real_servers=[{"address": "10.7.7.8"}])
    table.brought("virtual_server", **ours, state="absent")
    assert lines(ipvsadm) == before
    ipvsadm("-C")
    table.brought(**whole)
    assert lines(ipvsadm) == before
    table.brought(virtual_servers=[], purge=True)
    assert lines(ipvsadm) == []


def debian():
    """Where ipvsadm's own service restores from, and how it does."""
    if not INIT.exists():
        pytest.skip("ipvsadm's service is not Debian's here")
    RULES.unlink(missing_ok=True)  # This kernel's own: other tests write it as well.
    return "/", [str(INIT), "start"]


def enterprise_linux(root):
    """The same, with what ExecStart= runs there."""
    for name in ("usr/lib/systemd/system", "etc/systemd/system/multi-user.target.wants"):
        (root / name).mkdir(parents=True)
        (root / name / "ipvsadm.service").write_text("ExecStop=ipvsadm-save -n\nExecStop=ipvsadm -C\n")
    return str(root), ["bash", "-c", f"exec ipvsadm-restore < {root}/etc/sysconfig/ipvsadm"]


@pytest.mark.parametrize("distribution", ["debian", "enterprise_linux"])
def test_boot_restores_what_was_asked_for(table, ipvsadm, ip, tmp_path, monkeypatch, distribution):
    root, restore = debian() if distribution == "debian" else enterprise_linux(tmp_path)
    monkeypatch.setattr(boot.Boot.__init__, "__defaults__", (root,))
    ip("link add eth7 type dummy")
    ip("link set eth7 up")
    ip("address add 10.9.0.1/24 dev eth7")
    ipvsadm("-R", "-A -t 10.96.0.1:443 -s rr\n-a -t 10.96.0.1:443 -r 172.18.0.2:6443 -m -w 1\n")
    gue = {"forwarding_method": "tun", "tunnel_type": "gue", "tunnel_port": 6080, "tunnel_checksum": "remcsum"}
    gre = {"forwarding_method": "tun", "tunnel_type": "gre", "tunnel_checksum": "csum"}
    asked = {
        "persist": True,
        "timeouts": {"tcp": 700, "udp": 30},
        "sync_daemon": {"roles": ["master", "backup"], "interface": "eth7", "syncid": 9, "mcast_ttl": 3},
        "virtual_servers": [
            {
                "protocol": "tcp",
                "address": "10.7.7.7",
                "port": 80,
                "scheduler": "mh",
                "flags": ["mh-port", "mh-fallback"],
                "persistence_timeout": 60,
                "persistence_netmask": "24",
                "real_servers": [
                    {"address": "10.7.7.8", "weight": 0, "upper_threshold": 20, "lower_threshold": 10},
                    {"address": "10.7.7.9", **gue},
                    {"address": "10.7.7.10", **gre},
                ],
            },
            {
                "protocol": "udp",
                "address": "fd00::7",
                "port": 53,
                "flags": ["ops"],
                "persistence_timeout": 9,
                "persistence_netmask": "64",
                "persistence_engine": "sip",
            },
            {"fwmark": 7, "family": "ipv6", "real_servers": [{"address": "fd00::8"}]},
        ],
    }
    table.brought(**asked)
    before = table.info()
    named = ("10.7.7.7", "fd00::7")
    ours = [one for one in before["virtual_servers"] if one.get("address") in named or "fwmark" in one]
    assert len(ours) == 3
    ipvsadm("-C")
    ipvsadm("--stop-daemon master")
    ipvsadm("--stop-daemon backup")
    ipvsadm("--set 1 120 1")
    subprocess.run(restore, check=True)
    after = table.info()

    def by_name(found):
        ordered = [{**one, "real_servers": sorted(one["real_servers"], key=str)} for one in found]
        return sorted(ordered, key=str)

    assert by_name(after["virtual_servers"]) == by_name(ours)
    assert (after["timeouts"], after["sync_daemons"]) == (before["timeouts"], before["sync_daemons"])
    assert not table.config(**asked)["changed"]
