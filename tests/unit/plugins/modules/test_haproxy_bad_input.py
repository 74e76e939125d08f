# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input through the HAProxy modules' front door: a clear error, the file untouched, nothing left beside it."""

from __future__ import annotations

import io
import json
import os
import stat

import ansible
import pytest
from ansible.module_utils import basic
from ansible_collections.k8s_edge.ha.plugins.modules import haproxy_backend, haproxy_config
from packaging.version import Version
from told_invocation import TOLD_INVOCATION

TEXT = """\
global
    maxconn 100
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
userlist people
    user joe insecure-password hunter2
frontend front
    bind 127.0.0.1:18080
    default_backend web
backend web
    server a 10.0.0.1:80 check
    server b 10.0.0.2:80 check
.if 1
backend conditional
    server a 10.0.0.1:80
.endif
backend twice
backend twice
"""
MODULES = {"haproxy_backend": haproxy_backend, "haproxy_config": haproxy_config}


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "haproxy.cfg"
    file.write_text(TEXT)
    return file


@pytest.fixture
def call(monkeypatch, capsys):
    def run(module, /, **params):
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": params}).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        monkeypatch.setattr("sys.stdin", io.StringIO())
        with pytest.raises(SystemExit):
            MODULES[module].main()
        return json.loads(capsys.readouterr().out)

    return run


def server(**options):
    return {"servers": [{"name": "n", "address": "10.0.0.9", "port": 80, **options}]}


def said_by_ansible(value):
    """What Ansible itself says of a value that is of another type. Before 2.19 it does not name the value."""
    return [value] if Version(ansible.__version__) >= Version("2.19") else ["cannot be converted"]


#: (options of the backend "new", words of the message)
BACKENDS = {
    "weight too big": (server(weight=257), ["servers[0].weight", "257", "256"]),
    "weight negative": (server(weight=-1), ["servers[0].weight", "-1"]),
    "weight text": (server(weight="heavy"), ["weight", *said_by_ansible("heavy")]),
    "maxconn text": (server(maxconn="abc"), ["maxconn", *said_by_ansible("abc")]),
    "maxconn negative": (server(maxconn=-5), ["servers[0].maxconn", "-5"]),
    "port zero": (server(port=0), ["servers[0].port", "0", "1 to 65535"]),
    "port too big": (server(port=65536), ["servers[0].port", "65536"]),
    "port that would wrap": (server(port=70000), ["servers[0].port", "70000"]),
    "port of a Unix socket": (server(address="/run/x.sock"), ["servers[0].port", "/run/x.sock"]),
    "port in the address": (server(address="10.0.0.1:80"), ["servers[0].address", "10.0.0.1:80"]),
    "IPv6 with too many colons": (server(address="fd00::1::2"), ["servers[0].address"]),
    "IPv6 and port in one": (server(address="[fd00::1]:80"), ["servers[0].address"]),
    "IPv4 out of range": (server(address="10.0.0.256"), ["servers[0].address", "IPv4"]),
    "IPv4 in short form": (server(address="10.1"), ["servers[0].address", "IPv4"]),
    "IPv4 under a prefix for IPv6": (server(address="ipv6@10.0.0.1"), ["servers[0].address", "IPv6"]),
    "address with prefix length": (server(address="10.0.0.1/24"), ["servers[0].address", "prefix"]),
    "address with a line break": (server(address="10.0.0.1\n server x 1.1.1.1"), ["servers[0].address", "line break"]),
    "address with a space": (server(address="10.0.0.1 backup"), ["servers[0].address", "space"]),
    "address with a comma": (server(address="10.0.0.1,10.0.0.2"), ["servers[0].address", "character ,"]),
    "address empty": (server(address=""), ["servers[0].address", "empty"]),
    "address missing": ({"servers": [{"name": "n"}]}, ["servers[0].address", "new server"]),
    "server name with a space": (server(name="a b"), ["servers[0].name", "space"]),
    "server name with a quote": (server(name='a"b'), ["servers[0].name", 'character "']),
    "server name with a hash": (server(name="a#b"), ["servers[0].name", "character #"]),
    "server name with a semicolon": (server(name="a;b"), ["servers[0].name", "character ;"]),
    "server name with a slash": (server(name="a/b"), ["servers[0].name", "name HAProxy accepts"]),
    "server name not ASCII": (server(name="sérver"), ["servers[0].name", "U+00E9"]),
    "server name with a tab": (server(name="a\tb"), ["servers[0].name", "a tab"]),
    "server name with a null": (server(name="a\0b"), ["servers[0].name", "null"]),
    "server name twice": (
        {"servers": [{"name": "n", "address": "::1"}, {"name": "n", "address": "::2"}]},
        ["servers[1].name", "second time"],
    ),
    "server without a name": ({"servers": [{"address": "10.0.0.1"}]}, ["name"]),
    "server with an unknown option": (server(wieght=1), ["wieght"]),
    "servers not a list": ({"servers": 5}, ["servers"]),
    "inter not a time": (server(inter="fast"), ["servers[0].inter", "not a time"]),
    "inter zero": (server(inter="0"), ["servers[0].inter", "too short"]),
    "inter negative": (server(inter="-1s"), ["servers[0].inter"]),
    "inter too long": (server(inter="30d"), ["servers[0].inter", "24.8 days"]),
    "rise zero": (server(rise=0), ["servers[0].rise"]),
    "check with a word": (server(check="maybe"), ["check", "maybe"]),
    "observe unknown": (server(observe="layer5"), ["observe", "layer5"]),
    "on_marked_down unknown": (server(on_marked_down="close"), ["on_marked_down"]),
    "verify unknown": (server(verify="optional"), ["verify"]),
    "TLS version unknown": (server(ssl_min_ver="TLSv1.4"), ["ssl_min_ver"]),
    "ca_file with a line break": (server(ca_file="/a\nserver evil 1.1.1.1"), ["servers[0].ca_file", "line break"]),
    "cookie with a carriage return": (server(cookie="a\rb"), ["servers[0].cookie", "carriage return"]),
    "sni with further words": (server(sni="str(a) backup"), ["servers[0].sni", "one here"]),
    "source with a word of its own": (server(source="10.0.0.9 backup"), ["servers[0].source", "usesrc"]),
    "sni with a hash": (server(sni="str(a) # b"), ["servers[0].sni", "#"]),
    "source with an open quote": (server(source="'10.0.0.1"), ["servers[0].source", "single quote"]),
    "track with a path": (server(track="a/b/c"), ["servers[0].track"]),
    "track nobody": (server(track="web/zzz"), ["track web/zzz"]),
    "default_server out of range": ({"default_server": {"weight": 300}}, ["default_server.weight", "300"]),
    "balance misspelt": ({"balance": "rounrobin"}, ["balance", "rounrobin"]),
    "balance with a line break": ({"balance": "source\nserver x 1.1.1.1"}, ["balance", "line break"]),
    "mode unknown": ({"mode": "htp"}, ["mode", "htp"]),
    "mode with an injection": ({"mode": "tcp\nbackend evil"}, ["mode"]),
    "hash_type unknown": ({"hash_type": "consistant"}, ["hash_type"]),
    "retries negative": ({"retries": -3}, ["retries"]),
    "fullconn text": ({"fullconn": "many"}, ["fullconn"]),
    "timeout not a time": ({"timeouts": {"server": "5 minutes"}}, ["timeouts.server"]),
    "timeout too long": ({"timeouts": {"server": "99999999999"}}, ["timeouts.server"]),
    "timeout unknown": ({"timeouts": {"sever": "5s"}}, ["sever"]),
    "option with a line break": ({"options": ["httpchk\n  server x 1.1.1.1"]}, ["options[0]", "line break"]),
    "option twice": ({"options": ["tcpka", "no tcpka"]}, ["options[1]", "options[0]"]),
    "option empty": ({"options": [""]}, ["options[0]", "empty"]),
    "http_check with an open quote": ({"http_check": ['expect string "ok']}, ["http_check[0]", "double quote"]),
    "cookie with a hash": ({"cookie": "SRV #1"}, ["cookie", "#"]),
    "description not ASCII": ({"description": "façade"}, ["description", "\\xc3\\xa7"]),
    "directive with a line break": ({"directives": ["acl a path /\nbackend evil"]}, ["directives[0]", "line break"]),
    "directive begins a section": ({"directives": ["backend evil"]}, ["directives[0]", "section"]),
    "directive begins a section in quotes": ({"directives": ['"frontend" evil']}, ["directives[0]", "section"]),
    "directive is a conditional": ({"directives": [".if 1"]}, ["directives[0]", "preprocessor"]),
    "directive is a scope": ({"directives": ["[x]"]}, ["directives[0]", "scope"]),
    "directive only a comment": ({"directives": ["# hello"]}, ["directives[0]", "#"]),
    "directive with a comment": ({"directives": ["acl a path / # b"]}, ["directives[0]", "#"]),
    "directive with a carriage return": ({"directives": ["acl a path /\r x"]}, ["directives[0]", "carriage return"]),
    "directive with a broken escape": ({"directives": ["acl a path \\x4"]}, ["directives[0]", "\\x"]),
    "directive with too many words": ({"directives": ["acl a path " + "/ " * 64]}, ["directives[0]", "more words"]),
    "directive is a server": ({"directives": ["server s 10.0.0.1:80"]}, ["directives[0]", "servers"]),
    "directive given twice": ({"mode": "tcp", "directives": ["mode http"]}, ["directives[0]", "also given as mode"]),
    "directive out of range": ({"directives": ["retries many"]}, ["directives[0]", "whole number"]),
    "directive with a bad time": ({"directives": ["timeout server soon"]}, ["directives[0]", "not a time"]),
    "from nowhere": ({"from": "nowhere"}, ["nowhere", "defaults section"]),
    "from with a space": ({"from": "a b"}, ["from", "space"]),
}
NAMES = ["", "a b", "a\nb", "a;b", "a#b", 'a"b', "a'b", "ä", "a/b", "a\\b", "${A}", "a" * 256]

#: (options of haproxy_config, words of the message)
CONFIGS = {
    "frontend bound twice": (
        {"frontends": [{"name": "f", "bind": [{"port": 80}, {"address": "0.0.0.0", "port": 80}]}]},
        ["frontends[0].bind[1]", "listed twice"],
    ),
    "frontend bound where another is": (
        {"frontends": [{"name": "f", "bind": [{"address": "127.0.0.1", "port": 18080}]}]},
        ["bind 127.0.0.1:18080", "frontend front"],
    ),
    "bind without a port": ({"frontends": [{"name": "f", "bind": [{"address": "::"}]}]}, ["frontends[0].bind[0].port"]),
    "bind port out of range": ({"frontends": [{"name": "f", "bind": [{"port": 0}]}]}, ["frontends[0].bind[0].port"]),
    "bind in directives": ({"frontends": [{"name": "f", "directives": ["bind :80"]}]}, ["frontends[0].bind"]),
    "bind crt with a space": (
        {"frontends": [{"name": "f", "bind": [{"port": 1, "crt": ["/a b"]}]}]},
        ["frontends[0].bind[0].crt", "space"],
    ),
    "default_backend unknown": ({"frontends": [{"name": "f", "default_backend": "zz"}]}, ["zz", "default_backend"]),
    "use_backend unknown": ({"frontends": [{"name": "f", "directives": ["use_backend zz if TRUE"]}]}, ["zz"]),
    "monitor_uri with a space": ({"frontends": [{"name": "f", "monitor_uri": "/a b"}]}, ["monitor_uri", "space"]),
    "maxconn zero": ({"frontends": [{"name": "f", "maxconn": 0}]}, ["frontends[0].maxconn"]),
    "two frontends of one name": ({"frontends": [{"name": "f"}, {"name": "f"}]}, ["frontends[1].name"]),
    "two unnamed defaults": ({"defaults": [{"mode": "tcp"}, {"mode": "http"}]}, ["defaults[1].name"]),
    "a listen named as a backend": ({"listens": [{"name": "web"}]}, ["web", "overlapping"]),
    "a backend that depends on .if": ({"backends": [{"name": "conditional", "mode": "tcp"}]}, ["conditional", ".if"]),
    "a backend that is there twice": ({"backends": [{"name": "twice", "mode": "tcp"}]}, ["twice", "2 times"]),
    "purge of what is used": ({"purge": True, "backends": [{"name": "twice"}]}, ["twice"]),
    "global maxconn zero": ({"global": {"maxconn": 0}}, ["global.maxconn"]),
    "global user with a space": ({"global": {"user": "ha proxy"}}, ["global.user", "space"]),
    "global section in directives": ({"global": {"directives": ["defaults"]}}, ["global.directives[0]"]),
    "global log with a line break": ({"global": {"log": ["/dev/log local0\nuser root"]}}, ["global.log[0]"]),
    "global socket given twice": ({"global": {"stats_socket": ["/a mode 600", "/a level admin"]}}, ["stats_socket[1]"]),
    "a section of a type with spaces": (
        {"sections": [{"type": "peers\nbackend x", "name": "p", "directives": []}]},
        ["type", "sections"],
    ),
    "a section of a type of its own list": (
        {"sections": [{"type": "backend", "name": "p", "directives": []}]},
        ["type", "sections"],
    ),
    "a section of an unknown type": ({"sections": [{"type": "bogus", "directives": []}]}, ["type", "bogus"]),
    "a number that is none, in a free line": ({"global": {"directives": ["tune.maxaccept 5x"]}}, ["tune.maxaccept 5x"]),
    "a template of servers with a bad weight": (
        {"backends": [{"name": "n", "directives": ["server-template x 3 a.example:80 weight x"]}]},
        ["backend n", "weight x", "read 0"],
    ),
    "a peer without brackets": (
        {"sections": [{"type": "peers", "name": "p", "directives": ["peer a fd00::1:80"]}]},
        ["peers p", "fd00::1:80", "brackets"],
    ),
    "the statistics without a password": (
        {"frontends": [{"name": "f", "directives": ["stats auth joe"]}]},
        ["frontend f", "stats auth", "user:password"],
    ),
    "everything wrong at once": (
        {"global": {"maxconn": 0}, "backends": [{"name": "n", "mode": "tcp", **server(weight=300, port=0)}]},
        ["global.maxconn", "backends[0].servers[0].weight", "backends[0].servers[0].port"],
    ),
    "a secret in a bad line": (
        {"frontends": [{"name": "f", "directives": ["stats auth admin:s3cret # x"]}]},
        ["frontends[0].directives[0]", "********"],
    ),
}


def expect_refusal(result, words, path):
    assert result.get("failed") is True
    for word in words:
        assert word in result["msg"], result["msg"]
    assert "Traceback" not in json.dumps(result)
    assert "s3cret" not in json.dumps(result)
    assert path.read_text() == TEXT
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("case", BACKENDS)
def test_a_bad_backend_is_refused(case, call, path):
    options, words = BACKENDS[case]
    expect_refusal(call("haproxy_backend", path=str(path), name="new", validate=False, **options), words, path)


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_name_is_refused(name, call, path):
    expect_refusal(call("haproxy_backend", path=str(path), name=name, validate=False), ["name"], path)
    expect_refusal(call("haproxy_config", path=str(path), listens=[{"name": name}], validate=False), ["name"], path)


@pytest.mark.parametrize("case", CONFIGS)
def test_a_bad_file_is_refused(case, call, path):
    options, words = CONFIGS[case]
    expect_refusal(call("haproxy_config", path=str(path), validate=False, **options), words, path)


def test_a_relative_path_is_refused(call, path, monkeypatch):
    monkeypatch.chdir(path.parent)
    result = call("haproxy_backend", path="haproxy.cfg", name="new", validate=False)
    assert "absolute path" in result.get("msg", "") or result.get("changed")


@pytest.mark.parametrize("place", ["a directory", "a pipe", "below a file"])
def test_what_is_no_file_is_refused(place, call, tmp_path):
    odd = tmp_path / "odd"
    if place == "a pipe":
        os.mkfifo(odd)
    elif place == "a directory":
        odd.mkdir()
    else:
        odd.write_text("")
        odd = odd / "haproxy.cfg"
    result = call("haproxy_backend", path=str(odd), name="new", validate=False)
    assert result["failed"] is True
    assert str(odd) in result["msg"] or odd.name in result["msg"]


def test_a_missing_directory_is_told(call, tmp_path):
    result = call("haproxy_backend", path=str(tmp_path / "gone" / "haproxy.cfg"), name="new", validate=False)
    assert "No such file or directory" in result["msg"]
    assert "package" in result["msg"]


# HAProxy's own judgement, and HAProxys that do not judge.


def stub(directory, script):
    program = directory / "haproxy"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


@pytest.fixture
def with_haproxy(tmp_path_factory, monkeypatch):
    """Puts a haproxy of a few lines of shell first on PATH."""

    def install(script):
        directory = tmp_path_factory.mktemp("bin")
        stub(directory, script)
        monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")

    return install


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("kill -ABRT $$", ["signal 6", "no verdict"]),
        ("exit 7", ["status 7", "it printed nothing"]),
        (
            "case $3 in *k8s_edge*) echo '[ALERT]    (1) : config : parsing ['$3':3] : "
            "no such thing as stats auth admin:s3cret' >&2; exit 1;; esac",
            ["********"],
        ),
        (
            "case $3 in *k8s_edge*) echo '[WARNING]  (1) : config : option x ignored in y' >&2;; esac",
            ["would ignore a part", "option x ignored"],
        ),
    ],
)
def test_a_haproxy_that_refuses_or_breaks(script, words, call, path, with_haproxy):
    with_haproxy(script)
    result = call("haproxy_backend", path=str(path), name="new")
    expect_refusal(result, words, path)
    assert "k8s_edge-" not in result["msg"]


def test_a_haproxy_that_hangs(call, path, with_haproxy, monkeypatch):
    monkeypatch.setattr(
        "ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.validator.TIME_LIMIT", 0.3, raising=True
    )
    with_haproxy("exec /bin/sleep 60")
    expect_refusal(call("haproxy_backend", path=str(path), name="new"), ["did not end within"], path)


def test_no_haproxy_at_all(call, path, monkeypatch):
    monkeypatch.setattr(
        "ansible_collections.k8s_edge.ha.plugins.module_utils._system.System.which", lambda self, name: None
    )
    expect_refusal(call("haproxy_backend", path=str(path), name="new"), ["not installed", "validate: false"], path)
    planned = call("haproxy_backend", path=str(path), name="new", _ansible_check_mode=True)
    assert planned["changed"] is True
    assert "not installed" in json.dumps(planned["warnings"])
    assert path.read_text() == TEXT


def test_a_warning_that_was_there_before_is_passed_on(call, path, with_haproxy):
    with_haproxy('echo "[WARNING]  (1) : config : parsing [$3:$(wc -l < $3)] : something is ignored" >&2')
    result = call("haproxy_backend", path=str(path), name="new")
    assert result["changed"] is True
    assert f"parsing [{path}:" in json.dumps(result["warnings"])


def test_a_haproxy_that_is_too_old_is_told_by_version(call, path, with_haproxy):
    with_haproxy("echo 'HAProxy version 2.4.22-1 2023/02/14'")
    wanted = {"name": "new", **server(ws="h1")}
    expect_refusal(call("haproxy_backend", path=str(path), **wanted), ["server n: 'ws'", "2.5", "2.4.22"], path)
    planned = call("haproxy_backend", path=str(path), _ansible_check_mode=True, **wanted)
    assert "this host has 2.4.22" in json.dumps(planned["warnings"])
    written = call("haproxy_backend", path=str(path), validate=False, **wanted)
    assert written["changed"] is True
    assert "this host has 2.4.22" in json.dumps(written["warnings"])


def test_a_wrong_type_deep_in_a_list_is_named(call, path):
    desired = {"backends": [{"name": "b", "servers": [{"name": "a"}, 5]}]}
    expect_refusal(call("haproxy_config", path=str(path), **desired), ["backends[0].servers[1]", "5"], path)


SECRETS = [
    "stats auth joe:h1dden",
    "http-request set-header Authorization 'Basic aDFkZGVuOmgxZGRlbg=='",
    "http-request set-header X-Api-Key h1dden",
]


@pytest.mark.parametrize("failing", [False, True])
def test_no_secret_is_in_what_the_call_says_of_itself(failing, call, path):
    desired = {
        "global": {"directives": ["setenv DB_PW h1dden", "setenv DB_PWD h1dden", "presetenv API_TOKEN h1dden"]},
        "sections": [
            {
                "type": "userlist",
                "name": "u",
                "directives": ["user a insecure-password h1dden", "user b password $5$h1dden"],
            }
        ],
        "backends": [{"name": "b", "directives": SECRETS, "servers": [{"name": "s", "port": 99999 if failing else 9}]}],
    }
    options = {"path": str(path), "_ansible_diff": True, "validate": False, **TOLD_INVOCATION}
    said = json.dumps(call("haproxy_config", **options, **desired))
    assert '"failed": true' in said
    desired["backends"][0]["servers"] = []
    if not failing:
        said = json.dumps(call("haproxy_config", **options, **desired))
        assert '"changed": true' in said
        assert "h1dden" in path.read_text()
    assert "h1dden" not in said
    assert "aDFkZGVu" not in said
    assert "insecure-password ********" in said
