# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""D-Bus: a real bus understands us."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.dbus import (
    Bus,
    DBusError,
)


@pytest.fixture
def bus(tmp_path):
    """A message bus of the test's own."""
    daemon = shutil.which("dbus-daemon")
    if daemon is None:
        pytest.skip("needs dbus-daemon (Debian package dbus-daemon)")
    (tmp_path / "bus.conf").write_text(
        f"<busconfig><listen>unix:path={tmp_path}/bus</listen><auth>EXTERNAL</auth><policy context='default'>"
        "<allow send_destination='*'/><allow own='*'/><allow receive_sender='*'/></policy></busconfig>"
    )
    argv = [daemon, f"--config-file={tmp_path}/bus.conf", "--nofork", "--print-address"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE)
    process.stdout.readline()
    with Bus(str(tmp_path / "bus")) as connection:
        yield connection
    process.terminate()
    process.wait(timeout=10)


def test_a_real_bus_answers(bus):
    name, path = "org.freedesktop.DBus", "/org/freedesktop/DBus"
    assert bus.call(name, path, f"{name}.RequestName", "su", "a.b", 4) == 1
    assert "a.b" in bus.call(name, path, f"{name}.ListNames")
    assert bus.running("a.b") and not bus.running("c.d")
    assert bus.call(name, path, "org.freedesktop.DBus.Properties.Get", "ss", name, "Features")


def test_an_error_has_its_name_and_its_words(bus):
    with pytest.raises(DBusError, match=r"nobody\.here") as caught:
        bus.call(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.GetNameOwner", "s", "nobody.here"
        )
    assert caught.value.name == "org.freedesktop.DBus.Error.NameHasNoOwner"


def test_who_is_not_there_is_not_started(bus):
    with pytest.raises(DBusError):
        bus.call("nobody.here", "/", "a.b.C")
