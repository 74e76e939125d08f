"""A chroot directory that is missing: ``haproxy -c`` accepts it, and a reload with it ends the process that serves."""

from __future__ import annotations

import shutil

import pytest

pytestmark = pytest.mark.skipif(not shutil.which("haproxy"), reason="haproxy is not installed")

PROXY = {"name": "web", "mode": "http", "bind": [{"address": "127.0.0.1", "port": 18997}], "monitor_uri": "/"}
TIMEOUTS = {"timeouts": {"connect": "5s", "client": "5s", "server": "5s"}}


@pytest.fixture
def write(run_module_process, tmp_path):
    """write(**options): haproxy_config on a file of the test's own, without a running HAProxy."""

    def call(**options):
        path = str(tmp_path / "haproxy.cfg")
        return run_module_process(
            "haproxy_config", {"path": path, "defaults": [TIMEOUTS], "frontends": [PROXY], **options}
        )

    return call


def test_it_is_refused_and_the_file_is_as_it_was(write, tmp_path):
    assert write(**{"global": {"chroot": str(tmp_path)}}).rc == 0
    before = (tmp_path / "haproxy.cfg").read_text()
    said = write(**{"global": {"chroot": f"{tmp_path}/nowhere"}})
    assert said.failed
    for words in ("global.chroot", "nowhere", "HAProxy would exit", "Create the directory first"):
        assert words in said.result["msg"]
    assert (tmp_path / "haproxy.cfg").read_text() == before


def test_what_was_missing_before_keeps_nobody_from_other_changes(write, tmp_path):
    directory = tmp_path / "root"
    directory.mkdir()
    assert write(**{"global": {"chroot": str(directory)}}).rc == 0
    directory.rmdir()
    assert write(**{"global": {"maxconn": 100}}).rc == 0
