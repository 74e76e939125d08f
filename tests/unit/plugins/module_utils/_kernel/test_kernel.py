# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel parameters and modules, in a root directory of the test's own, and through the module's front door."""

from __future__ import annotations

import os

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._kernel.action import desired_of
from ansible_collections.k8s_edge.ha.plugins.module_utils._kernel.model import (
    Desired,
    File,
    last_setting,
    parameter_name,
    parameter_path,
    settings,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._kernel.modules import may_load, no_modules
from ansible_collections.k8s_edge.ha.plugins.module_utils._kernel.resource import KernelSettings
from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System
from hypothesis import given
from hypothesis import strategies as st

BIND, FILTER = "net/ipv4/ip_nonlocal_bind", "net/ipv4/conf/eth0.100/rp_filter"


class Modprobe(System):
    """Loads modules into the root directory; one of them is not to be had."""

    def __init__(self, root):
        self.root = root
        self.argv = []

    def which(self, name):
        return name

    def run(self, argv, **_options):
        self.argv.append(argv)
        if argv[-1] == "absent":
            return Completed(1, "", "modprobe: FATAL: Module absent not found.", False)
        if "--dry-run" not in argv:
            (self.root / "sys/module" / argv[-1]).mkdir(parents=True)
            (self.root / "proc/sys/net/vs").mkdir(parents=True, exist_ok=True)
            (self.root / "proc/sys/net/vs/conntrack").write_text("0\n")
        return Completed(0, "", "", False)


class Host:
    def __init__(self, root):
        self.root = root
        self.ports = Modprobe(root)
        for directory in ("etc/sysctl.d", "etc/modules-load.d", "usr/lib/sysctl.d"):
            (root / directory).mkdir(parents=True)
        modules = root / "lib/modules" / os.uname().release
        for directory in (root / "proc/self/ns", modules):
            directory.mkdir(parents=True)
        (root / "proc/modules").write_text("")
        (modules / "modules.dep").write_text("")
        for path, value in ((BIND, "0"), (FILTER, "1")):
            self.path(path).parent.mkdir(parents=True, exist_ok=True)
            self.path(path).write_text(f"{value}\n")

    def path(self, parameter):
        return self.root / "proc/sys" / parameter

    def value(self, parameter):
        return self.path(parameter).read_text().strip()

    def bring(self, parameters=(), modules=(), check_mode=False, name="edge"):
        resource = KernelSettings(Desired(dict(parameters), tuple(modules)), name, self.ports, str(self.root))
        return reconcile(resource, check_mode=check_mode)

    def written(self):
        return sorted(
            each.name
            for directory in ("sysctl.d", "modules-load.d")
            for each in (self.root / "etc" / directory).iterdir()
        )


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def _off(host):
    (host.root / "proc/sys/kernel").mkdir(parents=True)
    (host.root / "proc/sys/kernel/modules_disabled").write_text("1\n")


def _may_not(host):
    (host.root / "proc/self/status").write_text("CapPrm:\tffffffffffffffff\nCapEff:\t00000000a80425fb\n")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda host: (host.root / "proc/modules").unlink(), "built without loadable modules"),
        (_off, "kernel.modules_disabled is 1"),
        (_may_not, "CAP_SYS_MODULE"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_module_that_could_not_be_loaded_is_known_before(host, make, told, check_mode):
    make(host)
    with pytest.raises(EdgeError, match=f"The module ip_vs cannot be loaded: .*{told}.* on the container's host"):
        host.bring(modules=["ip_vs"], check_mode=check_mode)
    assert host.written() == []


def test_modules_are_of_the_running_kernel_or_cannot_be_seen(host):
    root = str(host.root)
    assert (no_modules(root), may_load(root)) == ("", True)
    (host.root / "lib/modules" / os.uname().release / "modules.dep").unlink()
    assert no_modules(root) is None  # a container: the kernel looks on the container's host
    (host.root / "proc/1").mkdir()
    (host.root / "proc/1/root").symlink_to(root)
    (host.root / "proc/self/ns/pid").symlink_to("/proc/self/ns/pid")
    first = os.stat("/proc/self/ns/pid").st_ino == 0xEFFFFFFC
    assert (no_modules(root) or "").startswith("/lib/modules has no modules for the running kernel") is first


def test_a_life_leaves_nothing_behind(host):
    asked = host.bring({BIND: "1"}, check_mode=True)
    assert (host.value(BIND), host.written()) == ("0", [])
    assert host.bring({BIND: "1"}).summary == asked.summary
    assert asked.summary == ["net.ipv4.ip_nonlocal_bind: 1 instead of 0, now", "net.ipv4.ip_nonlocal_bind: 1 at boot"]
    assert (host.value(BIND), host.written()) == ("1", ["60-k8s-edge-edge.conf"])
    assert (host.root / "etc/sysctl.d/60-k8s-edge-edge.conf").stat().st_mode & 0o777 == 0o644
    assert host.bring({BIND: "1"}).steps == ()
    second = host.bring({FILTER: "2"})
    assert second.summary == [
        "net.ipv4.conf.eth0/100.rp_filter: 2 instead of 1, now",
        "net.ipv4.ip_nonlocal_bind: 0 again, as it was",
        "net.ipv4.conf.eth0/100.rp_filter: 2 at boot",
        "net.ipv4.ip_nonlocal_bind: no longer set at boot",
    ]
    host.bring()
    assert (host.value(BIND), host.value(FILTER), host.written()) == ("0", "1", [])
    assert host.bring().steps == ()


def test_a_value_that_was_reset_at_run_time_is_mended_and_what_was_first_is_remembered(host):
    host.bring({BIND: "1"})
    host.path(BIND).write_text("0\n")
    assert host.bring({BIND: "1"}).summary == ["net.ipv4.ip_nonlocal_bind: 1 instead of 0, now"]
    host.bring({BIND: "2"})
    host.bring()
    assert host.value(BIND) == "0"


def test_what_the_files_of_others_say_is_given_back(host):
    (host.root / "usr/lib/sysctl.d/50-default.conf").write_text("-net.ipv4.conf.*.rp_filter = 7\n")
    host.bring({FILTER: "2", BIND: "1"})
    (host.root / "etc/sysctl.d/40-admin.conf").write_text("# theirs\nnet/ipv4/ip_nonlocal_bind=1\n")
    plan = host.bring()
    assert (host.value(FILTER), host.value(BIND)) == ("7", "1")
    assert plan.summary[0].endswith("usr/lib/sysctl.d/50-default.conf says")


def test_two_of_ours_may_want_the_same(host):
    host.bring({BIND: "1"}, name="one")
    host.bring({BIND: "1"}, name="two")
    host.bring(name="one")
    assert (host.value(BIND), host.written()) == ("1", ["60-k8s-edge-two.conf"])
    host.bring(name="two")
    assert (host.value(BIND), host.written()) == ("0", [])  # what it was when the first came


@pytest.mark.parametrize(
    ("name", "text", "warned"),
    [
        ("etc/sysctl.d/99-admin.conf", "net.ipv4.ip_nonlocal_bind = 0", True),
        ("etc/sysctl.d/99-admin.conf", "net.ipv4.ip_nonlocal_bind = 1", False),
        ("etc/sysctl.d/10-admin.conf", "net.ipv4.ip_nonlocal_bind = 0", False),
        ("etc/sysctl.d/99-admin.conf", "net.ipv4.* = 0", False),
        ("etc/sysctl.d/99-admin.text", "net.ipv4.ip_nonlocal_bind = 0", False),
        ("usr/lib/sysctl.d/99-vendor.conf", "net.ipv4.ip_nonlocal_bind = 0", True),
        ("etc/sysctl.conf", "net.ipv4.ip_nonlocal_bind=0", True),
    ],
)
def test_a_file_that_would_undo_it_at_boot_is_named(host, name, text, warned):
    (host.root / name).write_text(text + "\n")
    warnings = host.bring({BIND: "1"}).warnings
    assert [name in each and "at the next boot it wins" in each for each in warnings] == ([True] if warned else [])


def test_of_files_with_one_name_the_first_counts(host):
    (host.root / "usr/lib/sysctl.d/99-a.conf").write_text("net.ipv4.ip_nonlocal_bind = 0\n")
    (host.root / "etc/sysctl.d/99-a.conf").write_text("")
    assert host.bring({BIND: "1"}).warnings == ()


def test_a_module_comes_before_the_parameters_it_brings_and_is_not_unloaded(host):
    asked = host.bring({"net/vs/conntrack": "1"}, ["ip_vs"], check_mode=True)
    assert host.ports.argv == [["modprobe", "--dry-run", "--", "ip_vs"]]
    done = host.bring({"net/vs/conntrack": "1"}, ["ip_vs"])
    assert done.summary == asked.summary and done.summary[0] == "load the module ip_vs, now"
    assert host.value("net/vs/conntrack") == "1"
    assert host.bring({"net/vs/conntrack": "1"}, ["ip_vs"]).steps == ()
    gone = host.bring()
    assert host.value("net/vs/conntrack") == "0"
    assert gone.summary[-1] == "no longer load the module ip_vs at boot"
    assert (host.root / "sys/module/ip_vs").exists() and host.written() == []


def test_a_module_that_is_built_in_is_there(host):
    directory = host.root / "lib/modules" / os.uname().release
    (directory / "modules.builtin").write_text("kernel/net/ip-vs.ko\n")
    assert host.bring(modules=["ip_vs"]).summary == ["load the module ip_vs at boot"]


def test_a_module_that_is_not_to_be_had_is_said_in_both_modes(host):
    for check_mode in (True, False):
        with pytest.raises(EdgeError, match=r"absent cannot be loaded: .*not found"):
            host.bring(modules=["absent"], check_mode=check_mode)
    assert host.written() == []


def test_a_parameter_the_kernel_has_not_is_refused(host):
    with pytest.raises(InputError, match=r"parameters\[net.ipv4.nothing\].*not a parameter of this kernel"):
        host.bring({"net/ipv4/nothing": "1"})


def test_one_of_ipv6_is_refused_with_the_remedy_where_ipv6_is_off(host):
    with pytest.raises(InputError, match="IPv6 is off on this host"):
        host.bring({"net/ipv6/ip_nonlocal_bind": "1"})
    (host.root / "proc/sys/net/ipv6").mkdir()
    with pytest.raises(InputError, match="Correct its name"):
        host.bring({"net/ipv6/ip_nonlocal_bind": "1"})


def test_check_mode_says_what_cannot_be_written(host, monkeypatch):
    monkeypatch.setattr("os.access", lambda path, mode: not (path.endswith(BIND) and mode & os.W_OK))
    assert host.bring({FILTER: "2"}, check_mode=True).steps
    with pytest.raises(EdgeError, match=r"refuses 1 for net.ipv4.ip_nonlocal_bind: it cannot be written.*container"):
        host.bring({BIND: "1"}, check_mode=True)


def test_a_value_the_kernel_refuses_leaves_all_as_it_was(host):
    host.path(FILTER).unlink()
    host.path(FILTER).mkdir()  # cannot be written, root or not
    with pytest.raises(EdgeError):
        host.bring({BIND: "1", FILTER: "9"}, ["ip_vs"])
    assert (host.value(BIND), host.written()) == ("0", [])


@given(st.from_regex(r"[a-z]{1,5}([./][a-z0-9]{1,5}){1,4}", fullmatch=True))
def test_names_and_paths_are_the_same_parameter(name):
    path = parameter_path(name)
    assert parameter_path(parameter_name(path)) == path


def test_lines_of_a_file():
    text = "; no\n# no\n\n a.b=1\n-c/d.e =  2\t3 \n# was: 7\nf.g = 8\nno equals\n"
    assert list(settings(text)) == [("a/b", "1", None), ("c/d.e", "2 3", None), ("f/g", "8", "7")]


def test_who_names_a_parameter_goes_before_a_pattern_wherever_it_stands():
    files = [File("1", "a.b = 1\n"), File("2", "a.* = 2\n"), File("3", "c.d = 3\nc.* = 4\n")]
    assert last_setting("a/b", files) == ("1", "1")
    assert last_setting("c/e", files) == ("3", "4")
    assert last_setting("x/y", files) is None


def parameters(**given):
    return {"name": "edge", "parameters": None, "modules": None, "state": "present", **given}


def test_values_are_the_kernels():
    given = {"net.ipv4.ip_forward": 1, "net.ipv4.tcp_rmem": "4096  131072\t6291456", "kernel.panic": 10}
    assert desired_of(parameters(parameters=given)).parameters == {
        "net/ipv4/ip_forward": "1",
        "net/ipv4/tcp_rmem": "4096 131072 6291456",
        "kernel/panic": "10",
    }
    assert desired_of(parameters(parameters=given, state="absent")) == Desired()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "../x"}, "name: .*cannot name a file"),
        ({"parameters": {"net.ipv4.*": 1}}, "is not the name of a kernel parameter"),
        ({"parameters": {"../../etc/passwd": 1}}, "is not the name of a kernel parameter"),
        ({"parameters": {"net/../../etc/passwd": 1}}, "is not the name of a kernel parameter"),
        ({"parameters": {"a.b": "1\nc.d = 2"}}, "is not a value of one line"),
        ({"parameters": {"a.b": ""}}, "is not a value of one line"),
        ({"parameters": {"a.b": True}}, "True is not a value of one line"),
        ({"parameters": {"a.b": None}}, "is not a value of one line"),
        ({"modules": ["ip_vs", "-r"]}, r"modules\[1\]: '-r' is not the name of a kernel module"),
    ],
)
def test_what_cannot_be_is_refused(given, said):
    with pytest.raises(InputError, match=said):
        desired_of(parameters(**given))


def test_the_module_from_the_outside(run_module_process):
    asked = run_module_process("kernel_settings", {"name": "test", "parameters": {"kernel.panic": 77}}, check_mode=True)
    assert not asked.failed and asked.result["steps"][-1] == "kernel.panic: 77 at boot"
    refused = run_module_process("kernel_settings", {"name": "test", "parameters": {"net.no.such": 1}})
    assert refused.failed and "is not a parameter of this kernel" in refused.result["msg"]
