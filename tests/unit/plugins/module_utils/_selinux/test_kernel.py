# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel is asked and how its answers are read; the answers are as a kernel with Debian's policy gave them."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.host import port_type
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.kernel import Kernel
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.store import Range


class Answering(Kernel):
    """A selinuxfs of plain files, but for those that answer questions."""

    def __init__(self, root, answers):
        super().__init__(str(root))
        self.answers, self.asked = answers, []

    def _ask(self, name, question, answer=True):
        self.asked.append((name, question))
        if question not in self.answers.get(name, {}):
            raise OSError(22, "Invalid argument")
        return self.answers[name][question]


@pytest.fixture
def selinuxfs(tmp_path):
    for path, text in {
        "enforce": "1",
        "mls": "1",
        "booleans/haproxy_connect_any": "0 1",
        "class/tcp_socket/index": "27",
        "class/tcp_socket/perms/name_bind": "23",
        "class/tcp_socket/perms/name_connect": "25",
        "class/process/index": "2",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_mode_and_booleans(selinuxfs):
    kernel = Kernel(str(selinuxfs))
    assert kernel.enabled and kernel.enforcing
    assert kernel.boolean("haproxy_connect_any") is False  # the value now, not the one that waits
    assert kernel.boolean("nothing") is None
    assert not Kernel(str(selinuxfs / "nowhere")).enabled


def test_permissions_are_read_from_the_bits(selinuxfs):
    question = "system_u:system_r:haproxy_t:s0 system_u:object_r:http_port_t:s0 27"
    kernel = Answering(selinuxfs, {"access": {question: f"{1 << 22:x} ffffffff 0 0 1 0"}})
    assert kernel.allowed("haproxy_t", "http_port_t", "tcp_socket") == {"name_bind"}
    assert kernel.allowed("nobody_t", "http_port_t", "tcp_socket") == frozenset()  # the kernel knows no such domain


def test_the_domain_is_what_the_kernel_would_choose(selinuxfs):
    question = "system_u:system_r:init_t:s0 system_u:object_r:haproxy_exec_t:s0 2"
    kernel = Answering(selinuxfs, {"create": {question: "system_u:system_r:haproxy_t:s0"}})
    assert kernel.domain_from("system_u:system_r:init_t:s0", "haproxy_exec_t") == "haproxy_t"


def test_a_policy_without_levels_has_none_in_its_contexts(selinuxfs):
    (selinuxfs / "mls").write_text("0")
    kernel = Answering(selinuxfs, {"context": {"system_u:system_r:haproxy_t": ""}})
    assert kernel.is_domain("haproxy_t") and not kernel.is_domain("nobody_t")


@pytest.mark.parametrize(
    ("port", "kind"),
    [
        ("tcp/80", "http_port_t"),
        ("tcp/6443", "unreserved_port_t"),
        ("udp/80", None),
        ("tcp/9", "reserved_port_t"),
        ("tcp/600", None),
    ],
)
def test_the_narrowest_range_names_the_port(port, kind):
    ranges = [Range("tcp", 1, 100, "reserved_port_t"), Range("tcp", 80, 80, "http_port_t")]
    ranges = [*ranges, Range("tcp", 50, 511, "reserved_port_t"), Range("tcp", 1024, 65535, "unreserved_port_t")]
    assert port_type(port, ranges) == kind
