# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of HAProxy's own judgement stops a change, and what was there before it; HAProxy itself is the witness."""

from __future__ import annotations

import os
import re
import socket
import subprocess

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import DaemonRefused, InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.messages import unfulfilled
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.processes import masters_of
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_backend, plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.action import file_action
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.description import describe
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System
from unit.plugins.module_utils._haproxy.conftest import CORPUS

from ..running_haproxy import HAPROXY, PARAMS, free_port, needs_haproxy, until

pytestmark = needs_haproxy

TIMEOUTS = "    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\n"
SERVER = {"servers": [{"name": "a", "address": "127.0.0.1", "port": 1}]}
STOCK = {
    file.name.split("_")[0]: file.read_text()
    for file in CORPUS
    if file.name in ("debian_default.cfg", "el_default.cfg")
}


def version():
    said = subprocess.run([HAPROXY, "-v"], capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in re.search(r"version (\d+)\.(\d+)", said).groups())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "haproxy.cfg"


@pytest.fixture
def config(path):
    return lambda check_mode=False, **options: run(plan_config, path, check_mode, purge=False, **options)


@pytest.fixture
def backend(path):
    return lambda check_mode=False, **options: run(plan_backend, path, check_mode, state="present", **options)


def run(planner, path, check_mode, **options):
    return file_action(planner)({**PARAMS, "path": str(path), **options}, System(), check_mode)


# What is inherited and ignored.


@pytest.mark.parametrize("stock", ["debian", "el"])
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_tcp_proxy_comes_into_a_file_whose_defaults_speak_http(stock, check_mode, path, backend, config, tmp_path):
    text = STOCK[stock].replace("/run/haproxy", str(tmp_path)).replace("/var/lib/haproxy", str(tmp_path))
    # Certificates and users of the distributions are not part of this.
    path.write_text("\n".join(line for line in text.splitlines() if "ca-base" not in line) + "\n")
    subprocess.run(["sed", "-i", "/^ *user /d; /^ *group /d", path], check=True)
    done = backend(check_mode, name="k8s", mode="tcp", **SERVER)
    assert done["changed"] is True
    front = {"name": "api", "mode": "tcp", "bind": [{"address": "127.0.0.1", "port": 16443}]}
    done = config(check_mode, frontends=[{**front, "default_backend": "k8s"}], backends=[{"name": "k8s", **SERVER}])
    assert any("httplog" in warning for warning in done["warnings"])


INHERITED = [
    "option forwardfor",
    "option httplog",
    "option originalto",
    "cookie SRV insert",
    "balance uri",
    "monitor-uri /x",
    "stats enable",
]


@pytest.mark.parametrize("line", INHERITED)
def test_what_is_inherited_and_ignored_is_told_and_what_was_asked_for_is_refused(line, path, config):
    tcp = {"name": "new", "mode": "tcp", "bind": [{"address": "127.0.0.1", "port": 16444}], **SERVER}
    other = {"name": "other", "bind": [{"address": "127.0.0.1", "port": 16445}], **SERVER}
    path.write_text(f"defaults\n    mode http\n    log 127.0.0.1 local0\n    {line}\n{TIMEOUTS}")
    before = path.read_text()
    told = config(listens=[tcp])
    assert any("gnored" in warning or "alling back" in warning for warning in told["warnings"])
    path.write_text(before.replace(f"    {line}\n", ""))
    # The task's own line, in the proxy ...
    with pytest.raises(DaemonRefused, match="would ignore a part"):
        config(listens=[{**tcp, "directives": [line]}])
    # ... and in defaults that no proxy can use it of.
    defaults = [{"mode": "http", "log": ["127.0.0.1 local0"], "directives": [line]}]
    with pytest.raises(DaemonRefused, match="would ignore a part"):
        config(defaults=defaults, listens=[tcp])
    assert config(defaults=defaults, listens=[other, tcp])["changed"] is True


@pytest.mark.parametrize("line", ["option httplog", "option tcplog", 'log-format "%ci"'])
def test_a_log_format_of_the_defaults_is_none_of_the_changes_where_nobody_logs(line, path, config):
    front = {"name": "new", "mode": "tcp", "bind": [{"address": "127.0.0.1", "port": 16451}]}
    path.write_text(f"defaults\n    mode tcp\n    log global\n    {line}\n{TIMEOUTS}")
    before = path.read_text()
    assert any("no log address" in warning for warning in config(frontends=[front])["warnings"])
    path.write_text(before.replace(f"    {line}\n", ""))
    with pytest.raises(DaemonRefused, match="no log address"):
        config(frontends=[{**front, "directives": [line]}])


def test_a_proxy_that_becomes_tcp_is_refused_for_what_it_has_itself(path, config):
    listen = {"name": "l", "bind": [{"address": "127.0.0.1", "port": 16446}], **SERVER, "options": ["forwardfor"]}
    path.write_text(f"defaults\n    mode http\n{TIMEOUTS}")
    config(listens=[listen])
    with pytest.raises(DaemonRefused, match="forwardfor"):
        config(listens=[{"name": "l", "mode": "tcp"}])


MESSAGES = [
    "'http-request' rules ignored for backend 'b' as they require HTTP mode.",
    "parsing [f:7] : 'option httplog' not usable with backend 'b' (needs 'mode http'). Falling back to "
    "'option tcplog'.",
    "cookie will be ignored for backend 'b' (needs 'mode http').",
    "Layer 7 hash not possible for backend 'b' (needs 'mode http'). Falling back to round robin.",
    "'option accept-unsafe-violations-in-http-request' ignored for backend 'b' as it requires HTTP mode.",
    "backend 'b' uses http-check rules without 'option httpchk', so the rules are ignored.",
    "log format ignored for backend 'b' since it has no log address.",
]
LINES = """    http-request deny
    option httplog
    cookie X insert
    balance uri
    option accept-invalid-http-request
    http-check expect status 200
    log-format x
"""


@pytest.mark.parametrize("message", MESSAGES)
def test_messages_of_every_version_are_known_by_the_line_that_they_are_about(message):
    inherited = parse(f"defaults\n{LINES}backend b\n    server a ::1\n")
    own = parse(f"defaults\n{LINES}backend b\n{LINES}")
    unnamed = parse(f"backend b\ndefaults\n{LINES}")
    assert unfulfilled([message], [inherited], [inherited]) == []
    assert unfulfilled([message], [inherited], [own]) == [message]
    assert unfulfilled([message], [unnamed], [unnamed]) == [message]
    assert unfulfilled(["something ignored"], [inherited], [inherited]) == ["something ignored"]


# What was said before.


def test_the_warnings_of_a_file_without_a_last_line_feed_are_old_ones(path, backend):
    text = f"defaults\n    mode http\n{TIMEOUTS}listen l\n    mode tcp\n    bind 127.0.0.1:16447\n    cookie X insert"
    path.write_text(text)
    done = backend(name="new", mode="tcp", **SERVER)
    assert any("cookie will be ignored" in warning for warning in done["warnings"])
    assert not any("Missing LF" in warning for warning in done["warnings"])
    gone = run(plan_backend, path, False, name="new", state="absent")
    assert path.read_text() == text
    assert any("Missing LF" in warning for warning in gone["warnings"])
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_change_above_a_last_line_without_a_line_feed_is_judged_all_the_same(check_mode, path, config):
    path.write_text(f"global\n    maxconn 10\ndefaults\n    mode http\n{TIMEOUTS}backend b\n    server a 127.0.0.1:1")
    with pytest.raises(DaemonRefused, match="no-such-keyword"):
        config(check_mode, **{"global": {"directives": ["no-such-keyword"]}})
    done = config(check_mode, **{"global": {"maxconn": 20}})
    assert [warning for warning in done["warnings"] if "as it did before" in warning] == [
        f"HAProxy refuses {path}, as it did before this change: "
        "Missing LF on last line, file might have been truncated."
    ]
    assert os.listdir(path.parent) == [path.name]


# How the service runs it.

PROGRAM = (
    f"global\n    maxconn 10\n    expose-deprecated-directives\nprogram p\n    command sleep 1\ndefaults\n{TIMEOUTS}"
)


def test_a_program_section_is_no_fault_in_master_worker_mode(path, backend):
    path.write_text(PROGRAM if version() > (3, 0) else PROGRAM.replace("    expose-deprecated-directives\n", ""))
    if version() > (3, 2):
        with pytest.raises(DaemonRefused, match="program"):
            backend(name="new", mode="tcp", directives=["no-such-keyword"])
        return
    assert backend(name="new", mode="tcp", **SERVER)["changed"] is True
    with pytest.raises(DaemonRefused, match="no-such-keyword"):
        backend(name="two", mode="tcp", directives=["no-such-keyword"])


# What is said without an exit status.

NAMED = f"defaults named\n    mode tcp\n{TIMEOUTS}frontend f from named\n    bind 127.0.0.1:16448\n"


def test_an_alert_stops_a_change_whatever_the_exit_status(path, backend):
    path.write_text(NAMED)
    if version() > (2, 6):
        # A warning there. It is told.
        assert any("implicitly used" in warning for warning in backend(name="b", **SERVER)["warnings"])
        return
    with pytest.raises(DaemonRefused, match="implicitly used"):
        backend(name="b", **SERVER)
    path.write_text(NAMED + "backend old\n    server a 127.0.0.1:1\n")
    # The line is another, the fault was there.
    done = backend(name="old", servers=[{"name": "a", "weight": 2}])
    assert any("as it did before" in warning for warning in done["warnings"])


# What HAProxy would not start with.


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("stats socket {0}/none/x.sock", "directory that does not exist"),
        ("stats socket unix@{0}/none/x.sock level admin", "directory that does not exist"),
        ("stats socket {0}/there", "is a directory"),
        ("pidfile {0}/none/pid", "directory that does not exist"),
        ("chroot {0}/none", "not a directory"),
    ],
)
def test_what_haproxy_does_not_start_with_is_refused(line, words, path, tmp_path, config):
    (tmp_path / "there").mkdir()
    path.write_text("# a file\n")
    line = line.format(tmp_path)
    for check_mode in (True, False):
        with pytest.raises(DaemonRefused, match=words):
            config(check_mode, **{"global": {"directives": [line]}})
    # The witness: haproxy -c takes it, and HAProxy does not start.
    listen = "listen l\n    mode tcp\n    bind 127.0.0.1:16449\n    server a 127.0.0.1:1\n"
    path.write_text(f"global\n    {line}\ndefaults\n{TIMEOUTS}{listen}")
    assert subprocess.run([HAPROXY, "-W", "-c", "-q", "-f", path], check=False).returncode == 0
    started = subprocess.run([HAPROXY, "-W", "-f", path], capture_output=True, check=False, timeout=20)
    assert started.returncode != 0
    # What was missing before keeps nobody from other changes.
    assert config(**{"global": {"maxconn": 50}})["changed"] is True


def test_the_prefix_of_unix_sockets_counts_for_binds(path, config):
    def proxy(address):
        return {"listens": [{"name": "l", "mode": "tcp", "bind": [{"address": address}], **SERVER}]}

    path.write_text(f"global\n    unix-bind prefix /no-such-directory\ndefaults\n{TIMEOUTS}")
    with pytest.raises(DaemonRefused, match=r"'/no-such-directory/tmp/x\.sock' is in a directory"):
        config(**proxy("/tmp/x.sock"))
    path.write_text(f"global\n    unix-bind prefix /tmp\ndefaults\n{TIMEOUTS}")
    assert config(True, **proxy("unix@/x.sock"))["changed"] is True


def test_a_listener_of_ipv4_beside_one_of_both_families_gets_all_of_its_connections(path, config):
    port = free_port()
    both = {"name": "both", "mode": "tcp", "bind": [{"address": "::", "port": port, "v4v6": True}]}
    both["directives"] = ["tcp-request connection reject"]
    four = {"name": "four", "mode": "http", "bind": [{"address": "0.0.0.0", "port": port}], "monitor_uri": "/"}
    path.write_text(f"defaults\n{TIMEOUTS}")
    for listens in ([both, four], [four, both]):
        assert config(frontends=listens)["changed"] is True
        running = subprocess.Popen([HAPROXY, "-W", "-f", path], stderr=subprocess.DEVNULL)
        try:
            assert until(lambda: answers(port))
            assert all(answers(port) for _again in range(30))
        finally:
            running.terminate()
            running.wait(10)
        path.write_text(f"defaults\n{TIMEOUTS}")


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return b" 200 " in client.recv(100)
    except OSError:
        return False


# Where HAProxy ends a line.


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ('server a 127.0.0.1:1 "$UNSET_HERE" check', False),
        ('server a 127.0.0.1:1 "${UNSET_HERE}${UNSET_THERE}" check', False),
        ('server a 127.0.0.1:1 "$SET_IN_FILE" weight 5', True),
        ('server a 127.0.0.1:1 "${UNSET_HERE-check}" weight 5', True),
        ('server a 127.0.0.1:1 check "$UNSET_HERE" # nothing behind it', True),
    ],
)
def test_a_variable_that_is_not_set_ends_the_line(line, known, path, backend):
    """By the environment that HAProxy was started with, which here runs with this file."""
    head = f"global\n    setenv SET_IN_FILE check\ndefaults\n    mode tcp\n{TIMEOUTS}listen l\n"
    path.write_text(f"{head}    bind 127.0.0.1:{free_port()}\n    server a 127.0.0.1:1\n")
    running = subprocess.Popen([HAPROXY, "-W", "-f", path], stderr=subprocess.DEVNULL)
    # From 3.3 on HAProxy refuses it with nothing behind it too.
    known = known and not (version() >= (3, 3) and "nothing behind" in line)
    try:
        assert until(lambda: masters_of(str(path)))
        wanted = {"name": "b", "directives": [line.replace("server a", "server-template a 1").partition(" #")[0]]}
        if known:
            assert backend(**wanted)["changed"] is True
        else:
            with pytest.raises(DaemonRefused, match=r"empty|not set"):
                backend(**wanted)
    finally:
        running.terminate()
        running.wait(10)


def test_an_empty_word_is_refused_and_an_old_one_keeps_nobody_from_other_changes(path, backend):
    with pytest.raises(InputError, match="has an empty word, at which HAProxy ends the line"):
        backend(name="b", directives=['http-request set-header x "" if TRUE'])
    with pytest.raises(InputError, match="has an empty word"):
        backend(name="b", servers=[{"name": "a", "address": "127.0.0.1", "port": 1, "sni": "''"}])
    if version() > (3, 2):
        return
    path.write_text(f'defaults\n    mode tcp\n{TIMEOUTS}backend b\n    server a 127.0.0.1:1 "" weight 5\n')
    done = backend(name="b", servers=[{"name": "a", "weight": 7}])
    assert 'server a 127.0.0.1:1 weight 7 "" weight 5\n' in path.read_text()
    assert done["changed"] is True
    assert describe(path.read_text())["backends"][0]["servers"][0]["weight"] == 7
