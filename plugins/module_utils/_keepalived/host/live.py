# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running keepalived: systemd's data, the kernel's, and keepalived's own dump. Read only.

keepalived makes the dump on SIGUSR1 (every version supports it), in files in /tmp that only root can read.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

UNIT = "keepalived"
_PROPERTIES = (
    "ActiveState",
    "UnitFileState",
    "MainPID",
    "StateChangeTimestamp",
    "StateChangeTimestampMonotonic",
    "ActiveEnterTimestampMonotonic",
    "ExecMainStartTimestampMonotonic",
)
_PID_FILES = ("/run/keepalived.pid", "/run/keepalived/keepalived.pid", "/var/run/keepalived.pid")
_DUMP = "tmp/keepalived.data"
_DUMP_TIME_LIMIT = 3.0
_VERSION = re.compile(r"Keepalived v([0-9][^ ]*)")
_CONFIG_ARGUMENT = re.compile(r"(?:-f|--use-file=?)(.*)", re.DOTALL)
_ID_ARGUMENT = re.compile(r"(?:-i|--config-id=?)(.*)", re.DOTALL)
DEFAULT_CONFIG = "/etc/keepalived/keepalived.conf"
_TRANSITION, _SECONDS = "Last transition", re.compile(r"\d+\.\d+ ")
_TIMESTAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{6}) UTC")


class Service(NamedTuple):
    """The service's state by systemd or, without systemd, by the pid file. Times are CLOCK_MONOTONIC, in seconds, or 0.
    ``clock`` is the wall clock minus the monotonic clock at the last change of state, or 0 where systemd is too old to
    report microseconds (before 247)."""

    active: bool
    enabled: bool
    main_pid: int
    started: float
    reloaded: float
    clock: float = 0.0


def version(system: System) -> str | None:
    """The installed version, ``2.2.7``, or None where keepalived is not installed."""
    program = system.which("keepalived")
    if program is None:
        return None
    done = system.run([program, "--version"], timeout=10)
    found = _VERSION.search(done.stderr + done.stdout)
    return found.group(1) if found else ""


def service(system: System) -> Service:
    """The service's state, read with one command."""
    systemctl = system.which("systemctl")
    if systemctl is not None and os.path.isdir("/run/systemd/system"):
        question = [systemctl, "show", UNIT, "-p", ",".join(_PROPERTIES)]
        done = system.run([*question, "--timestamp=us+utc"], timeout=20)
        if done.rc != 0:
            done = system.run(question, timeout=20)
        if done.rc == 0:
            return service_of(dict(line.split("=", 1) for line in done.stdout.split("\n") if "=" in line))
    pid = pid_of_file()
    return Service(pid > 0, False, pid, _started(pid) if pid else 0.0, 0.0)


def service_of(properties: dict[str, str]) -> Service:
    """systemd's properties as a Service. A reload shows as a state change after the unit became active."""

    def seconds(name: str) -> float:
        value = properties.get(name, "0")
        return int(value) / 1e6 if value.isdigit() else 0.0

    changed, entered = seconds("StateChangeTimestampMonotonic"), seconds("ActiveEnterTimestampMonotonic")
    active = properties.get("ActiveState") in ("active", "reloading")
    return Service(
        active=active,
        enabled=properties.get("UnitFileState", "").startswith("enabled"),
        main_pid=int(properties.get("MainPID") or 0),
        started=seconds("ExecMainStartTimestampMonotonic"),
        reloaded=changed if properties.get("ActiveState") == "active" and changed > entered else 0.0,
        clock=_wall_clock(properties.get("StateChangeTimestamp", "")) - changed if changed else 0.0,
    )


def _wall_clock(text: str) -> float:
    """systemd's ``Sat 2026-01-31 10:00:00.123456 UTC`` in seconds since 1970; NaN for anything less exact: NaN never
    exceeds a limit."""
    import datetime

    match = _TIMESTAMP.search(text)
    if match is None:
        return float("nan")
    numbers = [int(number) for number in match.groups()]
    return datetime.datetime(*numbers, tzinfo=datetime.timezone.utc).timestamp()  # type: ignore[misc, arg-type]


def config_of(pid: int) -> str | None:
    """The configuration file that a running keepalived was started with; None where it has ended. Raises
    PermissionError without root."""
    try:
        working = os.readlink(f"/proc/{pid}/cwd")
        return os.path.join(working, _argument(pid, _CONFIG_ARGUMENT) or DEFAULT_CONFIG)
    except PermissionError:  # without root nothing is known about it
        raise
    except OSError:
        return None


def config_id_of(pid: int) -> str:
    """The name that a running keepalived uses for ``@`` conditions; the host name where none was given, or where its
    command line cannot be read."""
    try:
        config_id = _argument(pid, _ID_ARGUMENT)
    except OSError:
        config_id = None
    return config_id or os.uname().nodename


def _argument(pid: int, pattern: re.Pattern[str]) -> str | None:
    """The argument after an option in a process's command line."""
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        arguments = file.read().decode("utf-8", "surrogateescape").split("\0")[1:]
    for number, argument in enumerate(arguments):
        match = pattern.fullmatch(argument)
        if match:
            return match.group(1) or (arguments[number + 1] if number + 1 < len(arguments) else "")
    return None


def dump(pid: int) -> str | None:
    """keepalived's dump of its instances, or None where none was written in time. Files that did not exist before are
    removed again."""
    root = f"/proc/{pid}/root"
    path = os.path.join(root, _DUMP)
    companions = [os.path.join(root, "tmp", f"keepalived_{name}.data") for name in ("parent", "check", "bfd")]
    before = {one: _stamp(one) for one in [path, *companions]}
    try:
        os.kill(pid, signal.SIGUSR1)
        return _fresh(path, before[path])
    except PermissionError:
        raise
    except OSError:
        return None
    finally:
        for one, stamp in before.items():
            if stamp is None and _stamp(one) is not None:
                os.unlink(one)


def _fresh(path: str, before: Any) -> str | None:
    """A dump's text once it is complete: newer than before, its last section started, and no longer growing."""
    limit = time.monotonic() + _DUMP_TIME_LIMIT
    last = None
    while time.monotonic() < limit:
        time.sleep(0.02)
        stamp = _stamp(path)
        if stamp is not None and stamp != before and stamp == last:
            with open(path, encoding="utf-8", errors="replace") as file:
                text = file.read()
            if "------< Interfaces >------" in text:
                return text
        last = stamp
    return None


def _stamp(path: str) -> Any:
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def instances_of(text: str) -> list[dict[str, Any]]:
    """The instances of a dump: name, state, base and effective priority, virtual_router_id, interface, addresses, and
    the time of the last state change, in seconds since 1970."""
    names = {
        "State": "state",
        "Priority": "priority",
        "Effective priority": "effective_priority",
        "Virtual Router ID": "virtual_router_id",
        "Interface": "interface",
    }
    found: list[dict[str, Any]] = []
    topology = text.partition("------< VRRP Topology >------")[2].partition("------<")[0]
    listing = False
    for line in topology.split("\n"):
        key, equals, value = line.strip().partition(" = ")
        if not equals:
            address = parse_address(key.partition(" ")[0])
            if listing and address is not None:
                found[-1]["addresses"].append(f"{address.host}/{address.full_prefix}")
            listing = bool(found) and (key.startswith("Virtual IP") or (listing and address is not None))
            continue
        listing = False
        if key == "VRRP Instance":
            found.append({"name": value, "addresses": []})
        elif found and key in names and names[key] not in found[-1]:
            found[-1][names[key]] = int(value) if value.isdigit() else value.partition(",")[0]
        elif found and key == _TRANSITION and _SECONDS.match(value):
            found[-1]["since"] = float(value.split()[0])
    return found


def _contents(path: str) -> Iterator[str]:
    try:
        with open(path, encoding="ascii") as file:
            yield file.read()
    except OSError:
        return


def pid_of_file() -> int:
    """The pid in keepalived's pid file; 0 where none runs."""
    for path in _PID_FILES:
        for text in _contents(path):
            pid = int(text) if text.strip().isdigit() else 0
            for name in _contents(f"/proc/{pid}/comm"):
                if name.strip() == "keepalived":
                    return pid
    return 0


def _started(pid: int) -> float:
    """When a process started, by CLOCK_BOOTTIME, which is CLOCK_MONOTONIC plus time in suspend."""
    for text in _contents(f"/proc/{pid}/stat"):
        ticks = int(text.rpartition(")")[2].split()[19])
        return ticks / os.sysconf("SC_CLK_TCK")
    return 0.0
