# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nftables as a resource: our file, the unit that loads it, and the rules in the kernel, kept in agreement."""

from __future__ import annotations

import json
import os
from contextlib import AbstractContextManager
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import DaemonRefused, EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.record_file import DIRECTORY, RecordFile
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.model import Desired
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.nft_plan import (
    Files,
    Found,
    Loaded,
    Rules,
    Service,
    loaded_from,
    plan,
    text_of,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.nft_text import (
    PATH,
    TABLE,
    UNIT,
    Chain,
    ends_in_chain,
    ends_in_no,
    input_chains,
    jumps_in,
    transaction,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import Completed, System

RECORD = f"{DIRECTORY}/nftables.json"
UNIT_PATH = f"/etc/systemd/system/{UNIT}"
_ENABLED = f"/etc/systemd/system/sysinit.target.wants/{UNIT}"
_SECONDS = 60.0


class NftablesRules:
    """The nftables rules for the desired state."""

    def __init__(self, desired: Desired, system: System) -> None:
        self.desired = desired
        self.system = system
        self.nft = system.which("nft") or "/usr/sbin/nft"
        self.record = RecordFile(RECORD)
        self.file = ConfigFile(PATH, validate=self._validate, mode=0o644)
        self.unit = ConfigFile(UNIT_PATH, mode=0o644)
        #: The result of the last read.
        self.found = Found(Loaded(), None, None, False, (), {})

    def lock(self) -> AbstractContextManager[None]:
        return self.record.lock()

    def read(self) -> Found:
        chains = self.chains()
        running = os.path.islink(_ENABLED) and self._run("systemctl", "is-active", UNIT).rc == 0
        loaded = loaded_from(self.record.read())
        listings = self._listings(chains)
        self.found = Found(loaded, self.file.read(), self.unit.read(), running, chains, listings)
        return self.found

    def plan(self, current: Found) -> Plan:
        return plan(current, self.desired, self.nft)

    def rehearse(self, plan: Plan) -> None:
        """Let the kernel check the rules."""
        for step in plan.steps:
            if isinstance(step.apply, Rules):
                self._load(step.apply, "-c")

    def execute(self, change: Any) -> None:
        if isinstance(change, Files):
            self._put(self.file, change.file)
            self._put(self.unit, change.unit)
            self._must("systemctl", "daemon-reload")
        elif isinstance(change, Service):
            self._must("systemctl", "enable" if change.on else "disable", "--now", UNIT)
        else:
            self._load(change)
            listings = self._listings(self.chains())
            self.record.write(None if change.empty else text_of(Loaded(change.desired, listings)))

    def chains(self) -> tuple[Chain, ...]:
        """The input chains that are not ours and end in drop or reject, and those that have a jump of ours."""
        found = []
        for family, table, name, dropping in input_chains(self._json("list", "chains")):
            content = self._json("-a", "list", "chain", family, table, name)
            jumps, end = jumps_in(content), ends_in_chain(content)
            if end is not None and end != TABLE:
                content = self._json("list", "chain", family, table, end)
            last = ends_in_no(content)
            if dropping or last or jumps:
                ours = self._run(self.nft, "-s", "list", "chain", family, table, TABLE).stdout
                found.append(Chain(family, table, name, last, jumps, ours))
        return tuple(found)

    def _listings(self, chains: tuple[Chain, ...]) -> dict[str, str]:
        table = self._run(self.nft, "-s", "list", "table", "inet", TABLE).stdout
        return {f"inet {TABLE}": table, **{str(chain): chain.ours for chain in chains if chain.ours}}

    def _json(self, *arguments: str) -> Any:
        ended = self._run(self.nft, "-j", *arguments)
        return json.loads(ended.stdout) if ended.rc == 0 else {}

    def _put(self, file: ConfigFile, content: bytes | None) -> None:
        current = file.read()
        if current != content:
            file.replace(current, content)

    def _validate(self, candidate: str, _current: str) -> tuple[()]:
        self._judge(self._run(self.nft, "-c", "-f", candidate))
        return ()

    def _load(self, rules: Rules, *options: str) -> None:
        text = transaction(self.chains(), *rules)
        self._judge(self.system.run([self.nft, *options, "-f", "-"], timeout=_SECONDS, stdin=text))

    def _judge(self, ended: Completed) -> None:
        if ended.rc != 0:
            raise DaemonRefused(f"nft refuses the rules: {ended.stderr.strip()}.")

    def _must(self, *argv: str) -> None:
        ended = self._run(*argv)
        if ended.rc != 0:
            raise EdgeError(f"{' '.join(argv)} failed: {ended.stderr.strip() or 'no reason'}.")

    def _run(self, *argv: str) -> Completed:
        return self.system.run(argv, timeout=_SECONDS)
