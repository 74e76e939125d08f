# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each kind of change does to a held VIP: our word for it, held against a running keepalived."""

from __future__ import annotations

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.plan.impact import (
    impact,
    left_as_they_are,
    lost_addresses,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import parse
from unit.plugins.module_utils._keepalived.plan.test_impact import (
    CASES,
    MAY,
    MOVES,
    SECOND,
    STAYS,
    THIRD,
    VIP,
    A,
    B,
    Case,
    fate,
    instance,
    of,
)

#: How many daemons run at a time.
AT_ONCE = 6


#: Handed to an instance that stands later: keepalived moves it within a millisecond. We call it a move all the same.
HANDED_DOWN = Case(
    instance(vips=(f"{THIRD}/24", f"{VIP}/24")) + B,
    instance(vips=(f"{THIRD}/24",)) + instance("B", 52, (f"{SECOND}/24", f"{VIP}/24")),
    STAYS,
)

RUN = """\
mount -t tmpfs none /run
ip link set lo up
for n in 0 1; do
    ip link add eth$n type veth peer name wire$n; ip link set eth$n up; ip link set wire$n up
done
ip address add 10.9.0.1/24 dev eth0; ip address add 10.9.0.9/24 dev eth0; ip address add 10.8.0.1/24 dev eth1
cat "$1/before" >/run/k.conf
ip -ts -o monitor address >"$1/events" & monitor=$!
keepalived -n -l -D -P -f /run/k.conf >"$1/log" 2>&1 & daemon=$!
for n in $(seq 60); do grep -q "$2/" "$1/events" && break; sleep 0.3; done
sleep 0.3
: >"$1/events"
cat "$1/after" >/run/k.conf
kill -HUP $daemon
sleep 1.5
ip -o address show >"$1/held"
kill $daemon $monitor
"""


@pytest.fixture(scope="module")
def fates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a running keepalived did with the VIP in each case, each in networks of its own."""
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("keepalived"):
        pytest.skip("needs root, unshare and keepalived")
    directories = {name: tmp_path_factory.mktemp("case") for name in [*CASES, "handed down"]}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(run, [*CASES.values(), HANDED_DOWN], directories.values()))
    return {name: fate(directory) for name, directory in directories.items()}


def run(case: Case, directory: Path) -> None:
    for part in ("before", "after"):
        (directory / part).write_text(getattr(case, part))
    own = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]
    subprocess.run([*own, "sh", "-c", RUN, "sh", str(directory), VIP], timeout=60, capture_output=True, check=False)


@pytest.mark.parametrize("name", CASES)
def test_keepalived_does_with_a_held_vip_what_we_say(name: str, fates: dict[str, str]) -> None:
    case = CASES[name]
    assert fates[name] == (STAYS if case.fate == MAY else case.fate)


@pytest.mark.parametrize(
    "after",
    [
        B.replace("52", "61") + A.replace("51", "52", 1),
        instance("B", 61, (f"{VIP}/24",)) + instance("A", 51, (f"{SECOND}/24",)),
    ],
    ids=["virtual_router_ids", "addresses"],
)
def test_a_trade_loses_nothing_where_one_gets_a_number_that_none_had(
    after: str, tmp_path: Path, fates: dict[str, str]
) -> None:
    case = Case(B + A, after, MOVES)
    assert lost_addresses(parse(case.before), parse(case.after)) == []
    run(case, tmp_path)
    held = (tmp_path / "held").read_text()
    assert f"{VIP}/" in held
    assert f"{SECOND}/" in held


def test_an_address_that_is_handed_down_is_not_lost(fates: dict[str, str]) -> None:
    before, after = parse(HANDED_DOWN.before), parse(HANDED_DOWN.after)
    assert fates["handed down"] == STAYS
    assert (impact(before, after), lost_addresses(before, after)) == ("vip_move", [])


#: First line of the address, second one, what is left as it is, and what a holder then shows of it.
LEFT = {
    "preferred_lft": (f"{VIP}/24", f"{VIP}/24 preferred_lft 0", [f"{VIP}/24 preferred_lft"], "preferred_lft forever"),
    "brd": (f"{VIP}/24", f"{VIP}/24 brd 10.9.0.255", [f"{VIP}/24 brd"], "/24 scope"),
    "another label too": (f"{VIP}/24", f"{VIP}/24 brd 10.9.0.255 label eth0:v", [], "brd 10.9.0.255"),
    "another prefix too": (f"{VIP}/24", f"{VIP}/32 brd 10.9.0.255", [], "brd 10.9.0.255"),
    "nothing": (f"{VIP}/24 brd 10.9.0.255", f"{VIP}/24 brd 10.9.0.255", [], "brd 10.9.0.255"),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_a_reload_leaves_of_a_held_address(name: str, tmp_path: Path, fates: dict[str, str]) -> None:
    first, second, left, shown = LEFT[name]
    case = Case(of(first), of(second), STAYS)
    assert left_as_they_are(parse(case.before), parse(case.after)) == left
    run(case, tmp_path)
    (held,) = [line for line in (tmp_path / "held").read_text().splitlines() if f"{VIP}/" in line]
    assert shown in held
