# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input through the modules' front door: a clear error, the file as it was to the byte, nothing left beside it."""

from __future__ import annotations

import importlib
import io
import json
import os
import stat
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible.module_utils import basic

GOOD = {
    "name": "VI_1",
    "initial_state": "BACKUP",
    "interface": "lo",
    "virtual_router_id": 51,
    "priority": 100,
    "virtual_ipaddress": [{"address": "10.9.0.100/24"}],
}
FILE = """\
vrrp_script known {
    script "/bin/true"
}
vrrp_instance other {
    interface lo
    virtual_router_id 7
    virtual_ipaddress {
        10.9.0.7/24
    }
}
vrrp_instance twice {
    interface lo
}
vrrp_instance twice {
    interface lo
}
vrrp_instance conditional {
    @main priority 100
    interface $IF
    include more.conf
}
virtual_server 10.9.1.1 80 {
    protocol TCP
    lb_algo rr
    lb_kind NAT
    real_server 10.9.2.1 8080 {
        weight 1
    }
}
"""

Front = Callable[..., "tuple[int, dict[str, Any]]"]


@pytest.fixture
def front_door(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Front:
    """Call a module's main in this process, as Ansible would."""

    def call(module: str, **params: Any) -> tuple[int, dict[str, Any]]:
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": params}).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        monkeypatch.setattr("sys.stdin", io.StringIO())
        main = importlib.import_module(f"ansible_collections.k8s_edge.ha.plugins.modules.{module}").main
        with pytest.raises(SystemExit) as end:
            main()
        return int(str(end.value.code)), json.loads(capsys.readouterr().out)

    return call


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "keepalived.conf"
    path.write_text(FILE)
    return path


@pytest.fixture
def daemon_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the module knows to refuse it refuses by itself, also where no keepalived could say so."""
    ports = "ansible_collections.k8s_edge.ha.plugins.module_utils._system.System"
    monkeypatch.setattr(f"{ports}.run", lambda *args, **named: pytest.fail("keepalived had to say it"))


def refused(front: Front, conf: Path, module: str, words: str, **params: Any) -> str:
    """Run it, and see that it failed with some words and did nothing else."""
    before = conf.read_bytes(), conf.stat().st_ino, sorted(os.listdir(conf.parent))
    code, said = front(module, path=str(conf), **params)
    assert code != 0, said
    assert said["failed"] is True
    assert words in said["msg"], said["msg"]
    assert (conf.read_bytes(), conf.stat().st_ino, sorted(os.listdir(conf.parent))) == before
    return str(said["msg"])


def vip(*addresses: str, **more: Any) -> dict[str, Any]:
    return {"virtual_ipaddress": [dict(address=address, **more) for address in addresses]}


INSTANCE_CASES: dict[str, tuple[str, dict[str, Any]]] = {
    # the wrong type, or no word of keepalived's
    "priority is text": ("priority", {"priority": "high"}),
    "priority is a list": ("priority", {"priority": [1, 2]}),
    "an address list is a word": ("dictionary", {"virtual_ipaddress": "10.0.0.1/24"}),
    "an option of an address is unknown": ("Unsupported", vip("10.0.0.1/24", colour="red")),
    "an option is unknown": ("Unsupported", {"prioritty": 100}),
    "state is misspelt": ("one of", {"initial_state": "MASTR"}),
    "state is in lower case": ("one of", {"initial_state": "backup"}),
    "auth_type is unknown": ("one of", {"authentication": {"auth_type": "MD5", "auth_pass": "x"}}),
    "a flag is a number": ("nopreempt", {"nopreempt": "sometimes"}),
    # out of range, or what keepalived would round or cut
    "priority 0": ("between 1 and 255", {"priority": 0}),
    "priority 256": ("between 1 and 255 (keepalived would silently use 100). Give", {"priority": 256}),
    "router id 0": ("between 1 and 255", {"virtual_router_id": 0}),
    "router id 256": ("between 1 and 255", {"virtual_router_id": 256}),
    "advert_int 0": ("advert_int", {"advert_int": 0}),
    "advert_int negative": ("advert_int", {"advert_int": -1}),
    "advert_int too long": ("advert_int", {"advert_int": 256}),
    "advert_int too long for version 3": ("40.95", {"version": 3, "advert_int": 41}),
    "advert_int too fine for version 3": ("0.01", {"version": 3, "advert_int": 0.015}),
    "advert_int of half a second with version 2": ("rounded", {"version": 2, "advert_int": 0.5}),
    "version 1": ("between 2 and 3", {"version": 1}),
    "version 4": ("between 2 and 3", {"version": 4}),
    "a password of nine characters": (
        "8 characters",
        {"authentication": {"auth_type": "PASS", "auth_pass": "123456789"}},
    ),
    "an empty password": ("empty", {"authentication": {"auth_type": "PASS", "auth_pass": ""}}),
    "a password without a type": ("auth_type", {"authentication": {"auth_pass": "x"}}),
    "a type without a password": ("auth_pass", {"authentication": {"auth_type": "PASS"}}),
    "authentication with version 3": (
        "version 3",
        {"version": 3, "authentication": {"auth_type": "PASS", "auth_pass": "x"}},
    ),
    "a track weight of 254": ("between -253 and 253", {"track_script": [{"name": "known", "weight": 254}]}),
    "a ttl of 256": ("between 0 and 255", {"unicast_ttl": 256}),
    "a label of 16 characters": ("longer than 15", vip("10.0.0.1/24", label="a" * 16)),
    "an interface of 16 characters": ("interface", {"interface": "a" * 16}),
    "an interface with a slash": ("interface", {"interface": "a/b"}),
    # addresses
    "no address at all": ("IP address", vip("kubeapi")),
    "an address without a prefix": ("prefix length", vip("10.0.0.1")),
    "a prefix of 33": ("IP address", vip("10.0.0.1/33")),
    "an address with a leading zero": ("IP address", vip("10.0.0.01/24")),
    "a short address": ("IP address", vip("10.1/24")),
    "a netmask for a prefix": ("IP address", vip("10.0.0.1/255.255.255.0")),
    "a loopback address": ("loopback", vip("127.0.0.1/8")),
    "a multicast address": ("multicast", vip("224.0.0.1/24")),
    "no host's address": ("no host", vip("0.0.0.0/0")),
    "the IPv6 loopback address": ("loopback", vip("::1/128")),
    "both families": ("mixes", vip("10.0.0.1/24", "fd00::1/64")),
    "the same address twice": ("twice", vip("10.0.0.1/24", "10.0.0.1/24")),
    "the same address twice in other words": ("twice", vip("fd00::1/64", "fd00:0::1/64")),
    "the same address with two prefixes": ("twice in this instance", vip("10.0.0.1/24", "10.0.0.1/25")),
    "an empty list": ("missing", {"virtual_ipaddress": []}),
    "a label on IPv6": ("label", vip("fd00::1/64", label="x")),
    "a peer of the other family": ("family", {"unicast_peer": [{"address": "fd00::2"}]}),
    "a peer with a prefix": ("IP address", {"unicast_peer": [{"address": "10.0.0.2/24"}]}),
    "a peer twice": ("twice", {"unicast_peer": [{"address": "10.0.0.2"}, {"address": "10.0.0.2"}]}),
    "this host as its own peer": (
        "own unicast_src_ip",
        {"unicast_src_ip": "10.0.0.2", "unicast_peer": [{"address": "10.0.0.2"}]},
    ),
    "a source of the other family": (
        "family",
        {"unicast_src_ip": "fd00::1", "unicast_peer": [{"address": "10.0.0.2"}]},
    ),
    "a peer without an address": ("address", {"unicast_peer": [{"min_ttl": 3}]}),
    "a source without peers": ("unicast_peer", {"unicast_src_ip": "10.0.0.1"}),
    "a ttl without peers": ("unicast_peer", {"unicast_ttl": 3}),
    # what does not go together
    "nopreempt of a MASTER": ("MASTER", {"nopreempt": True, "initial_state": "MASTER"}),
    "nopreempt with priority 255": ("255", {"nopreempt": True, "priority": 255}),
    "a preempt delay of a MASTER": ("MASTER", {"preempt_delay": 5, "initial_state": "MASTER"}),
    "a preempt delay with nopreempt": ("nopreempt", {"preempt_delay": 5, "nopreempt": True}),
    "tracking the own interface": ("own interface", {"track_interface": [{"name": "lo"}]}),
    "vmac_xmit_base without a vmac": ("use_vmac", {"vmac_xmit_base": True}),
    # the rest of the file
    "an undefined script": ("not defined", {"track_script": [{"name": "unknown"}]}),
    "an undefined process": ("not defined", {"track_process": [{"name": "unknown"}]}),
    "an undefined file": ("not defined", {"track_file": [{"name": "unknown"}]}),
    "an address of another instance": ("instance other", vip("10.9.0.7/24")),
    "a router id of another instance": ("instance other", {"virtual_router_id": 7}),
    "a name that stands twice": ("more than once", {"name": "twice"}),
    "an option under a condition": ("condition", {"name": "conditional", "priority": 7}),
    "an option with a parameter": ("parameter", {"name": "conditional", "interface": "lo"}),
    "a block with an include": ("include", {"name": "conditional", "version": 2}),
    # injection, where a person would try it
    "a line in the name": ("line break", {"name": "a\n}"}),
    "a brace in the name": ("character {", {"name": "a{"}),
    "a space in the name": ("space", {"name": "a b"}),
    "a comment in the password": ("character #", {"authentication": {"auth_type": "PASS", "auth_pass": "ab#c"}}),
    "a bang in the password": ("character !", {"authentication": {"auth_type": "PASS", "auth_pass": "ab!c"}}),
    "a quote in the label": ('character "', vip("10.0.0.1/24", label='a"b')),
    "a line in a command": ("line break", {"notify_master": "/bin/a\nvirtual_ipaddress {"}),
    "a semicolon in a command": ("character ;", {"notify_master": "/bin/a; /bin/b"}),
    "a command by its bare name": ("absolute path", {"notify_master": "killall -0 haproxy"}),
    "an open quote in a command": ("not closed", {"notify_master": "/bin/a 'b"}),
    "a line in a route": ("line break", {"virtual_routes": ["default via 10.0.0.1\n}"]}),
    "an include in a list": ("include", {"track_script": [{"name": "include", "weight": 1}]}),
    "a condition in a list": ("conditional", {"track_script": [{"name": "@main"}]}),
    # the host
    "an interface that is not there": ("not an interface of this host", {"interface": "k8s-edge-none"}),
    "a device that is not there": ("not an interface of this host", vip("10.0.0.1/24", dev="k8s-edge-none")),
}


@pytest.mark.parametrize("case", INSTANCE_CASES, ids=lambda case: case.replace(" ", "_"))
def test_keepalived_instance_refuses(front_door: Front, conf: Path, daemon_unasked: None, case: str) -> None:
    words, change = INSTANCE_CASES[case]
    if case.startswith(("a peer", "this host", "a source of")):
        change = dict({"virtual_ipaddress": [{"address": "10.0.0.1/24"}]}, **change)
    refused(front_door, conf, "keepalived_instance", words, **dict(GOOD, **change))


def servers(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"address": "10.9.1.9", "port": 80, "protocol": "TCP", "lb_algo": "rr", "lb_kind": "DR"}
    return {"virtual_servers": [dict(base, real_servers=list(entries), **more)]}


S = {"address": "10.9.3.1", "port": 80}
CONFIG_CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "a scheduler of the seeds": ("one of", {"virtual_servers": [dict(S, lb_algo="loadbalance", real_servers=[S])]}),
    "a method in lower case": ("lb_kind", {"virtual_servers": [dict(S, lb_kind="dr", real_servers=[S])]}),
    "a protocol that is none": ("one of", {"virtual_servers": [dict(S, protocol="ICMP", real_servers=[S])]}),
    "persistence of 0": ("persistence_timeout", servers(S, persistence_timeout=0)),
    "nat_mask": ("Unsupported", servers(S, nat_mask="255.255.255.0")),
    "a weight of 65536": ("65535", servers(dict(S, weight=65536))),
    "a negative weight": ("weight", servers(dict(S, weight=-1))),
    "a port of 65536": ("65535", servers(dict(S, port=65536))),
    "another port with DR": ("port", servers(dict(S, port=8080))),
    "a server twice": ("twice", servers(S, S)),
    "a server of the other family": ("family", servers({"address": "fd00::1", "port": 80})),
    "no server": ("empty", servers()),
    "no protocol": ("UDP", {"virtual_servers": [dict(S, lb_algo="rr", lb_kind="NAT", real_servers=[S])]}),
    "no scheduler": ("wlc", {"virtual_servers": [dict(S, protocol="TCP", lb_kind="NAT", real_servers=[S])]}),
    "no method": ("NAT", {"virtual_servers": [dict(S, protocol="TCP", lb_algo="rr", real_servers=[S])]}),
    "no address": (
        "address",
        {"virtual_servers": [{"protocol": "TCP", "lb_algo": "rr", "lb_kind": "NAT", "real_servers": [S]}]},
    ),
    "sh_port without sh": ("sh", servers(S, sh_port=True)),
    "ops with TCP": ("UDP", servers(S, ops=True)),
    "hysteresis above the quorum": ("quorum", servers(S, quorum=2, hysteresis=2)),
    "a check without a page": ("url", servers(dict(S, http_get=[{"connect_timeout": 3}]))),
    "a digest that is none": ("digest", servers(dict(S, http_get=[{"url": [{"path": "/", "digest": "abc"}]}]))),
    "a status code that is none": (
        "status_code",
        servers(dict(S, http_get=[{"url": [{"path": "/", "status_code": "ok"}]}])),
    ),
    "a brace in a path": ("character {", servers(dict(S, http_get=[{"url": [{"path": "/{id}"}]}]))),
    "a service twice": ("twice", {"virtual_servers": [dict(S, real_servers=[S]), dict(S, real_servers=[S])]}),
    "an empty group": ("empty", {"virtual_server_groups": [{"name": "g", "members": []}]}),
    "a script that is not there": ("does not exist", {"scripts": [{"name": "s", "script": "/nowhere/check"}]}),
    "a script by its bare name": ("absolute path", {"scripts": [{"name": "s", "script": "killall -0 haproxy"}]}),
    "a script that runs nothing": ("script", {"scripts": [{"name": "s", "interval": 1}]}),
    "a process that is none": ("process", {"track_processes": [{"name": "p", "quorum": 1}]}),
    "a track file without a file": ("file", {"track_files": [{"name": "f"}]}),
    "a sync group of nobody": ("group", {"sync_groups": [{"name": "g"}]}),
    "a neighbour without an address": ("neighbor_ip", {"bfd_instances": [{"name": "b"}]}),
    "an interval of 0": ("interval", {"scripts": [{"name": "s", "script": "/bin/true", "interval": 0}]}),
    "a script weight of 300": ("253", {"scripts": [{"name": "s", "script": "/bin/true", "weight": "300"}]}),
    "a script user that is not there": ("not a user", {"global_defs": {"script_user": "k8s_edge_nobody_at_all"}}),
    "a group of unknown instances": ("not an instance", {"sync_groups": [{"name": "g", "group": ["nobody"]}]}),
    "an instance twice": ("twice", {"instances": [GOOD, GOOD]}),
    "purging a script that is tracked": (
        "not defined",
        {"instances": [dict(GOOD, track_script=[{"name": "known"}])], "scripts": [], "purge": True},
    ),
    "a mail address with a comment": ("character !", {"global_defs": {"notification_email": ["a!b@example.org"]}}),
    "a line in router_id": ("line break", {"global_defs": {"router_id": "a\n}"}}),
    "a real-time priority of 100": ("99", {"global_defs": {"vrrp_rt_priority": 100}}),
}


@pytest.mark.parametrize("case", CONFIG_CASES, ids=lambda case: case.replace(" ", "_"))
def test_keepalived_config_refuses(front_door: Front, conf: Path, daemon_unasked: None, case: str) -> None:
    words, params = CONFIG_CASES[case]
    refused(front_door, conf, "keepalived_config", words, **params)


def test_every_problem_of_a_call_is_told_at_once(front_door: Front, conf: Path) -> None:
    bad = dict(GOOD, priority=300, virtual_router_id=0, virtual_ipaddress=[{"address": "x"}])
    message = refused(front_door, conf, "keepalived_instance", "priority", **bad)
    assert len(message.split("\n")) == 3
    assert "virtual_ipaddress[0].address" in message


def test_a_secret_is_in_no_message(front_door: Front, conf: Path) -> None:
    bad = dict(GOOD, authentication={"auth_type": "PASS", "auth_pass": "hunter2hunter2"})
    assert "hunter2" not in refused(front_door, conf, "keepalived_instance", "auth_pass", **bad)


@pytest.mark.parametrize("mode", [0o644, 0o777])
def test_a_script_that_others_may_change_is_refused(front_door: Front, conf: Path, mode: int) -> None:
    script = conf.parent / "check"
    script.write_text("#!/bin/sh\n")
    script.chmod(mode)
    words = "executable" if mode == 0o644 else "insecure"
    refused(front_door, conf, "keepalived_config", words, scripts=[{"name": "s", "script": str(script)}])


def test_a_relative_path_is_refused(front_door: Front) -> None:
    code, said = front_door("keepalived_instance", **dict(GOOD, path="keepalived.conf", validate=False))
    assert code != 0 or not os.path.exists("keepalived.conf")
    assert said


def test_a_directory_is_refused(front_door: Front, tmp_path: Path) -> None:
    code, said = front_door("keepalived_instance", **dict(GOOD, path=str(tmp_path)))
    assert code != 0
    assert "regular file" in said["msg"]


def fake_keepalived(directory: Path, script: str) -> None:
    program = directory / "keepalived"
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


VALIDATORS = {
    "refuses": ("echo 'Unknown keyword x' >&2; exit 5", "Unknown keyword x"),
    "ends without a word": ("exit 2", "exit code 2"),
    "aborts": ("kill -ABRT $$", "signal 6"),
    "kills itself": ("kill -KILL $$", "signal 9"),
}


@pytest.mark.parametrize("case", VALIDATORS)
def test_a_validator_that(
    front_door: Front, conf: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any, case: str
) -> None:
    script, words = VALIDATORS[case]
    directory = tmp_path_factory.mktemp("bin")
    fake_keepalived(directory, f'case "$*" in *k8s_edge*) {script};; esac\n')
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    refused(front_door, conf, "keepalived_instance", words, **GOOD)


def test_a_validator_that_hangs(
    front_door: Front, conf: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any
) -> None:
    directory = tmp_path_factory.mktemp("bin")
    fake_keepalived(directory, "exec /bin/sleep 60\n")
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    validator = "ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.validator"
    monkeypatch.setattr(f"{validator}.Validator.__init__.__kwdefaults__", {"time_limit": 0.3}, raising=False)
    refused(front_door, conf, "keepalived_instance", "did not end within", **GOOD)


def test_a_validator_that_is_missing(front_door: Front, conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = "ansible_collections.k8s_edge.ha.plugins.module_utils._system.System"
    monkeypatch.setattr(f"{ports}.which", lambda self, name: None)
    refused(front_door, conf, "keepalived_instance", "not installed", **GOOD)
    code, said = front_door("keepalived_instance", path=str(conf), _ansible_check_mode=True, **GOOD)
    assert code == 0
    assert said["changed"] is True
    assert "not installed" in json.dumps(said["warnings"])
    assert conf.read_text() == FILE


def test_nothing_is_run_where_nothing_changes(front_door: Front, conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = "ansible_collections.k8s_edge.ha.plugins.module_utils._system.System"
    monkeypatch.setattr(f"{ports}.run", lambda *a, **k: pytest.fail("a command was run"))
    before = conf.stat()[: stat.ST_ATIME], conf.stat().st_ctime_ns  # it may be read
    code, said = front_door("keepalived_instance", path=str(conf), name="other", interface="lo", virtual_router_id=7)
    assert code == 0
    assert (said["changed"], said["steps"], said["impact"]) == (False, [], "none")
    assert (conf.stat()[: stat.ST_ATIME], conf.stat().st_ctime_ns) == before


def test_a_block_that_an_included_file_has_is_refused(front_door: Front, conf: Path, daemon_unasked: None) -> None:
    (conf.parent / "more.conf").write_text("vrrp_instance VI_1 {\n}\n")
    conf.write_text("include *.conf\n" + FILE.replace("    include more.conf\n", ""))
    refused(front_door, conf, "keepalived_instance", "more.conf", **GOOD)


def test_a_line_that_keepalived_would_split_is_refused(front_door: Front, conf: Path, daemon_unasked: None) -> None:
    conf.write_text(FILE.replace("virtual_router_id 7", "virtual_router_id 7 # " + "long " * 300))
    change = {"name": "other", "virtual_router_id": 8}
    refused(front_door, conf, "keepalived_instance", "longer than keepalived reads", **change)
