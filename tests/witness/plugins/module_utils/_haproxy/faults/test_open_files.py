# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""More open files than HAProxy may have are refused, and only then; HAProxy itself is the witness."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import subprocess

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import DaemonRefused
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.open_files import desired_limits
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.open_files_allowed import (
    after_reload,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.action import file_action
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System
from unit.plugins.module_utils._haproxy.faults.test_open_files import Systemd, judged, limited, text

from ..running_haproxy import HAPROXY, PARAMS, free_port, needs_haproxy, until

HARD = 2000


#: Without root there is no such right.
_POOR = ["setpriv", "--bounding-set=-sys_resource", "--inh-caps=-sys_resource"] if os.geteuid() == 0 else []


@contextlib.contextmanager
def started(path, hard=HARD, soft=None):
    """HAProxy in master-worker mode, without the right to raise its hard limit."""
    words = ["prlimit", f"--nofile={soft or hard}:{hard}", *_POOR]
    process = subprocess.Popen([*words, HAPROXY, "-W", "-f", str(path)], stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)


def starts(path, **limits):
    with started(path, **limits) as process:
        up = until(lambda: process.poll() is not None or after_reload(str(path)) is not None, 10)
        assert up
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)
        return process.poll() is None


def accepted(path):
    return subprocess.run([HAPROXY, "-c", "-W", "-f", str(path)], capture_output=True, check=False).returncode == 0


WITNESSED = [
    (["maxconn 5000"], False),
    (["maxconn 900"], True),
    (["maxconn 5000", "no strict-limits"], True),
    (["strict-limits", "maxconn 5000"], False),
    (["no strict-limits", "strict-limits", "maxconn 5000"], True),  # the second line does nothing
    (["ulimit-n 3000"], False),
    (["ulimit-n 1000", "maxconn 900"], True),
    (["maxconn 900", "fd-hard-limit 500"], False),
    (["maxconn 900", "fd-hard-limit 1900"], True),
    ([], True),
]


@needs_haproxy
@pytest.mark.parametrize(("lines", "works"), WITNESSED, ids=str)
def test_what_is_refused_does_not_start_and_what_is_not_does(lines, works, tmp_path):
    path = tmp_path / "haproxy.cfg"
    path.write_text(text([*lines, "nbthread 1"], [free_port(), free_port()]))
    assert accepted(path)
    assert starts(path) is works
    assert (judged([*lines, "nbthread 1"], limited(HARD)) is None) is works


@needs_haproxy
def test_a_ulimit_below_what_is_counted_counts_only_above_the_soft_limit(tmp_path):
    path = tmp_path / "haproxy.cfg"
    lines = ["maxconn 900", "ulimit-n 1000", "nbthread 1"]
    path.write_text(text(lines, [free_port(), free_port()]))
    assert not starts(path, soft=1000)
    assert judged(lines, limited(HARD, 1000)).option == "global.ulimit-n"
    assert starts(path, soft=1900)
    assert judged(lines, limited(HARD, 1900)) is None


@needs_haproxy
def test_the_count_is_never_above_haproxys_own_and_is_its_own_with_threads_and_checks(tmp_path):
    path = tmp_path / "haproxy.cfg"
    for threads, check in ((1, ""), (2, "check")):
        content = text(["maxconn 5000", f"nbthread {threads}"], [free_port(), free_port()], check)
        path.write_text(content)
        ended = subprocess.run(
            ["prlimit", f"--nofile={HARD}:{HARD}", *_POOR, HAPROXY, "-db", "-f", path],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        counted = int(re.search(r"Cannot raise FD limit to (\d+)", ended.stderr).group(1))
        desired = desired_limits([parse(content)], threads)
        assert desired.counted(desired.files) <= counted == desired.counted(desired.likely)


def config(path, system=None, check_mode=False, **options):
    params = {**PARAMS, "path": str(path), "purge": False, **options}
    return file_action(plan_config)(params, system or System(), check_mode)


@needs_haproxy
@pytest.mark.parametrize("check_mode", [True, False])
def test_the_running_haproxys_limit_refuses_before_the_file_is_swapped(check_mode, tmp_path):
    path = tmp_path / "haproxy.cfg"
    path.write_text(before := text(["maxconn 500", "nbthread 1"], [free_port(), free_port()]))
    with started(path):
        assert until(lambda: after_reload(str(path)) is not None)
        with pytest.raises(DaemonRefused) as refused:
            config(path, check_mode=check_mode, **{"global": {"maxconn": 5000}})
        said = str(refused.value)
        assert re.search(
            r"global\.maxconn: 5000 needs at least 100\d\d open files .* limit of the running HAProxy \(process \d+\) "
            r"allows 2000: HAProxy would not start\. Set maxconn to 9\d0 or less, or write the lines \[Service\] and "
            r"LimitNOFILE=101\d\d to /etc/systemd/system/haproxy\.service\.d/limits\.conf",
            said,
        ), said
        assert path.read_text() == before
        most = int(re.search(r"Set maxconn to (\d+)", said).group(1))
        # What the message advises works.
        assert config(path, check_mode=check_mode, **{"global": {"maxconn": most}})["changed"] is True
    path.write_text(path.read_text().replace("maxconn 500", f"maxconn {most}"))
    assert starts(path)


@needs_haproxy
@pytest.mark.parametrize("check_mode", [True, False])
def test_the_units_limit_counts_where_none_runs(check_mode, tmp_path):
    path = tmp_path / "haproxy.cfg"
    path.write_text(before := text(["maxconn 500"]))
    with pytest.raises(DaemonRefused, match=r"LimitNOFILE of haproxy.service allows 4096"):
        config(path, Systemd(LimitNOFILE="4096"), check_mode, **{"global": {"maxconn": 5000}})
    assert path.read_text() == before
    for told in ({"LimitNOFILE": "524288"}, {"LimitNOFILE": "4096", "LoadState": "not-found"}, {}):
        path.write_text(before)
        done = config(path, Systemd(**told), check_mode, **{"global": {"maxconn": 5000}})
        assert done["changed"] is True
        assert not [warning for warning in done["warnings"] if "open files" in warning]


@needs_haproxy
def test_what_only_the_process_or_only_the_unit_forbids_is_a_warning(tmp_path):
    path = tmp_path / "haproxy.cfg"
    path.write_text(text(["maxconn 500", "nbthread 1"], [free_port(), free_port()]))
    with started(path):
        assert until(lambda: after_reload(str(path)) is not None)
        options = {"runtime": "never", "global": {"maxconn": 5000}}
        done = config(path, Systemd(LimitNOFILE="524288"), True, **options)
        assert any("running HAProxy" in warning and "systemctl restart" in warning for warning in done["warnings"])


@needs_haproxy
def test_a_file_that_asked_for_too_much_before_can_be_edited_and_is_warned_of(tmp_path):
    path = tmp_path / "haproxy.cfg"
    path.write_text(text(["maxconn 5000"]))
    options = {"backends": [{"name": "new", "servers": [{"name": "a", "address": "127.0.0.1", "port": 1}]}]}
    done = config(path, Systemd(LimitNOFILE="4096"), **options)
    assert done["changed"] is True
    assert any("global.maxconn: 5000 needs" in warning for warning in done["warnings"])


def test_this_hosts_own_right_is_judged_as_setrlimit_does(tmp_path):
    """A process like us raises its hard limit if and only if the verdict says that it may."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.open_files_allowed import _may_raise

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with open("/proc/sys/fs/nr_open", encoding="ascii") as file:
        most = int(file.read())
    if hard >= most:
        pytest.skip("the hard limit is the kernel's already, so that nothing can be raised")
    may = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (10, {hard + 1}))"
    raised = subprocess.run(["python3", "-c", may], capture_output=True, check=False).returncode == 0
    assert _may_raise(os.getpid(), "CapEff", "/proc") is raised
