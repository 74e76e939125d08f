# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the service starts HAProxy, as the units of the distributions say it."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.invocation import (
    Invocation,
    from_unit,
    from_words,
    invocation,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System

#: What systemd says of Debian's unit, of the one from Debian's newer suites and EL's, and of one with options.
UNITS = {
    "debian 12": (
        "haproxy -Ws -f $CONFIG -p $PIDFILE $EXTRAOPTS",
        'CONFIG=/etc/haproxy/haproxy.cfg PIDFILE=/run/haproxy.pid "EXTRAOPTS=-S /run/haproxy-master.sock"',
        "",
        (("/etc/haproxy/haproxy.cfg",), ("-Ws",), "/"),
    ),
    "debian newer": (
        "haproxy -Ws -f $CONFIG -f $CFGDIR -p $PIDFILE $EXTRAOPTS",
        'CONFIG=/etc/haproxy/haproxy.cfg PIDFILE=/p CFGDIR=/etc/haproxy/conf.d "EXTRAOPTS=-S /run/m.sock"',
        "",
        (("/etc/haproxy/haproxy.cfg", "/etc/haproxy/conf.d"), ("-Ws",), "/"),
    ),
    "extra options": (
        "haproxy -Ws -f ${CONFIG} -p $PIDFILE $EXTRAOPTS",
        "CONFIG=/etc/haproxy/haproxy.cfg PIDFILE=/run/haproxy.pid",
        '# comment\nCONFIG=/srv/a.cfg\nEXTRAOPTS="-L here -dW -C /srv/x -f more.cfg"\nBROKEN="\n',
        (("/srv/a.cfg", "/srv/x/more.cfg"), ("-Ws", "-L", "here", "-dW"), "/srv/x"),
    ),
}


@pytest.mark.parametrize("unit", UNITS)
def test_a_units_command_line_is_read_as_systemd_expands_it(unit):
    command, environment, file, wanted = UNITS[unit]
    argv = f"{{ path=/usr/sbin/haproxy ; argv[]=/usr/sbin/{command} ; ignore_errors=no ; pid=0 }}"
    told = from_unit({"ExecStart": argv, "Environment": environment, "WorkingDirectory": ""}, {"/etc/default": file})
    sources, options, directory = wanted
    assert (set(told.sources), told.options, told.directory) == (set(sources), options, directory)
    assert told.environment["CONFIG"] == sources[0]


def test_a_reloaded_masters_command_line_is_read_too():
    words = "haproxy -sf 123 124 -x sockpair@5 -Ws -f a.cfg -p /p -S /m,level,admin -- b.cfg /c.cfg".split()
    assert from_words(words, "/etc/h")[:3] == (("/etc/h/a.cfg", "/etc/h/b.cfg", "/c.cfg"), ("-Ws",), "/etc/h")
    assert from_words(["haproxy", "-db", "-f", "/a"], None) == Invocation(("/a",), ())


def test_a_file_stands_where_haproxy_would_read_it(tmp_path):
    directory = tmp_path / "conf.d"
    directory.mkdir()
    for name in ("b.cfg", "a.cfg", ".hidden.cfg", "c.cfg.dpkg-new"):
        (directory / name).write_text("")
    how = Invocation((str(tmp_path / "main.cfg"), str(directory)))
    names = [str(directory / "a.cfg"), str(directory / "b.cfg")]
    assert how.files() == [str(tmp_path / "main.cfg"), *names]
    assert how.in_place_of(str(tmp_path / "main.cfg"), "/candidate") == ["/candidate", *names]
    assert how.in_place_of(names[1], "/candidate") == [str(tmp_path / "main.cfg"), names[0], "/candidate"]
    assert how.in_place_of(str(directory / "aa.cfg"), "/new")[2] == "/new"
    assert how.reads(str(directory / "new.cfg"))
    assert not how.reads(str(directory / "new.conf"))
    assert how.in_place_of("/elsewhere.cfg", "/candidate") == ["/candidate"]


class Systemd(System):
    """systemd that tells one unit."""

    def __init__(self, told):
        self.told = told

    def which(self, name):
        return "/bin/systemctl" if name == "systemctl" else super().which(name)

    def run(self, argv, **how):
        if argv[0] == "/bin/systemctl":
            return Completed(0, self.told, "", False)
        return super().run(argv, **how)


def test_where_nothing_runs_the_unit_says_it_and_a_file_of_its_own_is_read_alone(tmp_path):
    (tmp_path / "env").write_text(f"CONFIG={tmp_path}/haproxy.cfg\nPORT=8080\n")
    told = (
        "ExecStart={ path=/usr/sbin/haproxy ; argv[]=/usr/sbin/haproxy -Ws -f $CONFIG -f $DIR ; ignore_errors=no }\n"
        f"Environment=DIR={tmp_path}/conf.d\nEnvironmentFiles={tmp_path}/env (ignore_errors=yes)\n"
    )
    how = invocation(str(tmp_path / "haproxy.cfg"), Systemd(told))
    assert how.sources == (f"{tmp_path}/haproxy.cfg", f"{tmp_path}/conf.d")
    assert how.environment["PORT"] == "8080"
    assert invocation(str(tmp_path / "other.cfg"), Systemd(told)) == Invocation((str(tmp_path / "other.cfg"),))
