# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two ways to change firewalld: over D-Bus where it runs, in its files where it does not."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any, Callable, Protocol

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.dbus import Bus, DBusError
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.zones import PERMANENT, Turn, View, Zone
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

NAME = "org.fedoraproject.FirewallD1"
_PATH = "/org/fedoraproject/FirewallD1"
OFFLINE = "firewall-offline-cmd"
#: The directory of zones with permanent changes.
ZONE_FILES = "/etc/firewalld/zones"
_SECONDS = 60.0


class ZoneAccess(Protocol):
    """Reads zones and applies one change."""

    def view(self, interfaces: Iterable[str], further: Iterable[str]) -> View:
        """The zones of the interfaces and those bound to sources, now or after a reload, and the ``further`` ones."""

    def turn(self, turn: Turn) -> None:
        """Add or remove a rule."""


class Running:
    """The running firewalld. Raises EdgeError where it does not work."""

    def __init__(self, bus: Bus, zone_files: str = ZONE_FILES) -> None:
        self.bus = bus
        self.zone_files = zone_files
        state = self._call("Get", "ss", NAME, "state", interface="org.freedesktop.DBus.Properties")
        if state != "RUNNING":
            raise EdgeError(
                f"firewalld runs, but its state is {state}: it has not applied its rules. Nothing was changed. "
                "`journalctl -u firewalld` says why."
            )
        if self._call("queryPanicMode"):
            raise EdgeError(
                "firewalld is in panic mode and drops every packet, so no rule can open anything and no VIP can work "
                "here. "
                "Nothing was changed. Run `firewall-cmd --panic-off` on the host, then run again."
            )

    def view(self, interfaces: Iterable[str], further: Iterable[str]) -> View:
        default = self._call("getDefaultZone")
        active = self._call("getActiveZones", interface=f"{NAME}.zone")
        bound = {interface: name for name, by in active.items() for interface in by.get("interfaces", ()) if interface}
        names = {bound.get(interface, default) for interface in interfaces} | self._named_for_good(interfaces)
        names.update(name for name, by in active.items() if by.get("sources"))
        by_default = [each for each in interfaces if each not in bound]
        zones = {}
        for name in sorted(names.union(further)):
            zone = self._zone(name, active.get(name, {}), by_default if name == default else [])
            if zone is not None:
                zones[name] = zone
        return View(default, zones)

    def turn(self, turn: Turn) -> None:
        verb = "addRichRule" if turn.present else "removeRichRule"
        if turn.layer == PERMANENT:
            self._permanently(turn.zone, verb, "s", turn.rule)
        elif turn.present:
            self._call(verb, "ssi", turn.zone, turn.rule, 0, interface=f"{NAME}.zone")
        else:
            self._call(verb, "ss", turn.zone, turn.rule, interface=f"{NAME}.zone")

    def _named_for_good(self, interfaces: Iterable[str]) -> set[str]:
        """The zones that would apply to an interface, or to sources, after a reload."""
        found = set()
        for entry in os.scandir(self.zone_files) if os.path.isdir(self.zone_files) else ():
            if entry.name.endswith(".xml"):
                with open(entry.path, encoding="utf-8", errors="replace") as file:
                    if binds(file.read(), interfaces):
                        found.add(entry.name[: -len(".xml")])
        return found

    def _zone(self, name: str, bound: dict[str, list[str]], by_default: list[str]) -> Zone | None:
        """A zone's runtime and permanent state; None where it has neither."""
        runs = self._if_there(lambda: self._call("getZoneSettings2", "s", name, interface=f"{NAME}.zone"))
        for_good = self._if_there(lambda: self._permanently(name, "getSettings2"))
        if runs is None and for_good is None:
            return None
        layers = [each for each in (runs, for_good) if each is not None]
        targets = [each.get("target", "default") for each in layers]
        return Zone(
            next((each for each in targets if each != "ACCEPT"), "ACCEPT"),
            tuple({*by_default, *bound.get("interfaces", ()), *(for_good or {}).get("interfaces", ())}),
            tuple({*bound.get("sources", ()), *(for_good or {}).get("sources", ())}),
            None if runs is None else frozenset(runs.get("rules_str", ())),
            None if for_good is None else frozenset(for_good.get("rules_str", ())),
        )

    def _if_there(self, ask: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        try:
            return ask()
        except DBusError as error:
            # firewalld has one D-Bus error for everything; its own error code is only in the text.
            if "INVALID_ZONE" not in str(error):
                raise
            return None

    def _permanently(self, zone: str, method: str, signature: str = "", *values: Any) -> Any:
        path = self._call("getZoneByName", "s", zone, interface=f"{NAME}.config", path=f"{_PATH}/config")
        return self._call(method, signature, *values, interface=f"{NAME}.config.zone", path=path)

    def _call(self, method: str, signature: str = "", *values: Any, interface: str = NAME, path: str = _PATH) -> Any:
        return self.bus.call(NAME, path, f"{interface}.{method}", signature, *values)


class Stopped:
    """The files of a firewalld that does not run, so that it starts with the desired rules."""

    def __init__(self, system: System) -> None:
        self.system = system

    def view(self, _interfaces: Iterable[str], _further: Iterable[str]) -> View:
        if self.system.which(OFFLINE) is None:  # uninstalled, and its zones with it
            return View("", {})
        return View(self._run("--get-default-zone").strip(), zones_in(self._run("--list-all-zones")))

    def turn(self, turn: Turn) -> None:
        verb = "add" if turn.present else "remove"
        self._run(f"--zone={turn.zone}", f"--{verb}-rich-rule={turn.rule}")

    def _run(self, *arguments: str) -> str:
        ended = self.system.run([OFFLINE, *arguments], timeout=_SECONDS)
        if ended.rc != 0:
            reason = ended.stderr.strip() or ended.stdout.strip() or "no reason"
            raise EdgeError(f"{OFFLINE} could not {' '.join(arguments)}: {reason}.")
        return ended.stdout


def binds(zone_file: str, interfaces: Iterable[str]) -> bool:
    """Whether a zone's file binds it to one of these interfaces, or to sources. Pure."""
    text = re.sub("<rule.*?</rule>", "", zone_file, flags=re.DOTALL)  # a rule has sources of its own
    named = re.findall("""<interface\\s+name=["']([^"']+)""", text)
    return bool(set(named) & set(interfaces)) or re.search("<source\\s", text) is not None


def zones_in(listing: str) -> dict[str, Zone]:
    """The zones in the output of ``firewall-offline-cmd --list-all-zones``. Pure."""
    zones: dict[str, Zone] = {}
    fields: dict[str, str] = {}
    key = ""
    for line in [*listing.splitlines(), "."]:
        if line and not line[0].isspace():
            if fields:
                rules = (each.strip() for each in fields.get("rich rules", "").split("\n"))
                zones[fields["name"]] = Zone(
                    fields.get("target", "default").strip(),
                    tuple(fields.get("interfaces", "").split()),
                    tuple(fields.get("sources", "").split()),
                    None,
                    frozenset(rule for rule in rules if rule),
                )
            fields = {"name": line.split()[0]}
        elif line.startswith("\t"):
            fields[key] += "\n" + line
        elif line.strip():
            key, _colon, value = line.strip().partition(":")
            fields[key] = value
    return zones
