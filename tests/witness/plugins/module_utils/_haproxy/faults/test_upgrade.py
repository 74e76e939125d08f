# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A newer HAProxy refuses the same lines that are told, from the same version on: all that are here are asked."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.upgrade import changes
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse

BASE = """\
global
{in_global}
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
{balance}
frontend web
    bind 127.0.0.1:18080
{in_frontend}
    default_backend app
backend app
{in_backend}
    server a 127.0.0.1:81
{more}
"""
OLDEST, NEWEST = "2.4", "99"


def text(in_global="", in_frontend="", in_backend="", more="", balance="balance roundrobin"):
    return BASE.format(in_global=in_global, in_frontend=in_frontend, in_backend=in_backend, more=more, balance=balance)


#: A file; where the change is; since when the daemon refuses it; and since when it knows the keyword at all.
REFUSED = {
    "nbproc": (text(in_global="nbproc 1"), "global: nbproc", "2.5", "2.4"),
    "http_proxy": (text(in_backend="option http_proxy"), "backend app: option http_proxy", "2.5", "2.4"),
    "bind-process": (text(in_frontend="bind-process 1"), "frontend web: bind-process", "2.7", "2.4"),
    "stats bind-process": (text(in_global="stats bind-process 1"), "global: stats bind-process", "2.7", "2.4"),
    "process": (
        text(in_frontend="bind 127.0.0.1:18081 process 1"),
        "frontend web: bind 127.0.0.1:18081 process",
        "2.7",
        "2.4",
    ),
    "hidden headers": (
        text(in_backend="option httpchk GET / HTTP/1.0\\r\\nHost:\\ a"),
        "backend app: option httpchk",
        "3.0",
        "2.4",
    ),
    "program": (text(more="program p\n    command /bin/true"), "program p", "3.1", "2.4"),
    "exposed program": (
        text(in_global="expose-deprecated-directives", more="program p\n    command /bin/true"),
        "program p",
        "3.3",
        "3.1",
    ),
    "one name": (text(more="backend web\n    server a 127.0.0.1:1"), "backend web", "3.3", "2.4"),
    "connection buffers": (
        text(in_global="tune.quic.frontend.conn-tx-buffers.limit 30"),
        "global: tune.quic.frontend.conn-tx-buffers.limit",
        "3.3",
        "2.8",
    ),
    "master-worker": (text(in_global="master-worker"), "global: master-worker", "3.5", "2.4"),
    "dispatch": (text(more="backend d\n    dispatch 127.0.0.1:1"), "backend d: dispatch", "3.5", "2.4"),
    "transparent": (
        text(more="backend d\n    mode tcp\n    transparent", balance=""),
        "backend d: transparent",
        "3.5",
        "2.4",
    ),
    "option transparent": (
        text(more="backend d\n    mode tcp\n    option transparent", balance=""),
        "backend d: option transparent",
        "3.5",
        "2.4",
    ),
    "quic": (text(in_global="tune.quic.retry-threshold 100"), "global: tune.quic.retry-threshold", "3.5", "3.0"),
}
SEVERAL = "    server b 127.0.0.1:82\n    server c 127.0.0.1:83"
CHANGED = {
    "mailers": (
        text(
            in_backend="email-alert mailers m\nemail-alert from a@b\nemail-alert to a@b",
            more="mailers m\n  mailer a 127.0.0.1:25",
        ),
        [("backend app: email-alert mailers", "3.3")],
    ),
    "balance": (text(in_backend=SEVERAL, balance=""), [("backend app", "3.3")]),
    "listen": (
        text(more="defaults d\nlisten x from d\n    bind 127.0.0.1:18082\n    mode tcp\n" + SEVERAL)
        + "\nlisten y from d\n    bind 127.0.0.1:18083\n    mode tcp\n    balance source\n"
        + SEVERAL
        + "\n",
        [("listen x", "3.3")],
    ),
    "template": (
        text(in_backend="    server-template s 1-2 127.0.0.1:80", balance=""),
        [("backend app", "3.3")],
    ),
    "inherited": (text(in_backend=SEVERAL), []),
    "from": (text(more="defaults d\n    balance source\nbackend x from d\n" + SEVERAL), []),
    "one server": (text(balance=""), []),
}


def told(written, installed=OLDEST, newer=NEWEST):
    return [(each.where, each.since, each.refused) for each in changes([parse(written)], installed, newer)]


def _daemons():
    """The HAProxy on PATH and those of newer suites that are unpacked beside it, each with its version."""
    cache = Path(os.environ.get("K8S_EDGE_CACHE", "~/.cache/k8s_edge.ha")).expanduser()
    unpacked = sorted(cache.glob("daemons-*/bin/haproxy"))
    for program in [shutil.which("haproxy"), *map(str, unpacked)]:
        if program:
            said = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stdout
            yield program, tuple(int(part) for part in re.search(r"version (\d+)\.(\d+)", said).groups())


DAEMONS = {".".join(map(str, version)): (program, version) for program, version in _daemons()}


@pytest.fixture(name="haproxy", params=DAEMONS)
def _haproxy(request):
    return DAEMONS[request.param]


def _numbers(version):
    return tuple(int(part) for part in version.split("."))


def _takes(program, written, tmp_path):
    file = tmp_path / "haproxy.cfg"
    file.write_text(written)
    return subprocess.run([program, "-W", "-c", "-f", file], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_told(name):
    written, where, since, _known = REFUSED[name]
    assert told(written) == [(where, since, True)]


@pytest.mark.parametrize("name", CHANGED)
def test_what_changes_is_told(name):
    written, expected = CHANGED[name]
    assert told(written) == [(where, since, False) for where, since in expected]


@pytest.mark.parametrize("name", REFUSED)
def test_the_daemon_refuses_it_from_that_version_on(name, haproxy, tmp_path):
    program, version = haproxy
    written, _where, since, known = REFUSED[name]
    if version < _numbers(known):
        pytest.skip(f"HAProxy {version} does not know it yet")
    assert _takes(program, written, tmp_path) == (version < _numbers(since))


@pytest.mark.parametrize("name", CHANGED)
def test_the_daemon_still_takes_what_changes(name, haproxy, tmp_path):
    assert _takes(haproxy[0], CHANGED[name][0], tmp_path)


@pytest.mark.parametrize(
    ("name", "installed", "newer", "expected"),
    [
        ("program", "2.6.12", "3.0.11", []),
        ("program", "2.6.12", "3.1.0", ["3.1"]),
        ("one name", "3.2.26", "3.3.0", ["3.3"]),
        ("one name", "3.2.26", "3.4.7", ["3.3"]),
        ("one name", "3.3.1", "3.4.7", []),
        ("one name", "3.4.7", "3.2.26", []),
    ],
)
def test_only_what_lies_between_the_versions_is_told(name, installed, newer, expected):
    assert [since for _where, since, _refused in told(REFUSED[name][0], installed, newer)] == expected


def test_all_files_are_read_together():
    first, second = parse("defaults\n    balance source\nfrontend a\n"), parse(f"backend a\n{SEVERAL}\n")
    assert [each.where for each in changes([first, second], OLDEST, NEWEST)] == ["backend a"]
    assert [each.where for each in changes([second], OLDEST, NEWEST)] == ["backend a"]
