# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts against an instance, as keepalived's own dump says it. The lines are those of dumps that keepalived 2.2.7
and 2.3.4 have made, and the effective priorities beside them are those that keepalived had then, of 100."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.info import instances

DUMP = """\
------< VRRP Topology >------
 VRRP Instance = A
   VRRP Version = 2
   State = {state}
   Interface = d0
   Virtual Router ID = 5
   Priority = 100
   Virtual IP (1):
     10.1.1.5/24 dev d0 scope global set
   Tracked scripts :
     bad weight 0
{interfaces}   Using smtp notification = no
 VRRP Instance = B
   State = MASTER
   Interface = d0
------< VRRP Sockpool >------
------< VRRP Scripts >------
 VRRP Script = bad
   Result = 0
   Status = BAD
   VRRP instances :
   Tracking instances :
     {bad}
   State = idle
 VRRP Script = good
   Status = GOOD
   Tracking instances :
     {good}
   State = running
 VRRP Script = init
   Status = INIT
   Tracking instances :
     A, weight 0
     A, weight 0 reverse
------< VRRP Track files >------
 Track file = below
   File = /run/below
   Status = -5
   Weight = 1
   Tracking instances :
     {below}
 Track file = above
   Status = 3
   Tracking instances :
     {above}
------< VRRP Track processes >------
 VRRP Track process = gone
   Min processes = 1
   Current processes = 0
   Have quorum = false
   Weight = -10
   Tracking instances :
     {gone}
 VRRP Track process = there
   Have quorum = true
   Tracking instances :
     {there}
------< Interfaces >------
 Name = d0
   State = {d0}
   Tracking VRRP instances :
     A, weight 0
 Name = d1
   State = not UP, not RUNNING
"""
DOWN, UP = "not UP, not RUNNING", "UP, RUNNING"
SCRIPTS = ("bad", "good", "below", "above", "gone", "there")


def failing(tracked: str = "", line: str = "", state: str = "BACKUP", d0: str = UP, interfaces: str = ""):
    said = {name: line if name == tracked else "Z, weight 0" for name in SCRIPTS}
    one, other = instances(DUMP.format(state=state, d0=d0, interfaces=interfaces, **said))
    assert other["failing"] == []
    return [(each["kind"], each["name"], each["weight"]) for each in one["failing"]]


@pytest.mark.parametrize(
    ("tracked", "line", "found"),
    [
        ("bad", "A, weight -20", [("script", "bad", -20)]),  # 80
        ("bad", "A, weight 20", [("script", "bad", 20)]),  # 100, and 120 without
        ("bad", "A, weight 0", [("script", "bad", 0)]),  # FAULT
        ("bad", "A, weight -20 reverse", []),  # 120
        ("good", "A, weight 20", []),  # 120
        ("good", "A, weight 0", []),
        ("good", "A, weight 20 reverse", [("script", "good", -20)]),  # 80
        ("good", "A, weight 0 reverse", [("script", "good", 0)]),  # FAULT
        ("below", "A, weight 1", [("file", "below", -5)]),  # 95
        ("below", "A, weight 0", [("file", "below", 0)]),  # FAULT
        ("below", "A, weight 1 reverse", []),  # 105
        ("below", "A, weight 0 reverse", []),  # 100
        ("above", "A, weight 1", []),  # 103
        ("above", "A, weight 1 reverse", [("file", "above", -3)]),  # 97
        ("gone", "A, weight -10", [("process", "gone", -10)]),
        ("gone", "A, weight 0", [("process", "gone", 0)]),  # FAULT
        ("gone", "A, weight -10 reverse", []),  # 110
        ("there", "A, weight -10", []),
        ("there", "A, weight 10 reverse", [("process", "there", -10)]),
    ],
)
def test_what_is_tracked_counts_as_keepalived_counts_it(tracked, line, found):
    assert failing(tracked, line) == found


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"interfaces": "   Tracked interfaces :\n     d1 weight -30\n"}, [("interface", "d1", -30)]),  # 70
        ({"interfaces": "   Tracked interfaces :\n     d1 weight 0\n"}, [("interface", "d1", 0)]),  # FAULT
        ({"interfaces": "   Tracked interfaces :\n     d1 weight 30 reverse\n"}, []),  # 100
        ({"interfaces": "   Tracked interfaces :\n     d0 weight -30\n"}, []),
        ({"d0": DOWN, "state": "FAULT"}, [("interface", "d0", 0)]),
        ({"d0": DOWN}, []),  # dont_track_primary
    ],
)
def test_interfaces(more, found):
    assert failing(**more) == found
