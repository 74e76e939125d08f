# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which firewall is used, what is refused, and bad input of module firewall_access.

What it does on hosts is Molecule's to prove (molecule/firewall).
"""

from __future__ import annotations

import json

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files import record_file
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall import action as actions
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.model import Desired, Opening
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.nft_text import Chain
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.nftables import NftablesRules
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System


def opening(protocol="tcp", **given):
    return {"protocol": protocol, "port": None, "sources": None, "destination": None, **given}


def parameters(*openings, **given):
    fields = {"interfaces": None, "guarded": None, "backend": "auto", "close": True, "state": "present"}
    return {"openings": list(openings), **fields, **given}


def test_parameters_are_desired_state_in_one_spelling():
    assert actions.desired_of(
        parameters(
            opening(port=6443, sources=["10.0.0.1/8", "192.0.2.1/32"], destination="10.0.0.100"),
            opening("vrrp", sources=["fd00:0::2"]),
            opening("vrrp", sources=["fd00::2"]),
            interfaces=["eth0"],
            guarded=["FD00::100"],
            close=False,
        )
    ) == Desired(
        (
            Opening("tcp", 6443, "10.0.0.0/8", "10.0.0.100"),
            Opening("tcp", 6443, "192.0.2.1", "10.0.0.100"),
            Opening("vrrp", None, "fd00::2"),
        ),
        ("eth0",),
        ("fd00::100",),
        False,
    )


def test_absent_leaves_nothing():
    assert actions.desired_of(parameters(opening(port=1), state="absent")) == Desired()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (opening(), r"openings\[0\]\.port: is not a port"),
        (opening("udp", port=70000), r"openings\[0\]\.port: 70000 is not a port"),
        (opening("vrrp", port=1), r"vrrp has no ports"),
        (opening(port=1, sources=[]), r"openings\[0\]\.sources: \[\] lets nobody in"),
        (opening(port=1, sources=["10.0.0.1", "peer"]), r"openings\[0\]\.sources\[1\]: 'peer' is not an address"),
        (opening(port=1, destination="fe80::1%eth0"), r"destination: 'fe80::1%eth0' is not an address"),
        (opening(port=1, destination='10.0.0.1" accept'), r"openings\[0\]\.destination: .* is not an address"),
        (opening(port=1, sources=["10.0.0.1"], destination="fd00::1"), r"has another address family than fd00::1"),
    ],
)
def test_what_cannot_be_is_refused_by_its_place(given, said):
    with pytest.raises(InputError, match=said):
        actions.desired_of(parameters(given))


class Host(System):
    def __init__(self, *there):
        self.there = there

    def which(self, name):
        return name if name in self.there else None


@pytest.fixture
def host(monkeypatch, tmp_path):
    """``host(units, running)``: services with their state at boot; gives what was reconciled, as it will be filled."""

    def make(units=(), running=False, left=(), chains=()):
        monkeypatch.setattr(NftablesRules, "chains", lambda self: chains)
        for directory in ("etc/multi-user.target.wants", "lib"):
            (tmp_path / directory).mkdir(parents=True)
        for name, state in units:
            (tmp_path / "lib" / f"{name}.service").touch()
            if state == "masked":
                (tmp_path / "etc" / f"{name}.service").symlink_to("/dev/null")
            if state == "enabled":
                link = tmp_path / "etc/multi-user.target.wants" / f"{name}.service"
                link.symlink_to(tmp_path / "lib" / f"{name}.service")
        done = []
        monkeypatch.setattr(actions, "_UNITS", (str(tmp_path / "etc"), str(tmp_path / "lib")))
        monkeypatch.setattr(actions, "_firewalld_runs", lambda: running)
        monkeypatch.setattr(actions, "_left_in", lambda: list(left))

        def reconcile(backend, desired, _running, _ports, _check_mode):
            done.append((backend, desired))
            return Plan("", "", (Step(backend, None),), "runtime"), [] if desired.close else ["a rule"]

        monkeypatch.setattr(actions, "_reconcile", reconcile)
        return done

    return make


@pytest.mark.parametrize(
    ("units", "running", "backend"),
    [
        ([], False, "none"),
        ([("firewalld", "enabled")], True, "firewalld"),
        ([("firewalld", "disabled")], True, "firewalld"),
        ([("firewalld", "enabled")], False, "firewalld"),
        ([("firewalld", "disabled"), ("nftables", "enabled")], False, "nftables"),
        ([("firewalld", "masked"), ("nftables", "disabled")], False, "none"),
    ],
)
def test_auto_takes_what_runs_or_starts_at_boot(host, units, running, backend):
    done = host(units, running)
    result = actions.access(parameters(opening(port=1)), Host("nft"), False)
    assert result["backend"] == backend
    assert [name for name, _desired in done] == ([] if backend == "none" else [backend])
    told = {"none": "No firewall is in use", "firewalld": "firewalld does not run"}
    expected = [told[backend]] if backend == "none" or (backend == "firewalld" and not running) else []
    assert [note[: len(told[backend])] for note in result["notes"]] == expected


DROPPING = (
    Chain("inet", "filter", "input", False),
    Chain("ip", "filter", "INPUT", False),
    Chain("inet", "firewalld", "filter_INPUT", True),
)


@pytest.mark.parametrize(
    ("units", "running", "told"),
    [
        ([], False, ["inet filter input", "ip filter INPUT", "inet firewalld filter_INPUT"]),
        ([("firewalld", "enabled")], True, ["inet filter input"]),
        ([("firewalld", "enabled"), ("nftables", "enabled")], True, ["disable nftables", "inet filter input"]),
        ([("nftables", "enabled")], False, []),
    ],
)
def test_what_others_drop_nevertheless_is_told(host, units, running, told):
    host(units, running, chains=DROPPING)
    result = actions.access(parameters(opening(port=1)), Host("nft"), False)
    assert [word in warning for word, warning in zip(told, result["warnings"])] == [True] * len(told)
    assert len(result["warnings"]) == len(told) and not result["notes"]
    for quiet in ({"state": "absent"}, {"backend": "none"}):
        assert not actions.access(parameters(opening(port=1), **quiet), Host("nft"), False)["warnings"]


def test_without_nft_nobody_can_be_asked(host):
    host([], False, chains=DROPPING)
    assert not actions.access(parameters(opening(port=1)), Host(), False)["warnings"]


def test_what_another_backend_had_goes_when_it_may(host):
    done = host([("nftables", "enabled")], left=["firewalld", "nftables"])
    result = actions.access(parameters(opening(port=1), close=False), Host("nft"), False)
    assert [name for name, _desired in done] == ["nftables"]
    assert result["left"] == ["what is left in firewalld", "a rule"]
    done.clear()
    result = actions.access(parameters(opening(port=1)), Host("nft"), False)
    assert done == [("firewalld", Desired()), ("nftables", Desired((Opening("tcp", 1),)))]
    assert result["steps"] == ["firewalld", "nftables"] and result["impact"] == "runtime" and result["left"] == []


def test_what_is_left_is_what_closing_would_do(monkeypatch, tmp_path):
    from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall import firewalld, zone_rules
    from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.zones import View, Zone, rich_rule

    old, new = Opening("tcp", 1), Opening("tcp", 2)
    rule = rich_rule(old)
    monkeypatch.setattr(zone_rules, "RECORD", str(tmp_path / "firewalld.json"))
    (tmp_path / "firewalld.json").write_text(json.dumps([["permanent", "public", rule]]))

    class Door:
        def __init__(self, _ports):
            pass

        def view(self, _interfaces, _further):
            return View("public", {"public": Zone("default", (), (), None, frozenset([rule, rich_rule(new)]))})

    monkeypatch.setattr(firewalld, "Stopped", Door)
    desired = Desired((new,), ("eth0",), close=False)
    plan, left = actions._reconcile("firewalld", desired, False, Host(), False)
    closing = f"zone public: remove {rule} that k8s_edge added, for good"
    assert (plan.summary, left) == ([], [closing])
    more = desired._replace(openings=(new, Opening("tcp", 3)))
    asked, left = actions._reconcile("firewalld", more, False, Host(), True)
    assert len(asked.summary) == 1 and left == [closing]  # what check mode does not open is nothing to close


@pytest.mark.parametrize(
    ("units", "running", "backend", "tools", "said"),
    [
        ([], False, "firewalld", (), "not installed"),
        ([("firewalld", "masked")], False, "firewalld", (), "masked.*systemctl unmask"),
        ([("firewalld", "enabled")], True, "nftables", ("nft",), "firewalld runs"),
        ([], False, "nftables", (), "nft is not installed"),
    ],
)
def test_a_backend_that_cannot_be_is_refused_with_the_remedy(host, units, running, backend, tools, said):
    done = host(units, running)
    with pytest.raises(EdgeError, match=said):
        actions.access(parameters(opening(port=1), backend=backend), Host(*tools), False)
    assert done == []


def test_the_module_from_the_outside(run_module_process):
    run = run_module_process(
        "firewall_access", {"backend": "none", "openings": [{"protocol": "vrrp"}]}, check_mode=True
    )
    assert (run.failed, run.result["changed"], run.result["backend"]) == (False, False, "none")
    run = run_module_process("firewall_access", {"backend": "none", "openings": [{"protocol": "tcp", "port": 0}]})
    assert run.failed and run.result["msg"].startswith("openings[0].port: 0 is not a port")


@pytest.mark.parametrize("left", ["firewalld.json", "nftables.json"])
def test_a_backend_has_something_of_ours_as_long_as_its_record_says_so(monkeypatch, tmp_path, left):
    monkeypatch.setattr(record_file, "DIRECTORY", str(tmp_path))
    assert actions._left_in() == []
    (tmp_path / left).touch()
    assert actions._left_in() == [left.partition(".")[0]]
