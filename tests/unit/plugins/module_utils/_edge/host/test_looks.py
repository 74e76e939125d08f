# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host has without modules of ours: packages, users, files, blocks and units."""

from __future__ import annotations

import hashlib
import json
import os

import pytest
from ansible.module_utils import basic
from ansible.modules import blockinfile
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.arguments import BLOCK, FILE, UNIT
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host import blocks, files, packages, units, users
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System

MARKER = "# {mark} k8s_edge.ha: VIPs and hosts"


class Host(System):
    """Programs by name, and what one of them answers."""

    def __init__(self, programs, stdout="", rc=0, stderr=""):
        self.programs = programs
        self.answer = Completed(rc, stdout, stderr, False)
        self.asked = []

    def which(self, name):
        return f"/bin/{name}" if name in self.programs else None

    def run(self, argv, **_options):
        self.asked.append(list(argv))
        return self.answer


def filled(spec, **given):
    return {**{name: option.get("default") for name, option in spec.items()}, **given}


# Packages


def test_packages_by_dpkg():
    said = "keepalived installed\nhaproxy config-files\nipvsadm half-configured\nnftables triggers-pending\n"
    host = Host(["dpkg-query"], said, rc=1, stderr="dpkg-query: no packages found matching socat")
    found = packages.look(["keepalived", "haproxy", "ipvsadm", "nftables", "socat", "socat"], host)
    assert found.steps == [
        "package haproxy: install",
        "package ipvsadm: install (dpkg has it half-configured)",
        "package socat: install",
    ]
    assert found.brings == ["haproxy", "ipvsadm", "socat"]
    assert len(host.asked) == 1


def test_packages_by_rpm():
    host = Host(["rpm"], "keepalived\npackage haproxy is not installed\n", rc=1)
    assert packages.look(["keepalived", "haproxy"], host).steps == ["package haproxy: install"]


def test_a_daemon_of_ones_own_making_counts_as_installed_and_nobody_is_asked():
    host = Host(["haproxy", "dpkg-query"])
    assert packages.look(["haproxy"], host).steps == ()
    assert host.asked == []


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (Host([]), "neither dpkg-query nor rpm"),
        (Host(["dpkg-query"], rc=2, stderr="cannot open /var/lib/dpkg"), "cannot open"),
        (Host(["rpm"], rc=1, stderr="rpmdb open failed"), "rpmdb open failed"),
    ],
)
def test_packages_that_nobody_knows_of(host, said):
    with pytest.raises(EdgeError, match=said):
        packages.look(["haproxy"], host)


# Users


def test_users():
    found = users.look(["root", "no_such_user"])
    assert (found.steps, found.brings) == (["user no_such_user: create"], ["no_such_user"])


# Files


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "check"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("given", "differs"),
    [
        ({}, ""),
        ({"content": "#!/bin/sh\n", "mode": "0755", "owner": str(os.getuid()), "group": str(os.getgid())}, ""),
        ({"sha256": hashlib.sha256(b"#!/bin/sh\n").hexdigest().upper(), "mode": "755"}, ""),
        ({"content": "secret"}, "content"),
        ({"mode": "0644"}, "mode 0644 instead of 0755"),
        ({"owner": "54321", "group": "no_such_group"}, "owner 54321, group no_such_group"),
        ({"content": "", "mode": "0700"}, "content, mode 0700 instead of 0755"),
    ],
)
def test_a_file_says_what_differs(script, given, differs):
    found = files.look([filled(FILE, path=str(script), impact="reload", **given)])
    assert list(found.steps) == ([f"file {script}: {differs}"] if differs else [])
    assert found.impact == ("reload" if differs else "none")
    assert "secret" not in str(found)


def test_a_file_that_comes_and_files_that_go(script):
    new, gone = str(script) + ".new", str(script.parent / "kube-ca-?.crt")
    for name in ("kube-ca-1.crt", "kube-ca-2.crt", "kube-ca-22.crt"):
        (script.parent / name).write_text("")
    found = files.look(
        [
            filled(FILE, path=new, content="x"),
            filled(FILE, path=gone, state="absent"),
            filled(FILE, path=str(script), state="absent"),
            filled(FILE, path=new, state="absent"),
        ]
    )
    assert found.steps == [
        f"file {new}: create",
        f"file {script.parent}/kube-ca-1.crt: remove",
        f"file {script.parent}/kube-ca-2.crt: remove",
        f"file {script}: remove",
    ]
    assert found.brings == [new]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"path": "etc/x"}, r"files\[0\].path: 'etc/x' is not an absolute path"),
        ({"path": "/x", "mode": "u=rwx"}, r"files\[0\].mode: 'u=rwx' is not an octal file mode"),
        ({"path": "/x", "mode": "493"}, "is not an octal file mode"),
        ({"path": "/x", "sha256": "abc"}, "is not a SHA-256 digest"),
        ({"path": "/x", "sha256": "0" * 64, "content": ""}, "stands beside content"),
        ({"path": "/x", "mode": "0644", "state": "absent"}, "for a file that is to be removed"),
        ({"path": "/x*"}, "is a pattern"),
        ({"path": "/etc"}, "file /etc: is not a regular file"),
        ({"path": "/etc", "state": "absent"}, "file /etc: is a directory"),
    ],
)
def test_files_that_cannot_be_asked_for(given, said):
    with pytest.raises(EdgeError, match=said):
        files.look([filled(FILE, **given)])


# Blocks


HOSTS = "127.0.0.1 localhost\n"
OURS = "# BEGIN k8s_edge.ha: VIPs and hosts\n10.0.0.1 a\n# END k8s_edge.ha: VIPs and hosts\n"
WRONG_WAY_ROUND = "# END k8s_edge.ha: VIPs and hosts\n10.0.0.1 a\n# BEGIN k8s_edge.ha: VIPs and hosts\n"


@pytest.mark.parametrize("block", ["10.0.0.1 a", "10.0.0.1 a\n", "10.0.0.2 b\n\n10.0.0.3 c", ""])
@pytest.mark.parametrize(
    "text",
    [
        "",
        HOSTS,
        HOSTS.strip(),
        HOSTS + OURS,
        OURS + HOSTS.strip(),
        OURS + HOSTS + OURS,
        HOSTS + WRONG_WAY_ROUND + HOSTS,
        "# BEGIN k8s_edge.ha: VIPs and hosts\n" + HOSTS,
        HOSTS + OURS.strip(),
        "a\x0cb\r\nc \x85\n" + OURS,
    ],
)
def test_a_block_is_written_as_blockinfile_writes_it(text, block, tmp_path, run_blockinfile):
    path = tmp_path / "hosts"
    path.write_bytes(text.encode())
    state = "present" if block else "absent"
    found = blocks.look([filled(BLOCK, path=str(path), marker=MARKER, block=block, state=state)])
    changed = run_blockinfile(path=str(path), marker=MARKER, block=block, state=state)
    assert bool(found.steps) == changed
    assert found.more["diff"]["after"].encode() == (path.read_bytes() if changed else b"")
    again = blocks.look([filled(BLOCK, path=str(path), marker=MARKER, block=block, state=state)])
    assert bool(again.steps) == run_blockinfile(path=str(path), marker=MARKER, block=block, state=state)


@pytest.fixture
def run_blockinfile(monkeypatch, capsys):
    """The module itself, in this process: a process for each case would take seconds."""

    def run(**options):
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)  # from ansible-core 2.19 on
        with pytest.raises(SystemExit):
            blockinfile.main()
        return json.loads(capsys.readouterr().out)["changed"]

    return run


def test_blocks_in_words(tmp_path):
    path = tmp_path / "hosts"
    path.write_text(HOSTS)
    ours = filled(BLOCK, path=str(path), marker=MARKER, block="10.0.0.2 b")
    assert blocks.look([ours]).steps == [f"file {path}: add the block 'k8s_edge.ha: VIPs and hosts'"]
    path.write_text(OURS)
    assert blocks.look([ours]).steps == [f"file {path}: write the block 'k8s_edge.ha: VIPs and hosts'"]
    assert blocks.look([{**ours, "state": "absent"}]).steps == [
        f"file {path}: remove the block 'k8s_edge.ha: VIPs and hosts'"
    ]
    path.unlink()
    assert blocks.look([{**ours, "state": "absent"}]).steps == []
    with pytest.raises(EdgeError, match="does not exist, so no block can be written"):
        blocks.look([ours])
    with pytest.raises(EdgeError, match=r"has no \{mark\}"):
        blocks.look([{**ours, "marker": "# ours"}])


# Units


def state(load="loaded", active="active", sub="running", at_boot="enabled"):
    return f"LoadState={load}\nActiveState={active}\nSubState={sub}\nUnitFileState={at_boot}\n"


def asked(*entries, states, coming=(), loaded_by=()):
    host = Host(["systemctl"], "\n".join(states))
    found = units.look([filled(UNIT, **entry) for entry in entries], host, coming, loaded_by)
    assert len(host.asked) == 1
    return found


UP, DOWN = {"active": True, "enabled": True}, {"active": False, "enabled": False}


@pytest.mark.parametrize(
    ("entry", "now", "steps", "impact"),
    [
        (UP, state(), [], "none"),
        (UP, state(active="reloading", at_boot="static"), [], "none"),
        (
            UP,
            state(active="failed", sub="failed", at_boot="disabled"),
            ["unit x: start (it is failed, failed)", "unit x: enable"],
            "runtime",
        ),
        (
            UP,
            state(active="activating", sub="auto-restart"),
            ["unit x: start (it is activating, auto-restart)"],
            "runtime",
        ),
        ({"enabled": True}, state(active="inactive", sub="dead"), [], "none"),
        (DOWN, state(), ["unit x: stop", "unit x: disable"], "restart"),
        (DOWN, state(active="inactive", sub="dead", at_boot="static"), [], "none"),
        (DOWN, state(load="not-found", active="inactive", sub="dead", at_boot=""), [], "none"),
        (DOWN, state(load="masked", active="inactive", sub="dead", at_boot="masked"), [], "none"),
    ],
)
def test_a_unit(entry, now, steps, impact):
    found = asked({"name": "x", **entry}, states=[now])
    assert (list(found.steps), found.impact) == (steps, impact)


def test_units_are_asked_at_once_and_in_their_order():
    found = asked(
        {"name": "a", **UP}, {"name": "keepalived", **UP}, states=[state(), state(active="inactive", sub="dead")]
    )
    assert found.steps == ["unit keepalived: start (it is inactive, dead)"]
    assert found.impact == "reload"
    assert found.more["starts"] == {"keepalived": found.steps[0]}


def test_a_unit_that_a_package_is_still_to_bring():
    nowhere = state(load="not-found", active="inactive", sub="dead", at_boot="")
    found = asked({"name": "haproxy", **UP}, states=[nowhere], coming=["haproxy"])
    assert found.steps == ["unit haproxy: start", "unit haproxy: enable"]
    assert found.unforeseen == ["haproxy is not installed yet, so its unit could not be checked"]
    with pytest.raises(EdgeError, match=r"unit haproxy: is not on this host \(not-found\)"):
        asked({"name": "haproxy", **UP}, states=[nowhere])


def test_a_masked_unit_is_a_failure_with_its_remedy():
    with pytest.raises(EdgeError, match=r"unit haproxy: is masked, .* `systemctl unmask haproxy`"):
        asked({"name": "haproxy", **UP}, states=[state(load="masked", active="inactive", at_boot="masked")])


@pytest.mark.parametrize("loaded_by", [(), ("haproxy",)])
def test_a_daemon_that_runs_without_its_file(tmp_path, loaded_by):
    path = tmp_path / "haproxy.cfg"
    path.write_text("")
    entry = {"name": "haproxy.service", "active": True, "config_path": str(path)}
    host = Host(["systemctl"], state())
    found = units.look([filled(UNIT, **entry)], host, (), loaded_by)
    expected = [] if loaded_by else [f"unit haproxy.service: reload: no HAProxy with {path} is running"]
    assert list(found.steps) == expected
    assert found.impact == ("none" if loaded_by else "reload")


@pytest.mark.parametrize(
    ("entry", "host", "said"),
    [
        ({"name": "-x"}, Host(["systemctl"]), r"units\[0\].name: '-x' is not the name of a unit"),
        ({"name": "x", "config_path": "/x"}, Host(["systemctl"]), "Give it for keepalived and haproxy only"),
        ({"name": "x"}, Host([]), "this host has no systemctl"),
        ({"name": "x"}, Host(["systemctl"], rc=1, stderr="Failed to connect to bus.\n"), "Failed to connect to bus"),
        ({"name": "x"}, Host(["systemctl"], state() + "\n" + state()), "does not show x"),
    ],
)
def test_units_that_cannot_be_asked(entry, host, said):
    with pytest.raises(EdgeError, match=said):
        units.look([filled(UNIT, **entry)], host, (), ())
