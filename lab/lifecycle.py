# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create and remove a lab, in the right order, and keep its state.

The state of an instance (keys, certificates, ssh_config, its description, disks of machines) is in STATE/INSTANCE,
readable by root only."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from lab import certificates, image, kinds, luggage, network, requirements, ssh
from lab.command import LabError
from lab.declaration import CONTAINER, STATE, Lab, from_json, state_of, to_json

Say = Callable[[str], None]


def build(lab: Lab, say: Say) -> None:
    """Build the image or disk that each kind of host starts from, unless the one of the current recipe exists."""
    with _alone():
        for kind in kinds.used(lab):
            kind.build(lab, say, STATE / "image.log")


def up(lab: Lab, say: Say) -> None:
    """Create missing hosts, switch on those that are off, and wait until every host is ready. Idempotent."""
    state = state_of(lab.instance)
    with _alone():
        made_of = _remember(lab, state)
    certificates.issue(lab, state)
    ssh.prepare(lab, state)
    network.lay(lab)
    known = kinds.states(lab)
    for host in lab.hosts:
        if known.get(host.name) == kinds.LOST:
            kinds.of(host).discard(lab, host)
            del known[host.name]
            say(f"{host.name} was killed together with what watched over it: a new one takes its place")
    if any(host.name not in known for host in lab.hosts):
        build(lab, say)
    off = [host for host in lab.hosts if known.get(host.name) != "running"]
    new = [host for host in off if host.name not in known]
    requirements.check_inotify(len([host for host in off if host.kind == CONTAINER]))
    for host in off:
        if host in new:
            kinds.of(host).make(lab, host, luggage.pack(lab, host, state))
        kinds.power_on(lab, host)
    for host in lab.hosts:
        kinds.wait(lab, host)
    for host in new:  # on existing hosts, failed services are the concern of whoever installed them
        if failed := kinds.failed_units(lab, host):
            raise LabError(f"{host.name} started, but not all of it:\n{failed}")
    age = "" if made_of == _made_of(lab) else "; an earlier version of the lab built them, `down` and `up` renews"
    say(f"{lab.instance}: {len(lab.hosts)} hosts are up ({len(off)} of them started now{age})")


def down(instance: str, say: Say) -> None:
    """Remove everything that `up` created for this instance, except the image."""
    if instance not in instances():
        say(f"{instance}: not there")
        return
    lab = recall(instance)
    ssh.hang_up(state_of(instance))
    for kind in kinds.used(lab):
        kind.remove(lab)
    network.remove(lab)
    shutil.rmtree(state_of(instance))
    say(f"{instance}: gone")


def remove_image() -> None:
    """Remove the image, the disks and the rest of the state directory if no lab exists any more."""
    with contextlib.suppress(FileNotFoundError):  # without podman there is no image
        image.remove()
    shutil.rmtree(STATE, ignore_errors=True)


def instances() -> list[str]:
    """The names of the existing labs."""
    return sorted(path.parent.name for path in STATE.glob("*/lab.json"))


def recall(instance: str) -> Lab:
    """The lab as `up` built it."""
    try:
        remembered = json.loads((state_of(instance) / "lab.json").read_text())
    except FileNotFoundError:
        there = f" There is: {', '.join(instances())}." if instances() else ""
        raise LabError(f"there is no lab {instance}.{there}") from None
    return from_json(json.dumps(remembered["lab"]))


def status(instance: str) -> str:
    """A table of all hosts with state, current addresses and groups."""
    lab = recall(instance)
    known = kinds.states(lab)
    rows = [("HOST", "STATE", "ADDRESSES", "GROUPS")]
    for host in lab.hosts:
        running = known.get(host.name) == "running"
        said = kinds.system_state(lab, host) or "starting" if running else known.get(host.name, "missing")
        held = " ".join(kinds.addresses(lab, host)) if running else "-"
        rows.append((host.name, said, held, ",".join(host.groups)))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, [*widths, 0], strict=True)).rstrip() for row in rows)


def _remember(lab: Lab, state: Path) -> str:
    """Store the lab's description and what its hosts are made of, unless that is stored. Returns the latter as stored.
    Raises LabError if a different lab of that name exists."""
    path = state / "lab.json"
    if not path.exists():
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(json.dumps({"lab": json.loads(to_json(lab)), "made_of": _made_of(lab)}, indent=2) + "\n")
    elif recall(lab.instance) != lab:
        raise LabError(
            f"the lab {lab.instance} was built from another inventory. "
            f"Remove it first: bin/lab --instance {lab.instance} down"
        )
    return str(json.loads(path.read_text())["made_of"])


def _made_of(lab: Lab) -> str:
    """A digest of the image and of the files that hosts get."""
    starts = sorted({kinds.of(host).made_of(host).encode() for host in lab.hosts})
    parts = [path.read_bytes() for path in sorted((Path(__file__).parent / "hosts").iterdir()) if path.is_file()]
    return hashlib.sha256(b"\0".join([*starts, *parts])).hexdigest()[:12]


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """A lock: only one process at a time builds the image."""
    STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(STATE / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
