# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An option that came with a version is refused on an older keepalived, where a change brings it in."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.versions import too_new
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config

INSTANCE = "vrrp_instance A {\n    down_timer_adverts 4\n    priority 100\n}\n"


def test_the_message_names_option_versions_and_remedy() -> None:
    [problem] = too_new("", INSTANCE, "2.0.10")
    assert str(problem) == (
        "vrrp_instance A: down_timer_adverts: needs keepalived 2.2.3, and this host has 2.0.10. "
        "Leave it out, or install keepalived 2.2.3 or a newer one."
    )
    assert too_new("", INSTANCE, "2.2.3") == too_new("", INSTANCE, "2.10.0") == []


def test_what_stood_there_before_is_not_judged() -> None:
    assert too_new(INSTANCE, INSTANCE.replace("100", "90"), "2.0.10") == []
    assert len(too_new(INSTANCE, INSTANCE.replace("adverts 4", "adverts 5"), "2.0.10")) == 1


@pytest.mark.parametrize(
    ("desired", "option"),
    [
        ({"track_files": [{"name": "f", "file": "/run/f"}]}, "track_file f"),
        ({"global_defs": {"reload_time_file": "/run/f"}}, "global_defs: reload_time_file"),
        ({"global_defs": {"vrrp_delay_after_boot": 15.5}}, "global_defs: vrrp_delay_after_boot"),
        (
            {
                "virtual_servers": [
                    {
                        "address": "10.0.0.1",
                        "port": 80,
                        "protocol": "TCP",
                        "lb_algo": "rr",
                        "lb_kind": "NAT",
                        "real_servers": [
                            {
                                "address": "10.0.0.2",
                                "port": 80,
                                "ssl_get": [{"fast_recovery": True, "url": [{"path": "/"}]}],
                            }
                        ],
                    }
                ]
            },
            "virtual_server 10.0.0.1 80: real_server 10.0.0.2 80: SSL_GET: fast_recovery",
        ),
    ],
)
def test_options_are_found_however_deep(desired: dict, option: str) -> None:
    assert [problem.option for problem in too_new("", plan_config("", desired).text, "2.0.10")] == [option]


def test_an_old_keyword_of_a_newer_option_is_known() -> None:
    assert too_new("", "vrrp_track_file f {\n    file /run/f\n}\n", "2.0.10") == []
