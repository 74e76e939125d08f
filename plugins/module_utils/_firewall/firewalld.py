# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two doors to firewalld: over D-Bus where it runs, in its files where it does not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.dbus import Bus, DBusError
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.zones import PERMANENT, Turn, View, Zone
from ansible_collections.k8s_edge.ha.plugins.module_utils._ports import Ports

NAME = "org.fedoraproject.FirewallD1"
_PATH = "/org/fedoraproject/FirewallD1"
OFFLINE = "firewall-offline-cmd"
_SECONDS = 60.0


class Door(Protocol):
    """Reading zones, and one change."""

    def view(self, interfaces: Iterable[str], further: Iterable[str]) -> View:
        """The zones of the interfaces, those bound to sources, and the further ones that are there."""

    def turn(self, turn: Turn) -> None:
        """Put a rule in or take it out."""


class Running:
    """The firewalld that runs. EdgeError where it does not do its work."""

    def __init__(self, bus: Bus) -> None:
        self.bus = bus
        state = self._call("Get", "ss", NAME, "state", interface="org.freedesktop.DBus.Properties")
        if state != "RUNNING":
            raise EdgeError(
                f"firewalld runs, but its state is {state}: it has not put its rules in place. Nothing was changed. "
                "`journalctl -u firewalld` says why."
            )
        if self._call("queryPanicMode"):
            raise EdgeError(
                "firewalld is in panic mode and drops every packet, so no opening helps and no VIP can work here. "
                "Nothing was changed. Run `firewall-cmd --panic-off` on the host, then run again."
            )

    def view(self, interfaces: Iterable[str], further: Iterable[str]) -> View:
        default = self._call("getDefaultZone")
        active = self._call("getActiveZones", interface=f"{NAME}.zone")
        bound = {interface: name for name, by in active.items() for interface in by.get("interfaces", ()) if interface}
        names = {bound.get(interface, default) for interface in interfaces}
        names.update(name for name, by in active.items() if by.get("sources"))
        zones = {name: self._zone(name, active.get(name, {})) for name in sorted(names)}
        for name in sorted(set(further) - names):
            try:
                zones[name] = self._zone(name, active.get(name, {}))
            except DBusError as error:
                if "INVALID_ZONE" not in str(error):
                    raise
        return View(default, zones)

    def turn(self, turn: Turn) -> None:
        verb = "addRichRule" if turn.present else "removeRichRule"
        if turn.layer == PERMANENT:
            self._permanently(turn.zone, verb, "s", turn.rule)
        elif turn.present:
            self._call(verb, "ssi", turn.zone, turn.rule, 0, interface=f"{NAME}.zone")
        else:
            self._call(verb, "ss", turn.zone, turn.rule, interface=f"{NAME}.zone")

    def _zone(self, name: str, bound: dict[str, list[str]]) -> Zone:
        settings = self._call("getZoneSettings2", "s", name, interface=f"{NAME}.zone")
        return Zone(
            settings.get("target", "default"),
            tuple(bound.get("interfaces", ())),
            tuple(bound.get("sources", ())),
            frozenset(settings.get("rules_str", ())),
            frozenset(self._permanently(name, "getRichRules")),
        )

    def _permanently(self, zone: str, method: str, signature: str = "", *values: Any) -> Any:
        path = self._call("getZoneByName", "s", zone, interface=f"{NAME}.config", path=f"{_PATH}/config")
        return self._call(method, signature, *values, interface=f"{NAME}.config.zone", path=path)

    def _call(self, method: str, signature: str = "", *values: Any, interface: str = NAME, path: str = _PATH) -> Any:
        return self.bus.call(NAME, path, f"{interface}.{method}", signature, *values)


class Stopped:
    """The files of a firewalld that does not run, so that it starts with what it has to have."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports

    def view(self, _interfaces: Iterable[str], _further: Iterable[str]) -> View:
        if self.ports.which(OFFLINE) is None:  # gone, and its zones with it
            return View("", {})
        return View(self._run("--get-default-zone").strip(), zones_in(self._run("--list-all-zones")))

    def turn(self, turn: Turn) -> None:
        verb = "add" if turn.present else "remove"
        self._run(f"--zone={turn.zone}", f"--{verb}-rich-rule={turn.rule}")

    def _run(self, *arguments: str) -> str:
        ended = self.ports.run([OFFLINE, *arguments], timeout=_SECONDS)
        if ended.rc != 0:
            reason = ended.stderr.strip() or ended.stdout.strip() or "no reason"
            raise EdgeError(f"{OFFLINE} could not {' '.join(arguments)}: {reason}.")
        return ended.stdout


def zones_in(listing: str) -> dict[str, Zone]:
    """The zones in what ``firewall-offline-cmd --list-all-zones`` says. Pure."""
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
