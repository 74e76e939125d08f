# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last good file comes back where a daemon does not take the new one, and the message says that only then.

The roles write with their modules; systemd is a stand-in that starts nothing, so that nothing of this machine changes.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

SYSTEMCTL = """#!/bin/sh
case "$*" in
show*) printf 'LoadState=loaded\\nActiveState=inactive\\nUnitFileState=enabled\\n'
       [ -z "$LOAD_ERROR" ] || echo "LoadError=$LOAD_ERROR" ;;
is-enabled*) echo enabled ;;
*) echo "$*" >>"$0.log"; echo 'no such luck' >&2; exit 1 ;;
esac
"""
JOURNALCTL = "#!/bin/sh\necho '[ALERT] Failed for this reason'\necho 'all is well'\n"

HAPROXY = """\
global
    maxconn 100
defaults
    mode tcp
    timeout connect 5s
    timeout client 5s
    timeout server 5s
listen before
    bind 127.0.0.1:7
"""
KEEPALIVED = "global_defs {\n    router_id before\n}\n"
FOUND = {"installed": True, "active": False, "enabled": True, "loaded": False, "version": "2.0"}
#: Role -> its tasks up to the end of a load, the file before, and the variables.
ROLES: dict[str, tuple[list[str], str, dict[str, Any]]] = {
    "haproxy": (
        ["load"],
        HAPROXY,
        {
            "__haproxy_ca": {"changed": False},
            "__haproxy_found": FOUND,
            "haproxy_listens": [{"name": "new", "mode": "tcp", "bind": [{"address": "127.0.0.1", "port": 9}]}],
            "haproxy_load_timeout": 1,
        },
    ),
    "keepalived": (
        ["configure", "load"],
        KEEPALIVED,
        {
            "__keepalived_found": {**FOUND, "configuration": {}, "instances": []},
            "keepalived_script_user": "root",
            "keepalived_load_timeout": 1,
        },
    ),
}


class Run(NamedTuple):
    said: str
    file: Path
    systemctl: list[str]


@pytest.fixture
def load(tmp_path: Path, ansible_playbook: Callable[..., str]) -> Callable[..., Run]:
    """Run a role's tasks from the writing of its file on, until they fail."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in (("systemctl", SYSTEMCTL), ("journalctl", JOURNALCTL)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)

    def run(role: str, *arguments: str, before: bool = True, load_error: str = "", **variables: Any) -> Run:
        if not shutil.which(role, path=os.environ["PATH"] + ":/usr/sbin"):
            pytest.skip(f"{role} is not installed")
        tasks, text, given = ROLES[role]
        file = tmp_path / "etc" / f"{role}.cfg"
        file.parent.mkdir()
        if before:
            file.write_text(text)
        found = {**given[f"__{role}_found"], "config": {} if before else None, "exists": before}
        play = {
            "hosts": "localhost",
            "gather_subset": ["!all", "min"],
            "vars": {
                "ansible_python_interpreter": sys.executable,
                **given,
                f"__{role}_found": found,
                f"{role}_vips": [],
                f"{role}_config_path": str(file),
                **variables,
            },
            "tasks": [
                {"ansible.builtin.import_role": {"name": f"k8s_edge.ha.{role}", "tasks_from": each}, "become": False}
                for each in tasks
            ],
        }
        (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
        said = ansible_playbook(
            *("-i", "localhost,", "-c", "local", "play.yml", *arguments),
            fails=True,
            PATH=f"{tools}{os.pathsep}{os.environ['PATH']}",
            ANSIBLE_CALLBACK_RESULT_FORMAT="json",
            LOAD_ERROR=load_error,
        )
        last = said.rpartition("Fail with both reasons")[2]
        told = json.JSONDecoder().raw_decode(last[last.index("{") :])[0]
        log = tools / "systemctl.log"
        return Run(told["msg"], file, log.read_text().splitlines() if log.exists() else [])

    return run


@pytest.mark.parametrize("role", ROLES)
def test_what_cannot_be_loaded_is_put_back(load: Callable[..., Run], role: str) -> None:
    ended = load(role)
    assert ended.file.read_text() == ROLES[role][1]
    assert f"The last good file is back, but {role} does not run with it either: " in ended.said
    assert ended.said.count("no such luck") == 2 and "Failed for this reason" in ended.said
    assert "all is well" not in ended.said
    # Neither runs, so that a reload is a start.
    assert [each.split()[0] for each in ended.systemctl] == ["start", "start"]


@pytest.mark.parametrize("role", ROLES)
def test_a_first_file_has_none_before_it(load: Callable[..., Run], role: str) -> None:
    ended = load(role, before=False)
    assert ended.file.exists()
    assert ended.said.endswith("There was no earlier file to put back.")
    assert len(ended.systemctl) == 1


@pytest.mark.parametrize("role", ROLES)
def test_check_mode_changes_nothing_and_puts_nothing_back(load: Callable[..., Run], role: str) -> None:
    ended = load(role, "--check", load_error="no such unit")
    assert "no such unit" in ended.said
    assert "put back" not in ended.said and "last good file" not in ended.said
    assert ended.systemctl == []


@pytest.mark.parametrize("mode", [(), ("--check",)], ids=["real", "check"])
def test_a_refusal_is_no_failed_reload_whatever_its_words(load: Callable[..., Run], mode: tuple[str, ...]) -> None:
    ended = load("haproxy", *mode, haproxy_backends=[{"name": "at its reload"}])
    assert "'at its reload'" in ended.said
    assert "last good file" not in ended.said and "put back" not in ended.said and "this reason" not in ended.said
    assert ended.file.read_text() == HAPROXY
    assert ended.systemctl == []
