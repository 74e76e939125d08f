# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""More open files than HAProxy may have are refused before it is asked to start."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.coming import _mentioned
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.open_files import Limit, desired_limits, fault
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.open_files_allowed import (
    after_install,
    after_start,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System

REMEDY = "allow {files}"
CAPABLE, FULL = "CapEff:\t000001ffffffffff\nCapBnd:\t000001ffffffffff\n", "         0          0 4294967295\n"
POOR = "CapEff:\t000001fffeffffff\nCapBnd:\t000001fffeffffff\n"


def text(lines, ports=(7001, 7002), check="check"):
    binds = "".join(f"    bind 127.0.0.1:{port}\n" for port in ports)
    return (
        "global\n" + "".join(f"    {line}\n" for line in lines) + "defaults\n    mode tcp\n    timeout connect 1s\n"
        "    timeout client 1s\n    timeout server 1s\n"
        f"frontend f\n{binds}    default_backend b\nbackend b\n    server s 127.0.0.1:1 {check}\n"
    )


def judged(lines, limit, **options):
    desired = desired_limits([parse(text(lines))])
    return desired and fault(desired, limit, **options)


def limited(files, soft=None):
    return Limit(files, soft or files, "somebody", REMEDY)


class Systemd(System):
    """A systemctl that tells of a unit, beside the real HAProxy."""

    def __init__(self, **told):
        self.told = {"LoadState": "loaded", "CapabilityBoundingSet": "cap_chown", "User": "", **told}

    def which(self, name):
        return "systemctl" if name == "systemctl" else super().which(name)

    def run(self, argv, **options):
        if argv[0] == "systemctl":
            return Completed(0, "".join(f"{name}={value}\n" for name, value in self.told.items()), "", False)
        return super().run(argv, **options)


def test_a_haproxy_that_is_still_to_come_has_what_systemd_gives_every_service(tmp_path):
    system = Systemd(LoadState="not-found", LimitNOFILE="20000", User="", CapabilityBoundingSet="")
    proc = tmp_path / "proc"
    (proc / "sys/fs").mkdir(parents=True)
    (proc / "sys/fs/nr_open").write_text("1048576\n")
    (proc / "1").mkdir()
    (proc / "1/status").write_text("CapBnd:\t0000000000000400\n")
    (proc / "1/uid_map").write_text("0 0 4294967295\n")
    limit = after_install(system, str(proc), units=str(tmp_path))
    problem = str(judged(["maxconn 900000"], limit))
    assert (
        "needs at least 18000" in problem and "systemd (DefaultLimitNOFILE, for every service) allows 20000" in problem
    )
    assert "/etc/systemd/system/haproxy.service.d/limits.conf before it is installed" in problem
    # The plan takes what names the package for what its coming mends.
    assert not _mentioned(["haproxy"], problem)
    # What the remedy says to write is only read once the unit is there.
    (tmp_path / "haproxy.service.d").mkdir()
    assert after_install(system, str(proc), units=str(tmp_path)) is None
    assert after_install(Systemd(LimitNOFILE="20000"), str(proc), units="/none") is None


@pytest.mark.parametrize(
    "lines",
    [
        ['maxconn "$MOST"'],
        [".if defined(X)", "maxconn 5000", ".endif"],
        ["maxconn 5000", "maxconn 10"],
        ["maxconn 0"],
        ["maxconn 5k"],
    ],
)
def test_what_only_haproxy_can_read_is_left_to_it(lines):
    assert judged(lines, limited(100)) is None


def test_nobody_is_refused_by_a_limit_that_nobody_knows():
    assert judged(["maxconn 5000"], None) is None


def test_between_what_is_sure_and_what_is_likely_stands_a_warning():
    desired = desired_limits([parse(text(["maxconn 500"]))], threads=4)
    limit = limited(1000 + desired.files)
    assert fault(desired, limit) is None
    assert "may not start" in str(fault(desired, limit, likely=True))


def proc(directory, status, uid_map=FULL, most="1048576\n"):
    for number in ("1", "77"):
        (directory / number).mkdir()
        (directory / number / "status").write_text(status)
        (directory / number / "uid_map").write_text(uid_map)
    (directory / "sys" / "fs").mkdir(parents=True)
    (directory / "sys" / "fs" / "nr_open").write_text(most)
    return str(directory)


RIGHT = {"CapabilityBoundingSet": "cap_chown cap_sys_resource"}


@pytest.mark.parametrize(
    ("told", "status", "uid_map", "files"),
    [
        (RIGHT, CAPABLE, FULL, 1048576),
        (RIGHT, POOR, FULL, 4096),  # a container without the right
        (RIGHT, CAPABLE, "0 100000 65536\n", 4096),  # a container whose root is none of the kernel's
        ({**RIGHT, "User": "haproxy"}, CAPABLE, FULL, 4096),
        ({**RIGHT, "User": "root"}, CAPABLE, FULL, 1048576),
        ({}, CAPABLE, FULL, 4096),
        ({"LimitNOFILE": "infinity"}, POOR, FULL, 1048576),
    ],
)
def test_the_hard_limit_stays_without_the_right_to_raise_it(told, status, uid_map, files, tmp_path):
    limit = after_start(Systemd(**{"LimitNOFILE": "4096", **told}), proc(tmp_path, status, uid_map))
    assert limit.files == files
