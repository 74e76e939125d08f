# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keyword tables against the installed HAProxy's own: it knows every keyword, and takes as many words for it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import (
    BIND,
    BIND_READER,
    SERVER,
    SERVER_READER,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import TABLES

HAPROXY = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
pytestmark = pytest.mark.skipif(HAPROXY is None, reason="needs HAProxy")


def version_of(text):
    return tuple(int(number) for number in text.split("."))


def here(argument):
    """Whether the installed HAProxy is new enough for a row."""
    said = subprocess.run([HAPROXY, "-v"], capture_output=True, text=True, check=True).stdout
    return version_of(re.search(r"version ([0-9.]+)", said)[1].rstrip(".")) >= version_of(argument.since)


#: Written by hand in old files only; HAProxy warns about them or ignores them. They stay where they are.
LEFT_ALONE = re.compile(r"(no|force)-(sslv3|tlsv1[0-3])|npn|usesrc|no-tls-tickets")
#: Directives of which the installed HAProxy wants more than an example value.
EXAMPLES = {
    "description": "x",
    "log": "127.0.0.1 local0",
    "log_format": "%ci",
    "error_log_format": "%ci",
    "options": "tcplog",
    "balance": "leastconn",
    "hash_type": "consistent sdbm avalanche",
    "retry_on": "conn-failure",
    "cookie": "SRV insert indirect",
    "stick_table": "type ip size 1k",
    "source": "127.0.0.1",
    "http_check": "expect status 200",
    "tcp_check": "connect",
    "stats_socket": "/tmp/x.sock level admin",
    "ssl_default_bind_options": "ssl-min-ver TLSv1.2",
    "ssl_default_server_options": "ssl-min-ver TLSv1.2",
    "ssl_load_extra_files": "none",
    "ssl_default_bind_ciphers": "HIGH",
    "ssl_default_server_ciphers": "HIGH",
    "ssl_default_bind_ciphersuites": "TLS_AES_128_GCM_SHA256",
    "ssl_default_server_ciphersuites": "TLS_AES_128_GCM_SHA256",
    "ssl_default_bind_curves": "X25519",
    "monitor_uri": "/x",
    "default_backend": "b",
    "user": "root",
    "group": "root",
    "hash_balance_factor": 150,
    "ssl_dh_param_file": None,
}


def known(kind):
    """The installed HAProxy's keywords of a line: keyword -> number of words behind it."""
    dump = subprocess.run([HAPROXY, "-dKall", "-q", "-c", "-f", os.devnull], capture_output=True, text=True).stdout
    found = re.findall(rf"^\t{kind} (?:<\S+> )+(?:ssl )?(\S+)(?: \+(-?\d))?$", dump, re.MULTILINE)
    assert len(found) > 30
    # "ssl" itself stands in the dump only before the keywords that need it.
    return {"ssl": 0, **{word: int(count or 0) for word, count in found}}


@pytest.mark.parametrize(("kind", "table"), [("server", SERVER), ("bind", BIND)])
def test_every_keyword_is_haproxys_and_takes_as_many_words(kind, table):
    theirs = known(kind)
    for option, argument in table.items():
        if not here(argument):
            assert argument.word not in theirs, f"{option} is older than its row says"
            continue
        assert argument.word in theirs, option
        if not argument.suffixes:
            assert theirs[argument.word] == (argument.kind is not None), option
        assert not argument.negative or argument.negative in theirs


@pytest.mark.parametrize(("kind", "reader"), [("server", SERVER_READER), ("bind", BIND_READER)])
def test_no_keyword_of_haproxy_is_misread(kind, reader):
    """The words behind a keyword that is not an option of ours are not taken for keywords."""
    for word, count in known(kind).items():
        if word in reader.words or LEFT_ALONE.fullmatch(word):
            continue
        found = reader.find([word, *["check" if kind == "server" else "ssl"] * max(count, 0)], 0)
        assert found == {}, word


@pytest.mark.parametrize("word", ["pool-conn-name", "log-bufsize"])
def test_no_keyword_of_a_later_haproxy_is_misread(word):
    assert SERVER_READER.find([word, "check"], 0) == {}


def example(option, directive):
    if option in EXAMPLES:
        return EXAMPLES[option]
    argument = directive.kind.argument
    if "choices" in argument:
        return argument["choices"][0]
    return 50 if argument["type"] == "int" else "10s" if option.startswith(("timeouts", "srv", "cli")) else "/tmp"


#: Values of server and bind options where not just any word does; None where a file of the host would be needed.
LINE_EXAMPLES = {
    **dict.fromkeys("ca_file ca_verify_file ca_sign_file crl_file crt crt_list tls_ticket_keys namespace".split()),
    **dict.fromkeys("generate_certificates process".split()),
    **dict.fromkeys("alpn check_alpn proto check_proto".split(), "h2"),
    **dict.fromkeys("check_addr agent_addr".split(), "10.0.0.2"),
    **dict.fromkeys("ca_ignore_err crt_ignore_err".split(), "all"),
    **dict.fromkeys("user group".split(), "root"),
    "agent_check": None,
    "resolvers": "r",
    "track": "one",
    "init_addr": "last,libc,none",
    "resolve_net": "10.0.0.0/8",
    "resolve_opts": "allow-dup-ip",
    "sni": "req.hdr(host)",
    "proxy_v2_options": "ssl",
    "source": "10.0.0.1 usesrc client",
    "socks4": "10.0.0.1:1080",
    "ciphers": "HIGH",
    "ciphersuites": "TLS_AES_128_GCM_SHA256",
    "interface": "lo",
    "curves": "X25519",
    "ecdhe": "prime256v1",
    "mode": "660",
    "thread": "1",
    "shards": "2",
}


def line_example(option, argument):
    if option in LINE_EXAMPLES:
        return LINE_EXAMPLES[option]
    if argument.kind is None:
        return True
    spec = argument.kind.argument
    if "choices" in spec:
        return spec["choices"][0]
    return 5 if spec["type"] == "int" else "5s"


def each(table):
    examples = {option: line_example(option, argument) for option, argument in table.items() if here(argument)}
    return [(option, value) for option, value in examples.items() if value is not None]


def test_haproxy_takes_every_option_of_a_server_and_of_a_listener(tmp_path):
    place = {"address": "127.0.0.1", "port": 8080}
    servers = [{"name": f"s_{option}", **place, option: value} for option, value in each(SERVER)]
    # Without a certificate, ssl alone is refused.
    binds = [
        {**place, "port": 20000 + count, option: value}
        for count, (option, value) in enumerate(each(BIND))
        if option != "ssl"
    ]
    desired = {
        "global": {"ssl_server_verify": "none"},
        "defaults": [{"mode": "http", "timeouts": {"client": "1s", "server": "1s", "connect": "1s"}}],
        "frontends": [{"name": "f", "bind": binds, "default_backend": "b"}],
        "backends": [
            {
                "name": "b",
                "retry_on": "conn-failure empty-response response-timeout",
                "servers": [{"name": "one", **place, "check": True}, *servers],
            }
        ],
        "sections": [{"type": "resolvers", "name": "r", "directives": ["nameserver a 127.0.0.1:53"]}],
    }
    file = tmp_path / "haproxy.cfg"
    file.write_text(plan_config("", desired).text)
    said = subprocess.run([HAPROXY, "-c", "-f", str(file)], capture_output=True, text=True).stderr
    assert "[ALERT]" not in said
    assert "[WARNING]" not in said


def test_haproxy_adds_servers_at_runtime_with_what_the_rows_say(start):
    """With those options, and since that version; ``check`` and its like are switched on by commands of their own."""
    running = start()
    for option, value in each(SERVER):
        argument = SERVER[option]
        if "." not in argument.runtime or option in ("disabled", "track", "proto"):
            continue
        flag = argument.negative if argument.on else argument.word
        words = flag if argument.kind is None else f"{argument.word} {value}"
        words += "" if option == "verify" else " verify none"
        said = running.ask(f"add server b/{option} 127.0.0.1:80 {words}")
        assert ("New server registered" in said) == (running.version() >= version_of(argument.runtime)), (option, said)


TIMES = {"stats_timeout", "hard_stop_after", "close_spread_time"}
NAMES = {"log_tag", "log_send_hostname", "localpeer", "node", "ssl_engine"}


@pytest.mark.parametrize("kind", TABLES)
def test_haproxy_takes_every_directive_where_the_table_says(kind, tmp_path):
    """Each directive alone in its section. Alerts about anything but an unknown or misplaced keyword do not count."""
    for option, directive in TABLES[kind].items():
        value = True if directive.kind is None else "x" if option in NAMES else example(option, directive)
        value = "10s" if option in TIMES else value
        if value is None:
            continue
        value = [value] if directive.shape != "one" else value
        group, dot, name = option.partition(".")
        section = {group: {name: value}} if dot else {option: value}
        plural = {"global": "global", "defaults": "defaults"}.get(kind, kind + "s")
        desired = {plural: section if kind == "global" else [{**section, "name": "x"}]}
        if option == "default_backend":
            desired["backends"] = [{"name": "b"}]
        file = tmp_path / "haproxy.cfg"
        file.write_text(plan_config("", desired).text)
        said = subprocess.run([HAPROXY, "-c", "-f", str(file)], capture_output=True, text=True).stderr
        assert "unknown keyword" not in said, said
        assert "not allowed in" not in said, said
        assert f"parsing [{file}" not in "\n".join(line for line in said.splitlines() if "[ALERT]" in line), said
