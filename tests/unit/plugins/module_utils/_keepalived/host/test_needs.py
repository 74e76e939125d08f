# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a configuration, the host it needs, and the secrets it holds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import live
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import needs as host
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.files import (
    included_twins,
    read_configuration,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.needs import needs, new_needs
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.script_links import linked_programs
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.validator import Validator
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.action import configure
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.redact import redact
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System


def test_includes_are_followed_as_keepalived_does(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "b.conf").write_text("b { }\n")
    (tmp_path / "conf.d" / "a.conf").write_text("include ../deep/*.inc\n")
    (tmp_path / "conf.d" / "a.conf~").write_text("backup { }\n")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x.inc").write_text("x {\n include y.txt # here\n}\n")
    (tmp_path / "deep" / "y.txt").write_text("y 1\n")
    (tmp_path / "two.conf").write_text("")
    main = tmp_path / "keepalived.conf"
    main.write_text("includer conf.d/*.conf\ninclude {one,two}.conf\n# include commented.conf\ninclude missing\n")
    paths = read_configuration(str(main)).paths
    assert [os.path.relpath(os.path.normpath(path), tmp_path) for path in paths] == [
        "keepalived.conf",
        "conf.d/a.conf",
        "deep/x.inc",
        "deep/y.txt",
        "conf.d/b.conf",
        "two.conf",
    ]


def test_a_file_that_includes_itself_ends(tmp_path: Path) -> None:
    main = tmp_path / "keepalived.conf"
    main.write_text("include keepalived.conf\n")
    assert 1 <= len(read_configuration(str(main)).files) <= 20


def test_includes_are_seen_past_comments_and_conditions(tmp_path: Path) -> None:
    for name in "acdefg":
        (tmp_path / f"{name}.conf").write_text("")
    main = tmp_path / "keepalived.conf"
    main.write_text(
        "include a.conf # b\n@main includea {c,d}.conf\n@^main include e.conf\n# include e.conf\nincluded f.conf\n"
        "a { include g.conf\n}\n"
    )
    paths = read_configuration(str(main), "main").paths
    assert [os.path.basename(path) for path in paths[1:]] == ["a.conf", "c.conf", "d.conf", "g.conf"]


def test_directories_and_programs_are_not_included(tmp_path: Path) -> None:
    (tmp_path / "run.conf").write_text("x\n")
    (tmp_path / "run.conf").chmod(0o755)
    (tmp_path / "directory.conf").mkdir()
    main = tmp_path / "keepalived.conf"
    main.write_text("include *.conf~\ninclude r*.conf\ninclude f*.conf\n")
    assert read_configuration(str(main)).paths == [str(main)]


def test_the_newest_change_counts_directories_of_patterns_too(tmp_path: Path) -> None:
    directory = tmp_path / "conf.d"
    directory.mkdir()
    main = tmp_path / "keepalived.conf"
    main.write_text("include conf.d/*.conf\n")
    later = main.stat().st_ctime + 1000
    os.utime(directory, (later, later))
    assert read_configuration(str(main)).changed == pytest.approx(later, abs=1)


def test_a_block_of_an_included_file_is_not_added_again(tmp_path: Path) -> None:
    (tmp_path / "more.conf").write_text("vrrp_instance A {\n}\n")
    main = tmp_path / "keepalived.conf"
    before = "include more.conf\n"
    main.write_text(before)
    [problem] = included_twins(str(main), before, before + "vrrp_instance A {\n}\nvrrp_instance B {\n}\n")
    assert problem.value == "A"
    assert "more.conf" in problem.reason
    assert included_twins(str(main), before, before + "vrrp_instance B {\n}\n") == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("auth_pass secret\n", "auth_pass ********\n"),
        ("  auth_pass\tsecret # note\n", "  auth_pass\t******** # note\n"),
        ('auth_pass "se cret"\n', "auth_pass ********\n"),
        ("# auth_pass secret\n", "# auth_pass ********\n"),
        ("@main auth_pass secret\n", "@main auth_pass ********\n"),
        ("a { auth_pass secret }\n", "a { auth_pass ******** }\n"),
        ("password secret\nkey /etc/key.pem\n", "password ********\nkey /etc/key.pem\n"),
        ("$PW=secret\nauth_pass $PW\n", "$PW=********\nauth_pass ********\n"),
        ("$PW = secret\nauth_pass ${PW}\n", "$PW =********\nauth_pass ********\n"),
        ("priority 100\n", "priority 100\n"),
    ],
)
def test_secrets_are_masked(text: str, shown: str) -> None:
    assert redact(text) == shown


def script(tmp_path: Path, mode: int, text: str = "vrrp_script s {{\n script {0}\n}}\n") -> str:
    path = tmp_path / "check"
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return text.format(path)


def said(text: str) -> str:
    return "\n".join(str(need) for need in needs(parse(text)))


def test_what_an_instance_needs() -> None:
    assert said("vrrp_instance A {\n interface lo\n track_interface {\n lo weight 3\n }\n}\n") == ""
    assert "not an interface" in said("vrrp_instance A {\n interface none0\n}\n")
    assert "track_interface" in said("vrrp_instance A {\n track_interface {\n none0\n }\n}\n")
    assert "dev" in said("vrrp_instance A {\n virtual_ipaddress {\n 10.0.0.1/24 dev none0\n }\n}\n")
    assert said("global_defs {\n dynamic_interfaces\n}\nvrrp_instance A {\n interface none0\n}\n") == ""
    assert said("vrrp_instance A {\n interface $IF\n}\n@x vrrp_instance B {\n interface none0\n}\n") == ""


def test_a_source_of_unicast_adverts_must_be_there() -> None:
    def instance(line: str, before: str = "") -> str:
        return said(f"{before}vrrp_instance A {{\n {line}\n track_src_ip\n}}\n")

    for there in ("127.0.0.1", "$OWN", "mcast", ""):
        assert instance(f"unicast_src_ip {there}") == ""
    assert instance("mcast_src_ip 192.0.2.77") == ""
    assert instance("unicast_src_ip 192.0.2.77", "global_defs {\n dynamic_interfaces\n}\n") == ""
    for absent in ("192.0.2.77", "2001:db8::77", "fe80::77%lo"):
        told = instance(f"unicast_src_ip {absent}")
        assert (
            f"instance A: unicast_src_ip: '{absent}' is not an address of this host: keepalived would be in FAULT"
            in told
        )
        assert "Add it to the host first, or use one of its own: " in told
    text = "vrrp_instance A {\n unicast_src_ip 192.0.2.77\n}\n"
    assert new_needs(text, text) == []


def test_only_what_is_new_is_missed() -> None:
    old = "vrrp_instance A {\n interface none0\n}\n"
    assert new_needs(old, old + "vrrp_instance B {\n interface lo\n}\n") == []
    assert len(new_needs(old, old + "vrrp_instance B {\n interface none1\n}\n")) == 1


COMMANDS = {
    'vrrp_instance A {\n notify_master "%s x" nobody\n}\n': "instance A: notify_master",
    "vrrp_sync_group G {\n notify %s\n}\n": "sync_group G: notify",
    "global_defs {\n startup_script %s\n}\n": "global_defs: startup_script",
    "global_defs {\n notify_fifo_script %s\n}\n": "global_defs: notify_fifo_script",
    "virtual_server 10.0.0.1 80 {\n quorum_down %s\n}\n": "virtual_server 10.0.0.1 80: quorum_down",
    "virtual_server 10.0.0.1 80 {\n real_server 10.0.0.2 80 {\n MISC_CHECK {\n misc_path %s\n}\n}\n}\n": (
        "virtual_server 10.0.0.1 80: real_server 10.0.0.2 80: MISC_CHECK: misc_path"
    ),
}


@pytest.mark.parametrize("text", COMMANDS, ids=COMMANDS.get)
def test_every_command_must_be_there_and_nobody_else_may_write_it(text: str, tmp_path: Path) -> None:
    assert said(text % "/bin/true") == ""
    assert f"{COMMANDS[text]}: '/nowhere/x' does not exist" in said(text % "/nowhere/x")
    assert "not an executable file" in said(text % "/etc/passwd")
    own = tmp_path / "own"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o777)
    assert "insecure" in said(text % own)


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("vrrp_sync_group G {\n track_interface {\n none0\n}\n}\n", "sync_group G: track_interface"),
        ("garp_group {\n interfaces {\n lo\n none0\n}\n}\n", "garp_group: interfaces"),
        ("garp_group {\n interface none0\n}\n", "garp_group: interface"),
        ("interface_up_down_delays {\n lo 1 1\n none0 1 1\n}\n", "interface_up_down_delays"),
        ("static_ipaddress {\n 10.0.0.1/24 dev none0\n}\n", "static_ipaddress: dev"),
        ("global_defs {\n lvs_sync_daemon none0 inst A\n}\n", "global_defs: lvs_sync_daemon"),
        (
            "virtual_server 10.0.0.1 80 {\n real_server 10.0.0.2 80 {\n TCP_CHECK {\n bind_if none0\n}\n}\n}\n",
            "virtual_server 10.0.0.1 80: real_server 10.0.0.2 80: TCP_CHECK: bind_if",
        ),
    ],
)
def test_every_interface_must_be_there(text: str, option: str) -> None:
    assert said(text).startswith(f"{option}: 'none0' is not an interface of this host")
    assert said(text.replace("none0", "lo")) == ""


def test_users_and_certificates_must_be_there() -> None:
    assert "SSL: ca: '/nowhere/ca' is not a file" in said("SSL {\n ca /nowhere/ca\n key /etc/passwd\n}\n")
    assert "global_defs: notify_fifo: 'k8s_edge_nobody'" in said(
        "global_defs {\n notify_fifo /run/x k8s_edge_nobody\n}\n"
    )
    assert said("global_defs {\n notify_fifo /run/x\n vrrp_notify_fifo /run/y root\n}\n") == ""


LINKED = """\
global_defs {{
    script_user {user}
    startup_script "{link}/check start"
}}
vrrp_script s {{
    script "{link}/check -a"
}}
vrrp_script t {{
    script {real}/check
}}
vrrp_instance A {{
    interface v0
    virtual_router_id 5
    virtual_ipaddress {{
        10.1.1.1
    }}
    notify_master '{link}/check "x y"'
    notify_backup "{link}/check" nobody
    notify_fault "{real}/linked"
    track_script {{
        s
        t
    }}
}}
virtual_server 10.0.0.1 80 {{
    real_server 10.0.0.2 80 {{
        MISC_CHECK {{
            misc_path "{link}/check"
        }}
        MISC_CHECK {{
            misc_path "{link}/check"
            user nobody
        }}
    }}
}}
"""


@pytest.fixture
def linked(tmp_path: Path) -> dict[str, str]:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    (real / "check").write_text("#!/bin/sh\n")
    (real / "check").chmod(0o755)
    (real / "linked").symlink_to(real / "check")
    link.symlink_to(real)
    return {"real": str(real), "link": str(link)}


def test_programs_of_root_below_a_linked_directory_are_found(linked: dict[str, str]) -> None:
    found = linked_programs("", LINKED.format(user="root", **linked))
    assert [one.option for one in found] == [
        "global_defs: startup_script",
        "script s: script",
        "instance A: notify_master",
        "virtual_server 10.0.0.1 80: real_server 10.0.0.2 80: MISC_CHECK: misc_path",
    ]
    assert f"{linked['real']}/check" in found[0].remedy
    assert linked_programs("", LINKED.format(user="nobody", **linked)) == []
    text = LINKED.format(user="root", **linked)
    assert linked_programs(text, text + "vrrp_instance B {\n}\n") == []


@pytest.mark.parametrize(("version", "refused"), [("2.2.7", False), ("2.3.3", True), ("2.4.1", True)])
def test_the_installed_version_decides(
    version: str, refused: bool, linked: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keepalived.conf"
    path.write_text("global_defs {\n    script_user root\n}\n")
    monkeypatch.setattr(live, "version", lambda _ports: version)
    monkeypatch.setattr(Validator, "__call__", lambda *_: [])
    monkeypatch.setattr(host, "needs", lambda _document: iter(()))
    params = {"path": str(path), "backup": False, "validate": True, "purge": False}
    desired = dict(params, scripts=[{"name": "s", "script": f"{linked['link']}/check -a"}])

    def task(check_mode: bool) -> dict[str, Any]:
        return configure(desired, System(), check_mode, lambda text: plan_config(text, desired))

    assert any("symbolic link" in warning for warning in task(True)["warnings"]) is refused
    if refused:
        with pytest.raises(InputError, match="would never run it as root"):
            task(False)
    else:
        assert task(False)["changed"]


def test_an_owner_that_waits_all_the_same_is_told() -> None:
    text = "vrrp_instance A {\n    interface v0\n    virtual_router_id 5\n    priority 254\n    virtual_ipaddress {\n"
    text += "        10.1.1.1\n    }\n}\n"
    for state, told in (("BACKUP", True), ("MASTER", False), (None, False)):
        edited = plan_config(text, {"instances": [{"name": "A", "priority": 255, "initial_state": state}]})
        assert any("master-down time" in warning for warning in edited.warnings) is told
        again = plan_config(edited.text, {"instances": [{"name": "A", "advert_int": 2}]})
        assert again.warnings == ()
