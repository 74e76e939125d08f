# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether HAProxy would start again, held against one that is started with the same file."""

from __future__ import annotations

import os
import socket
import subprocess

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.info import information
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

from ..running_haproxy import HAPROXY, free_port, needs_haproxy, until

pytestmark = [needs_haproxy, pytest.mark.skipif(os.geteuid() != 0, reason="only root can tell, and tells")]

NOT_LOCAL = "192.0.2.1"


def text(bind, more=""):
    return (
        f"{more}defaults\n    mode tcp\n    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\n"
        f"frontend web\n    bind {bind}\n    default_backend web\nbackend web\n    server one 127.0.0.1:1\n"
    )


def problems(path, **more):
    params = {"path": str(path), "unit": "haproxy.service", "socket": None, "check_start": True, **more}
    return information(params, System(), False)["start_problems"]


def starts(path):
    """Whether HAProxy does start with a file."""
    process = subprocess.Popen([HAPROXY, "-db", "-f", str(path)], stderr=subprocess.DEVNULL)
    try:
        process.wait(timeout=1.5)
    except subprocess.TimeoutExpired:
        return True
    finally:
        process.kill()
        process.wait()
    return False


@pytest.fixture
def conf(tmp_path):
    return tmp_path / "haproxy.cfg"


def test_nothing_speaks_against_a_file_that_starts(conf):
    conf.write_text(text(f"127.0.0.1:{free_port()}"))
    assert problems(conf) == []
    assert starts(conf)
    assert problems(conf, check_start=False) is None


@pytest.mark.parametrize(
    ("bind", "more", "words"),
    [
        (f"{NOT_LOCAL}:8443", "", f"{NOT_LOCAL}:8443' is not an address of this host, and HAProxy would fail"),
        ("127.0.0.1:{port}", "global\n    chroot /nowhere/at/all\n", "/nowhere/at/all' is not a directory"),
        ("/nowhere/web.sock", "", "'/nowhere/web.sock' is in a directory that does not exist"),
        ("127.0.0.1:{port} ssl crt /nowhere.pem", "", "HAProxy refuses its files: "),
    ],
)  # fmt: skip
def test_what_keeps_it_from_starting_is_told_once(conf, bind, more, words):
    conf.write_text(text(bind.format(port=free_port()), more))
    (told,) = problems(conf)
    assert words in told
    assert not starts(conf)


def test_an_address_that_may_be_bound_before_it_comes_is_none(conf):
    conf.write_text(text(f"{NOT_LOCAL}:8443 transparent"))
    assert problems(conf) == []
    assert starts(conf)


def test_a_port_of_somebody_else_is_told(conf):
    with socket.create_server(("127.0.0.1", 0)) as other:
        conf.write_text(text(f"127.0.0.1:{other.getsockname()[1]}"))
        (told,) = problems(conf)
        assert "on which another process listens" in told
        assert not starts(conf)


def test_its_own_ports_are_none_also_where_they_are_not_shared(conf):
    conf.write_text(text(f"127.0.0.1:{free_port()}", "global\n    noreuseport\n"))
    process = subprocess.Popen([HAPROXY, "-W", "-f", str(conf)], stderr=subprocess.DEVNULL)
    try:
        params = {"path": str(conf), "unit": "haproxy.service", "socket": None}
        assert until(lambda: information(params, System(), False)["loaded"])
        assert problems(conf) == []
    finally:
        process.terminate()
        process.wait(timeout=10)


def test_nobody_can_tell_without_a_file(conf):
    assert problems(conf) is None
