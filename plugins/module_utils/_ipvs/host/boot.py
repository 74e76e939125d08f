# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What restores the IPVS table at boot: the rules file of the package ipvsadm, and what makes its service load it.

Debian has /etc/ipvsadm.rules and a switch in /etc/default/ipvsadm. Enterprise Linux has /etc/sysconfig/ipvsadm, and the
service is enabled or not. Nothing here starts the service: that would empty the table first.

Each service needs a drop-in. Debian's empties the table when it starts, so it must start before keepalived. On
Enterprise Linux, the service restores nothing from a file that begins with a comment, so there the file gets no
heading. When it stops, at every shutdown too, it overwrites the rules with the current table: without thresholds,
timeouts and daemons, and with services that others have added.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, InputError, Problem
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.host.ownership import Owner, owner
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.plan.desired import Desired
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.model import Daemon, Key, Table, Timeouts
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary.rules import (
    daemon_line,
    rule_key,
    rules,
    timeouts_line,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Step
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

UNIT = "ipvsadm.service"
HEADING = "# Written by k8s_edge.ha: what ipvsadm restores at boot."
_SECONDS = 60.0
_SWITCH = re.compile(r"^([ \t]*AUTO=)([^\n#]*?)([ \t]*(?:#[^\n]*)?)$", re.MULTILINE)
_SAVES = "ipvsadm-save"
DROP_IN = """# Written by k8s_edge.ha.
[Unit]
Wants=network-online.target
After=network-online.target
Before=keepalived.service
"""
#: No saving when the service stops: boot restores the declared rules, not the table at shutdown.
KEEPING = "\n[Service]\nExecStop=\n"
_UNITS = ("etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system")


class Found(NamedTuple):
    """The current files (None for no file), whether the service is enabled, and the running keepalived."""

    rules: str | None
    switch: str | None
    drop_in: str | None
    enabled: bool
    owner: Owner | None


class Write(NamedTuple):
    """Replace the file ``kind`` (rules, switch or drop-in) by ``text``; None for no file."""

    kind: str
    text: str | None


class Enable(NamedTuple):
    """Enable or disable the service."""

    enabled: bool


class Boot:
    """The files and the service on one host. ``root`` is for tests."""

    changes = (Write, Enable)

    def __init__(self, system: System, root: str = "/") -> None:
        self.system = system
        self.root = root
        self.files: dict[str, ConfigFile] = {}
        units = [ConfigFile(os.path.join(root, directory, UNIT)).read() for directory in _UNITS]
        self.unit = next((unit.decode("utf-8", "replace") for unit in units if unit is not None), None)
        if os.path.exists(os.path.join(root, "etc/init.d/ipvsadm")):
            self.files["switch"] = ConfigFile(os.path.join(root, "etc/default/ipvsadm"))
            self.files["rules"] = ConfigFile(os.path.join(root, "etc/ipvsadm.rules"))
        elif self.unit is not None:
            self.files["rules"] = ConfigFile(os.path.join(root, "etc/sysconfig/ipvsadm"))
        else:
            reason = "cannot be done: ipvsadm, whose service restores the table at boot, is not installed"
            raise InputError([Problem("persist", True, reason, "Install the package ipvsadm, or leave persist out")])
        if any(os.path.isdir(os.path.join(root, directory)) for directory in _UNITS[1:]):
            path = os.path.join(root, _UNITS[0], UNIT + ".d/k8s_edge.conf")
            self.files["drop-in"] = ConfigFile(path, mode=0o644)

    def read(self) -> Found:
        texts = {}
        for kind, file in self.files.items():
            content = file.read()
            texts[kind] = None if content is None else content.decode("utf-8", "surrogateescape")
        return Found(texts["rules"], texts.get("switch"), texts.get("drop-in"), self._enabled(), owner(self.system))

    def steps(self, found: Found, desired: Desired, table: Table) -> Iterator[Step]:
        """The steps after which boot restores what is declared, as it is in ``table``, without the services of
        keepalived."""
        ours = [one for one in desired.services if found.owner is None or not found.owner.covers(one.key)]
        heading = HEADING if "switch" in self.files else ""
        text = rules_text(found.rules or "", desired._replace(services=tuple(ours)), table, heading)
        if text != found.rules:
            yield Step("write the rules that are restored at boot", Write("rules", text), Write("rules", found.rules))
        if found.switch is not None:
            switch = switched_on(found.switch)
            if switch != found.switch:
                yield Step("restore the rules at boot (AUTO)", Write("switch", switch), Write("switch", found.switch))
        if "drop-in" in self.files:
            drop_in = drop_in_text(self.unit or "")
            if drop_in != found.drop_in:
                words = "start the service ipvsadm before keepalived, and keep the rules when it stops"
                yield Step(words, Write("drop-in", drop_in), Write("drop-in", found.drop_in))
        if not found.enabled:
            yield Step("enable the service ipvsadm at boot", Enable(True), Enable(False))

    def execute(self, change: Write | Enable) -> None:
        if isinstance(change, Write):
            file = self.files[change.kind]
            if change.text is not None:
                os.makedirs(file.directory, exist_ok=True)
            file.replace(file.read(), None if change.text is None else change.text.encode("utf-8", "surrogateescape"))
            if change.kind == "drop-in":
                self._reload(file.directory)
            return
        word = "enable" if change.enabled else "disable"
        tool, argv = "systemctl", [word, UNIT]
        if not os.path.isdir("/run/systemd/system") and self.system.which("update-rc.d"):
            tool, argv = "update-rc.d", ["ipvsadm", word]
        path = self.system.which(tool)
        ended = self.system.run([path, *argv], timeout=_SECONDS) if path else None
        if ended is None or ended.rc != 0:
            reason = ended.stderr.strip() if ended else f"there is no {tool}"
            raise EdgeError(f"The service ipvsadm cannot be {word}d at boot: {reason}.")

    def _reload(self, directory: str) -> None:
        """Make systemd read a new or removed drop-in."""
        if not os.listdir(directory):
            os.rmdir(directory)
        systemctl = self.system.which("systemctl")
        if systemctl is not None and os.path.isdir("/run/systemd/system"):
            ended = self.system.run([systemctl, "daemon-reload"], timeout=_SECONDS)
            if ended.rc != 0:
                raise EdgeError(f"systemd does not read its units: {ended.stderr.strip()}.")

    def _enabled(self) -> bool:
        """Whether the service is enabled, read from its links: asking systemd takes longer than everything else
        here."""
        for directory in ("etc/systemd/system", *(f"etc/rc{level}.d" for level in "2345")):
            path = os.path.join(self.root, directory)
            for name in os.listdir(path) if os.path.isdir(path) else ():
                if re.fullmatch("S[0-9][0-9]ipvsadm", name):
                    return True
                if name.endswith((".wants", ".requires")) and os.path.lexists(os.path.join(path, name, UNIT)):
                    return True
        return False


def rules_text(old: str, desired: Desired, table: Table, heading: str) -> str:
    """The rules file with the declared services as they are in ``table``. Other services in it stay, unless those that
    are not declared are removed from the table as well."""
    blocks: dict[Any, list[str]] = {}
    for number, line in enumerate(old.splitlines()):
        kind = "timeouts" if line.startswith("--set ") else "daemons" if line.startswith("--start-daemon ") else None
        blocks.setdefault(kind or rule_key(line) or number, []).append(line)
    if desired.timeouts:
        # For ipvsadm, 0 means: do not change this timeout.
        blocks["timeouts"] = [timeouts_line(Timeouts(*[desired.timeouts.get(name, 0) for name in Timeouts._fields]))]
    if desired.daemons is not None:
        blocks["daemons"] = [daemon_line(Daemon(role, **desired.daemons.options)) for role in desired.daemons.roles]
    named = [one.key for one in desired.services]
    for key in [key for key in blocks if isinstance(key, Key)] if desired.purge else named:
        if key not in table.services:
            blocks.pop(key, None)
    for key in named:
        if key in table.services:
            service = table.services[key]
            blocks[key] = list(rules([service._replace(servers=dict(sorted(service.servers.items())))]))
    if not old and heading:
        blocks = {"heading": [heading], **blocks}
    return "".join([line + "\n" for lines in blocks.values() for line in lines])


def drop_in_text(unit: str) -> str:
    """The drop-in for the service's unit. Of the unit's stop commands it leaves out the one that saves the table."""
    stops = [line + "\n" for line in unit.splitlines() if line.startswith("ExecStop=")]
    kept = [line for line in stops if _SAVES not in line]
    return DROP_IN + (KEEPING + "".join(kept) if kept != stops else "")


def switched_on(text: str) -> str:
    """Debian's /etc/default/ipvsadm with its last AUTO, the one that counts, set to true."""
    found = list(_SWITCH.finditer(text))
    if not found:
        return text + ("" if not text or text.endswith("\n") else "\n") + 'AUTO="true"\n'
    last = found[-1]
    if last.group(2).strip("\"'") == "true":
        return text
    return text[: last.start(2)] + '"true"' + text[last.end(2) :]
