# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Denials in words. The lines are from a machine that enforces."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.denials import parse, read
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed

BIND = (
    'type=AVC msg=audit(1795244000.250:32): avc:  denied  { name_bind } for  pid=764 comm="haproxy" src=7777 '
    "scontext=system_u:system_r:haproxy_t:s0 "
    "tcontext=system_u:object_r:unreserved_port_t:s0 tclass=tcp_socket permissive=0"
)
CONNECT = BIND.replace("name_bind", "name_connect").replace("src=", "dest=").replace(":32)", ":33)")
READ = (
    'type=AVC msg=audit(1795244001.000:40): avc:  denied  { read open } for  pid=764 comm="haproxy" '
    'path="/srv/a b.pem" dev="ubda" ino=167 scontext=system_u:system_r:haproxy_t:s0 '
    "tcontext=system_u:object_r:var_t:s0 tclass=file permissive=1"
)
OTHER = BIND.replace("haproxy_t", "sshd_t").replace('"haproxy"', '"sshd"')
LOG = "\n".join(["type=SERVICE_START msg=audit(1795244000.0:1): pid=1", BIND, BIND, CONNECT, READ, OTHER, "half a li"])


def test_each_denial_is_told_once_with_its_remedy():
    bind, connect, opened = parse(LOG, 0, ["haproxy_t"])
    assert bind["message"].startswith(
        "SELinux did not let haproxy (haproxy_t) bind port 7777, whose type is unreserved_port_t."
    )
    assert bind["message"].endswith("semanage port -a -t http_port_t -p tcp 7777")
    assert (bind["permissions"], bind["object"], bind["enforced"]) == (["name_bind"], "7777", True)
    assert "connect to port 7777" in connect["message"]
    assert opened["message"].startswith("SELinux would not have let haproxy (haproxy_t) read/open /srv/a b.pem")
    assert "restorecon" in opened["message"]


def test_only_since_a_time_and_of_some_domains():
    assert [each["class"] for each in parse(LOG, 1795244000.5, ["haproxy_t"])] == ["file"]
    assert {each["domain"] for each in parse(LOG, 0, [])} == {"haproxy_t", "sshd_t"}


@pytest.mark.parametrize("there", [True, False])
def test_the_audit_log_or_else_the_journal(tmp_path, there):
    asked = []

    class Journal:
        def which(self, name):
            return name

        def run(self, argv, *, timeout):
            asked.append(argv)
            return Completed(0, LOG, "", False)

    if there:
        (tmp_path / "audit.log").write_text(LOG)
    assert read(1795244000.0, Journal(), str(tmp_path / "audit.log")) == LOG
    assert len(asked) == (not there)
    assert there or "--since=@1795244000" in asked[0]
