# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan on a host that is not set up yet, and what of it could not be foreseen."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge import apiservers
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.arguments import ARGUMENTS, UNIT
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.coming import Coming
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host.look import Look
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.plan import plan
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.planes import Plane
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import DaemonSays, EdgeError, Lacking
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host import open_files_allowed
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System


class BareHost(System):
    """One without daemons, of which dpkg and systemd know nothing."""

    def which(self, name):
        return f"/bin/{name}" if name in ("dpkg-query", "systemctl") else None

    def run(self, argv, **_options):
        if argv[0] == "/bin/dpkg-query":
            return Completed(1, "", "no packages found", False)
        return Completed(0, "LoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\n", "", False)


def planned(system, **given):
    return plan({**dict.fromkeys(ARGUMENTS), **given}, system, True)


@pytest.mark.parametrize("daemon", ["haproxy", "keepalived"])
def test_a_host_without_the_daemon(daemon, tmp_path):
    config = {"haproxy": {"backends": [{"name": "b"}]}, "keepalived": {"instances": [{"name": "a", "interface": "x"}]}}
    config["keepalived"]["instances"][0].update(virtual_router_id=5, virtual_ipaddress=[{"address": "10.9.9.9/32"}])
    modules = {f"{daemon}_config": {"path": str(tmp_path / "daemon.conf"), **config[daemon]}}
    unit = {**dict.fromkeys(UNIT), "name": daemon, "active": True, "enabled": True}
    told = planned(BareHost(), packages=[daemon], modules=modules, units=[unit])
    assert told["failed_planes"] == []
    assert {name: each["steps"] for name, each in told["planes"].items()} == {
        "packages": [f"package {daemon}: install"],
        f"{daemon}_config": ["backend b: added"] if daemon == "haproxy" else ["add vrrp_instance a"],
        "units": [f"unit {daemon}: start", f"unit {daemon}: enable"],
    }
    assert told["unforeseen"] == [
        f"{daemon}_config: {daemon} is not installed yet, so it could not check the file",
        f"units: {daemon} is not installed yet, so its unit could not be checked",
    ]
    assert told["planes"][f"{daemon}_config"]["impact"] == "none"  # nothing runs that it could touch
    # What is missing on the host all the same is told.
    assert any("is not an interface" in each for each in told["planes"][f"{daemon}_config"]["warnings"]) == (
        daemon == "keepalived"
    )


def test_nothing_is_asked_and_nothing_planned():
    assert planned(BareHost())["planes"] == {}
    empty = planned(BareHost(), packages=[], users=[], files=[], blocks=[], modules={}, units=[])
    assert (len(empty["planes"]), empty["would_change"]) == (5, False)


def test_a_maxconn_beyond_what_a_service_may_open_is_refused_before_haproxy_is_installed(monkeypatch, tmp_path):
    class Small(BareHost):
        def run(self, argv, **options):
            if "haproxy.service" in argv:
                return Completed(0, "LoadState=not-found\nLimitNOFILE=20000\nLimitNOFILESoft=1024\n", "", False)
            return super().run(argv, **options)

    monkeypatch.setattr(open_files_allowed, "_may_raise", lambda *_asked: False)
    for maxconn, failed in ((9000, []), (90000, ["haproxy_config"])):
        options = {"path": str(tmp_path / "haproxy.cfg"), "global": {"maxconn": maxconn}, "backends": [{"name": "b"}]}
        told = planned(Small(), packages=["haproxy"], modules={"haproxy_config": options})
        assert told["failed_planes"] == failed
    assert told["planes"]["haproxy_config"]["msg"].startswith("global.maxconn: 90000 needs at least 1800")


def test_apiservers_are_asked_where_something_changes(monkeypatch):
    asked = []
    monkeypatch.setattr(apiservers, "look", lambda servers: asked.append(servers) or Look(warnings=["not trusted"]))
    server = {"backend": "kubeapi", "address": "10.9.9.9", "port": 6443, "ca": "PEM"}
    assert "apiservers" not in planned(BareHost(), packages=[], apiservers=[server])["planes"]
    told = planned(BareHost(), packages=["haproxy"], apiservers=[server])
    assert (asked, told["planes"]["apiservers"]["warnings"]) == ([[server]], ["not trusted"])


def test_a_module_is_asked_several_times(tmp_path):
    entries = [{"name": "director", "parameters": {}}, {"name": "kernel", "modules": "/"}, "x", {}]
    told = planned(BareHost(), modules={"kernel_settings": entries})
    assert list(told["planes"]) == [f"kernel_settings {name}" for name in ("director", "kernel", "2", "3")]
    assert told["failed_planes"] == [f"kernel_settings {name}" for name in ("kernel", "2", "3")]
    assert "modules.kernel_settings[2]: is not a dictionary" in told["planes"]["kernel_settings 2"]["msg"]


def test_a_look_that_fails_is_a_plane_that_fails():
    block = {"path": "x", "marker": "", "block": "", "state": "absent"}
    told = planned(System(), files=[], users=["root"], blocks=[block])
    assert told["failed_planes"] == ["blocks"]
    assert "blocks[0].path" in told["planes"]["blocks"]["msg"]


@pytest.fixture
def coming():
    found = Coming()
    found.note("packages", Look(brings=["nftables"]))
    found.note("users", Look(brings=["checker"]))
    found.note("files", Look(brings=["/etc/x/check", "/etc/x/ca"]))
    found.note_settings(["net/ipv4/conf/all/arp_ignore"])
    return found


def foreseen(coming, *warnings, fails="", daemon="", **params):
    def action(asked, _system, _check_mode):
        if fails and asked.get("validate", True):
            raise EdgeError(fails)
        return {"changed": True, "steps": ["a step"], "impact": "reload", "warnings": list(warnings)}

    return coming.foresee(Plane({}, action, daemon=daemon), params, System())


def test_warnings_of_what_is_coming(coming):
    told = foreseen(
        coming,
        DaemonSays("keepalived says: script a: '/etc/x/check' does not exist"),
        Lacking("user 'checker' is not a user", "checker"),
        DaemonSays("'/etc/x/checkout' does not exist, and no checker-2"),
        Lacking("Set net.ipv4.conf.all.arp_ignore to 1 first", "net.ipv4.conf.all.arp_ignore"),
        Lacking("Set net.ipv4.ip_forward to 1 first", "net.ipv4.ip_forward"),
        DaemonSays("nobody was found", not_found=True),
    )
    assert told["warnings"] == [
        "'/etc/x/checkout' does not exist, and no checker-2",
        "Set net.ipv4.ip_forward to 1 first",
    ]
    assert told["unforeseen"] == ["it needs checker, /etc/x/check, which this plan adds, so it could not be checked"]
    assert (told["changed"], told["impact"]) == (True, "reload")


def test_without_anything_coming_every_warning_stays():
    warnings = [Lacking("'/etc/x/check' does not exist", "/etc/x/check"), DaemonSays("nobody was found", True)]
    told = foreseen(Coming(), *warnings)
    assert (told["warnings"], told["unforeseen"]) == (warnings, [])


def test_a_warning_that_only_mentions_what_is_coming_stays(coming):
    """Another file gives the parameter another value at the next boot: that the plan sets it now changes nothing."""
    overridden = "90-other.conf sets net.ipv4.conf.all.arp_ignore to 0: at the next boot it wins"
    writable = "/etc/x/check is not what this is about"
    assert foreseen(coming, overridden, writable)["warnings"] == [overridden, writable]


def test_failures_for_want_of_what_is_coming(coming):
    told = foreseen(coming, fails="cannot open /etc/x/ca.\nThe file was not changed.", validate=True)
    assert told["unforeseen"] == ["it needs /etc/x/ca, which this plan adds. Without it: cannot open /etc/x/ca."]
    assert told["steps"] == ["a step"]
    told = foreseen(coming, fails="nft is not installed. Install the package nftables.")
    assert (told["steps"], told["failed"], told["changed"]) == ([], False, False)
    assert told["unforeseen"][0].startswith("it needs nftables, which this plan adds. Without it: nft is not")


def test_failures_for_any_other_reason(coming):
    with pytest.raises(EdgeError, match="cannot open /etc/x/cart"):
        foreseen(coming, fails="cannot open /etc/x/cart")
