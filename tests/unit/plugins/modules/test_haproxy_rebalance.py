# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""haproxy_rebalance: values that do not fit."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.servers import rebalance
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

OPTIONS = {
    "backend": ["kubeapi"],
    "tolerance": 10,
    "rate": 200,
    "min_age": 0,
    "timeout": 60,
    "allow_missing": False,
    "path": "/nowhere/haproxy.cfg",
    "socket": None,
}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"backend": []}, "backend: is empty"),
        ({"backend": ["kube api"]}, "backend: 'kube api' contains ' '"),
        ({"backend": ["kubeapi\nshutdown session 0x1"]}, "backend: .* contains"),
        ({"backend": ["kubeapi;show info"]}, "backend: .* contains ';'"),
        ({"backend": ["#2"]}, "backend: '#2' contains '#'"),
        ({"backend": ["kübe"]}, "backend: 'kübe' contains"),
        ({"rate": 0}, "rate: 0 is not above 0"),
        ({"rate": -1}, "rate: -1 is not above 0"),
        ({"rate": float("nan")}, "rate: nan is not above 0"),
        ({"rate": 10**6}, "rate: 1000000 is not above 0 and at most 1000"),
        ({"tolerance": 101}, "tolerance: 101 is not a percentage"),
        ({"tolerance": -1}, "tolerance: -1 is not a percentage"),
        ({"timeout": -1}, "timeout: -1 is negative"),
        ({"min_age": -1}, "min_age: -1 is negative"),
    ],
)
def test_what_cannot_be_is_refused_before_haproxy_is_asked(params, message):
    with pytest.raises(InputError, match=message):
        rebalance.rebalance_action({**OPTIONS, **params}, System(), False)
