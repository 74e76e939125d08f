# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input through the front door of the SELinux modules.

What they do on a host that enforces is Molecule's to prove (molecule/selinux).
"""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux import action as actions
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.model import Desired, Program


def parameters(program=None, **given):
    fields = ("any_port_boolean", "binds", "connects", "reads", "runs", "sockets")
    programs = [{"path": "/usr/sbin/haproxy", **dict.fromkeys(fields), **program}] if program is not None else None
    return {"programs": programs, "booleans": None, "permissive": None, **given}


def test_parameters_are_desired_state():
    assert actions.desired_of(parameters()) == Desired()
    assert actions.desired_of(
        parameters({"binds": [80], "any_port_boolean": "any"}, booleans={"a": False}, permissive=["b_t"])
    ) == Desired((Program("/usr/sbin/haproxy", (80,), boolean="any"),), {"a": False}, ("b_t",))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (parameters({"binds": [80, 70000]}), r"programs\[0\]\.binds\[1\]: 70000 is not a port"),
        (parameters({"connects": [0]}), r"programs\[0\]\.connects\[0\]: 0 is not a port"),
        (parameters({"reads": ["certs/a.pem"]}), r"programs\[0\]\.reads: 'certs/a.pem' is not an absolute path"),
        (parameters({"path": "/usr/sbin/hap\nroxy"}), r"programs\[0\]\.path: .* is not an absolute path"),
        (parameters(booleans={"haproxy_connect_any": "yes"}), r"booleans\.haproxy_connect_any: 'yes' is neither"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(given, said):
    with pytest.raises(InputError, match=said):
        actions.desired_of(given)


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(InputError) as refused:
        actions.desired_of(parameters({"binds": [0], "reads": ["a"]}, booleans={"b": 1}))
    assert len(refused.value.problems) == 3
