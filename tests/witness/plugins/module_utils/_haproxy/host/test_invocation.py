# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the service starts HAProxy, as the running master says it."""

from __future__ import annotations

import os
import subprocess
import time

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.invocation import (
    invocation,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.service import is_loaded
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_backend, plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.info import information
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.action import file_action
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

from ..running_haproxy import HAPROXY, PARAMS, free_port, needs_haproxy, until


@pytest.fixture
def served(tmp_path):
    """The files of a HAProxy that runs with several, and with a variable."""
    main, directory = tmp_path / "haproxy.cfg", tmp_path / "conf.d"
    directory.mkdir()
    main.write_text(
        "defaults\n    mode tcp\n    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\n"
        'frontend f\n    bind "127.0.0.1:${PORT}"\n'
    )
    (directory / "50-more.cfg").write_text("backend more\n    server a 127.0.0.1:1\n")
    words = [HAPROXY, "-W", "-f", main, "-f", directory]
    port = free_port()
    running = subprocess.Popen(words, stderr=subprocess.DEVNULL, env={**os.environ, "PORT": str(port)})
    assert until(lambda: invocation(str(main), System()).sources == (str(main), str(directory)))
    yield main, directory
    running.terminate()
    running.wait(10)


@needs_haproxy
def test_a_file_is_judged_between_the_others_and_with_the_services_variables(served):
    main, directory = served
    params = {**PARAMS, "runtime": "never", "state": "present"}
    backend = {"name": "b", "servers": [{"name": "a", "address": "127.0.0.1", "port": 1}]}
    # Without the variable the file would be refused, without the defaults of the first file the second warned of.
    done = file_action(plan_backend)({**params, "path": str(main), **backend}, System(), False)
    assert (done["changed"], done["warnings"]) == (True, [])
    done = file_action(plan_backend)(
        {**params, "path": str(directory / "50-more.cfg"), **backend, "name": "c"}, System(), False
    )
    assert (done["changed"], done["warnings"]) == (True, [])
    time.sleep(0.02)
    with pytest.raises(InputError, match="names two proxies"):
        file_action(plan_backend)({**params, "path": str(main), "name": "more"}, System(), False)


@needs_haproxy
def test_names_of_the_other_files_count(served):
    main, directory = served
    params = {**PARAMS, "path": str(main), "runtime": "never", "purge": False}
    front = {"name": "g", "bind": [{"address": "127.0.0.1", "port": free_port()}]}
    done = file_action(plan_config)({**params, "frontends": [{**front, "default_backend": "more"}]}, System(), False)
    assert done["changed"] is True
    with pytest.raises(InputError, match="is used in default_backend, but no backend"):
        file_action(plan_config)({**params, "frontends": [{**front, "default_backend": "none"}]}, System(), False)
    for validate in (True, False):
        with pytest.raises(InputError, match="names two proxies"):
            file_action(plan_config)({**params, "validate": validate, "backends": [{"name": "more"}]}, System(), False)
        more = {**params, "validate": validate, "path": str(directory / "50-more.cfg"), "state": "absent"}
        del more["purge"]
        with pytest.raises(InputError, match=r"frontend g.*is used in default_backend"):
            file_action(plan_backend)({**more, "name": "more"}, System(), False)


@needs_haproxy
def test_a_process_has_its_files_only_if_it_has_them_all(served):
    main, directory = served
    assert until(lambda: is_loaded(str(main), {}).loaded)
    time.sleep(0.05)
    (directory / "60-new.cfg").write_text("backend another\n    server a 127.0.0.1:1\n")
    told = is_loaded(str(main), {})
    assert (told.loaded, "60-new.cfg was changed" in told.reason) == (False, True)


@needs_haproxy
def test_an_empty_directory_beside_the_file_keeps_nobody_from_live_changes(start, tmp_path):
    (tmp_path / "conf.d").mkdir()
    haproxy = start(kind="directory")
    told = haproxy.backend(servers=haproxy.servers(one={"weight": 5}))
    assert (told["impact"], haproxy.states()["one"][2]) == ("runtime", 5)
    (tmp_path / "conf.d" / "more.cfg").write_text("backend more\n    server a 127.0.0.1:1\n")
    told = haproxy.backend(servers=haproxy.servers(one={"weight": 6}))
    assert (told["impact"], haproxy.states()["one"][2]) == ("reload", 6)
    assert haproxy.states("more")["a"][1] == 1
    told = haproxy.backend(servers=haproxy.servers(one={"weight": 7}))
    assert "it was started with more files" in told["steps"][-1]


@needs_haproxy
def test_info_names_every_file_that_haproxy_reads(served, tmp_path):
    main, directory = served
    params = {"path": str(main), "unit": "no-such-unit.service", "socket": None}
    assert information(params, System(), False)["files"] == [str(main), str(directory / "50-more.cfg")]
    params["path"] = str(tmp_path / "other.cfg")
    assert information(params, System(), False)["files"] == [str(tmp_path / "other.cfg")]
