# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether packages are installed, as dpkg or rpm reports it: without taking their locks, and without the network."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host.look import Look
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

_SECONDS = 30.0
#: Exists on every machine that uses dpkg, whatever other package tools are installed.
_DPKG = "/var/lib/dpkg/status"
#: dpkg's status of a package that is installed completely.
_WORKING = ("installed", "triggers-awaited", "triggers-pending")


def look(names: Sequence[str], system: System) -> Look:
    """A step for each missing package. A daemon whose program exists counts as installed, even if it was built locally
    or comes from a package of another name."""
    asked = [name for name in dict.fromkeys(names) if system.which(name) is None]
    if not asked:
        return Look()
    states = _states(asked, system)
    missing = [name for name in asked if states.get(name) not in _WORKING]
    steps = [
        f"package {name}: install" + (f" (dpkg has it {states[name]})" if _is_broken(states.get(name)) else "")
        for name in missing
    ]
    return Look(steps, brings=missing)


def _is_broken(state: str | None) -> bool:
    return state not in (None, "not-installed", "config-files")


def _states(names: Sequence[str], system: System) -> dict[str, str]:
    """The state of each package that the host's package manager knows."""
    dpkg, rpm = system.which("dpkg-query"), system.which("rpm")
    if dpkg is not None and (rpm is None or os.path.exists(_DPKG)):
        listing = system.run([dpkg, "-W", "-f", "${Package} ${db:Status-Status}\n", *names], timeout=_SECONDS)
        if listing.rc not in (0, 1):  # 1: some of them are unknown
            raise EdgeError(f"dpkg-query cannot tell what is installed: {listing.stderr.strip()}.")
        return dict(line.split(" ", 1) for line in listing.stdout.splitlines() if " " in line)
    if rpm is None:
        raise EdgeError(
            "packages: this host has neither dpkg-query nor rpm, so it is not known whether it has {}. Install "
            "the packages by hand, and leave the option out.".format(", ".join(names))
        )
    listing = system.run([rpm, "-q", "--qf", "%{NAME}\n", *names], timeout=_SECONDS)
    if listing.timed_out or listing.stderr.strip():
        raise EdgeError(f"rpm cannot tell what is installed: {listing.stderr.strip() or 'it did not answer in time'}.")
    return {line: "installed" for line in listing.stdout.splitlines() if " " not in line}
