# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nftables: our table, file and unit, with the real nft and kernel, in a network of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall import nftables
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.model import Desired, Opening
from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System

NFT = shutil.which("nft", path=os.environ["PATH"] + ":/usr/sbin")
VRRP = Opening("vrrp", None, "10.0.0.2", "10.0.0.1")
KUBEAPI = Opening("tcp", 6443, None, "10.0.0.100")
KUBEAPI6 = Opening("tcp", 6443, "fd00::/64", "fd00::100")
DESIRED = Desired((VRRP, KUBEAPI, KUBEAPI6), guarded=("10.0.0.100", "fd00::100"))
HOOK = "type filter hook input priority 0; policy"
DROPPING = f"table inet filter {{ chain input {{ {HOOK} drop; tcp dport 22 accept; }}; }}\n"
REJECTING = f"table ip edge {{ chain in {{ {HOOK} accept; tcp dport 22 accept; counter reject; }}; }}\n"


class Host(System):
    """nft in a network of its own, and a systemd that knows one unit."""

    def __init__(self, pid, wants):
        self.pid = pid
        self.wants = wants
        self.active = False
        self.breaks_at = 0  # the how manieth change from now on fails

    def run(self, argv, *, timeout, stdin=None, ignore_sigterm=False):
        if argv[1:] == ["-f", "-"] or "--now" in argv:
            self.breaks_at -= 1
            if self.breaks_at == 0:
                return Completed(1, "", "broken", False)
        if argv[0] == "systemctl":
            return self._systemctl(argv[1:])
        return super().run(["nsenter", f"--net=/proc/{self.pid}/ns/net", *argv], timeout=timeout, stdin=stdin)

    def _systemctl(self, argv):
        if argv[0] == "enable":
            self.active = True
            self.nft("-f", nftables.PATH)
            self.wants.parent.mkdir(exist_ok=True)
            self.wants.unlink(missing_ok=True)
            self.wants.symlink_to(nftables.UNIT_PATH)
        elif argv[0] == "disable":
            self.active = False
            self.wants.unlink(missing_ok=True)
        return Completed(0 if self.active or argv[0] != "is-active" else 3, "", "", False)

    def nft(self, *arguments, stdin=None):
        done = self.run([NFT, *arguments], timeout=10, stdin=stdin)
        assert done.rc == 0, done.stderr
        return done.stdout


@pytest.fixture
def host(tmp_path, monkeypatch):
    if NFT is None or os.geteuid() != 0:
        pytest.skip("needs nft (Debian package nftables) and root")
    sleeper = subprocess.Popen(["unshare", "--net", "sleep", "600"])
    limit = time.monotonic() + 10
    while os.readlink(f"/proc/{sleeper.pid}/ns/net") == os.readlink("/proc/self/ns/net") and time.monotonic() < limit:
        time.sleep(0.01)
    monkeypatch.setattr(nftables, "RECORD", str(tmp_path / "state/nftables.json"))
    monkeypatch.setattr(nftables, "PATH", str(tmp_path / "edge.nft"))
    monkeypatch.setattr(nftables, "UNIT_PATH", str(tmp_path / "edge.service"))
    monkeypatch.setattr(nftables, "_ENABLED", str(tmp_path / "wants/edge.service"))
    host = Host(sleeper.pid, tmp_path / "wants/edge.service")
    try:
        host.nft("list", "ruleset")
        yield host
    finally:
        sleeper.kill()
        sleeper.wait()


def bring(host, desired, check_mode=False):
    return reconcile(nftables.NftablesRules(desired, host), check_mode=check_mode)


def test_a_life_leaves_nothing_behind(host, tmp_path):
    host.nft("-f", "-", stdin=DROPPING + REJECTING)
    before, files = host.nft("list", "ruleset"), sorted(os.listdir(tmp_path))
    asked = bring(host, DESIRED, check_mode=True)
    assert host.nft("list", "ruleset") == before
    assert bring(host, DESIRED).summary == asked.summary
    assert asked.summary == [
        "open TCP port 6443 at 10.0.0.100 from anywhere",
        "open TCP port 6443 at fd00::100 from fd00::/64",
        "open VRRP at 10.0.0.1 from 10.0.0.2",
        "refuse everything else at 10.0.0.100",
        "refuse everything else at fd00::100",
    ]
    assert bring(host, DESIRED).steps == () and bring(host, DESIRED, check_mode=True).steps == ()
    told = host.nft("--numeric-protocol", "list", "table", "inet", "k8s_edge")  # names are in /etc/protocols, or not
    assert "meta l4proto { 51, 112 } drop" in told
    assert bring(host, Desired((KUBEAPI,))).summary == [
        "close TCP port 6443 at fd00::100 from fd00::/64",
        "close VRRP at 10.0.0.1 from 10.0.0.2",
        "stop refusing everything else at 10.0.0.100",
        "stop refusing everything else at fd00::100",
    ]
    bring(host, Desired())
    assert host.nft("list", "ruleset") == before
    assert sorted(os.listdir(tmp_path)) == [*files, "wants"]
    assert bring(host, Desired()).steps == ()


def test_chains_that_end_in_no_get_a_way_in_after_their_rules_or_before_their_last(host):
    host.nft("-f", "-", stdin=DROPPING + REJECTING)
    bring(host, DESIRED)
    lines = [line.strip() for line in host.nft("list", "chain", "inet", "filter", "input").splitlines()]
    assert lines[3:5] == ["tcp dport 22 accept", 'jump k8s_edge comment "k8s_edge.ha"']
    lines = [line.strip() for line in host.nft("list", "chain", "ip", "edge", "in").splitlines()]
    assert lines[3:5] == ['jump k8s_edge comment "k8s_edge.ha"', "tcp dport 22 accept"]
    assert "fd00" in host.nft("list", "chain", "inet", "filter", "k8s_edge")
    assert "fd00" not in host.nft("list", "chain", "ip", "edge", "k8s_edge")


@pytest.mark.parametrize(("last", "way_in"), [("goto no", True), ("iif lo goto no", False), ("jump yes", False)])
def test_a_chain_may_leave_its_no_to_another_one(host, last, way_in):
    more = f"chain no {{ counter reject; }}; chain yes {{ counter; }}; chain in {{ {HOOK} accept; {last}; }}"
    host.nft("-f", "-", stdin=f"table inet third {{ {more}; }}\n")
    bring(host, DESIRED)
    assert ("jump k8s_edge" in host.nft("list", "chain", "inet", "third", "in")) is way_in
    assert bring(host, DESIRED).steps == ()


def test_a_chain_that_lets_all_in_is_left_alone(host):
    host.nft("-f", "-", stdin=DROPPING.replace("policy drop", "policy accept"))
    bring(host, DESIRED)
    assert "k8s_edge" not in host.nft("list", "table", "inet", "filter")


@pytest.mark.parametrize(
    "damage",
    [
        "flush ruleset",
        "add rule inet k8s_edge input tcp dport 80 accept",
        "flush chain inet k8s_edge input",
        "flush chain inet filter k8s_edge",
        'add rule inet filter input jump k8s_edge comment "k8s_edge.ha"',
        "flush chain inet filter input",
    ],
)
def test_what_somebody_else_did_to_our_rules_is_mended(host, damage):
    host.nft("-f", "-", stdin=DROPPING)
    bring(host, DESIRED)
    good = host.nft("list", "table", "inet", "k8s_edge")
    host.nft("-f", "-", stdin=damage)
    assert bring(host, DESIRED).summary == ["load the rules of k8s_edge again: the loaded rules differ"]
    assert bring(host, DESIRED).steps == ()
    assert host.nft("list", "table", "inet", "k8s_edge") == good


def test_what_is_loaded_at_boot_is_what_was_loaded_and_does_not_need_the_tables_of_others(host):
    host.nft("-f", "-", stdin=DROPPING)
    bring(host, DESIRED)
    loaded = host.nft("-s", "list", "ruleset")
    host.nft("flush", "ruleset")
    host.nft("-f", "-", stdin=DROPPING)
    host.nft("-f", nftables.PATH)
    assert host.nft("-s", "list", "ruleset") == loaded
    host.nft("flush", "ruleset")
    host.nft("-f", nftables.PATH)
    assert "10.0.0.100" in host.nft("list", "table", "inet", "k8s_edge")


def test_a_chain_of_iptables_is_left_alone_and_that_is_said(host):
    host.nft("-f", "-", stdin=DROPPING.replace("inet filter", "ip filter").replace("chain input", "chain INPUT"))
    done = bring(host, DESIRED)
    assert len(done.warnings) == 1 and "ip filter INPUT belongs to iptables" in done.warnings[0]
    assert "k8s_edge" not in host.nft("list", "table", "ip", "filter")
    assert bring(host, DESIRED).steps == ()


def test_nothing_is_closed_before_its_time(host):
    bring(host, DESIRED)
    other = Opening("tcp", 8443)
    bring(host, Desired((other,), close=False))
    assert "dport 6443" in host.nft("list", "table", "inet", "k8s_edge")
    bring(host, Desired((other,)))
    assert "dport 6443" not in host.nft("list", "table", "inet", "k8s_edge")
    assert "dport 8443" in host.nft("list", "table", "inet", "k8s_edge")


@pytest.mark.parametrize(
    ("first", "then", "at"),
    [
        (Desired(), DESIRED, 1),
        (Desired(), DESIRED, 2),
        (Desired(), DESIRED, 3),
        (DESIRED, Desired((KUBEAPI,)), 1),
        (DESIRED, Desired(), 1),
        (DESIRED, Desired(), 2),
    ],
)
def test_a_failure_puts_back_what_was_there(host, first, then, at):
    host.nft("-f", "-", stdin=DROPPING)
    bring(host, first)
    before = host.nft("-s", "list", "ruleset")
    host.breaks_at = at
    with pytest.raises(EdgeError, match="broken"):
        bring(host, then)
    host.breaks_at = 0
    assert host.nft("-s", "list", "ruleset") == before
    assert bring(host, first).steps == ()


def test_a_lost_record_is_no_loss(host, tmp_path):
    bring(host, DESIRED)
    (tmp_path / "state/nftables.json").write_text("{")
    bring(host, DESIRED)
    assert bring(host, DESIRED).steps == ()
    bring(host, Desired())
    assert host.nft("list", "ruleset") == ""
