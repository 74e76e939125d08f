# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor plan of docs/architecture.md: rooms on floors, imports that only run down, no circles, no crowded room."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
PREFIX = "ansible_collections.k8s_edge.ha.plugins."

#: From the lowest to the highest: a room imports from its own floor and from those below it.
FLOORS = {
    "module_utils._haproxy": "text vocabulary faults plan host process sync servers",
    "module_utils._keepalived": "text vocabulary faults plan host sync",
    "module_utils._ipvs": "vocabulary plan netlink host sync",
    "plugin_utils": "_docs _options _vip _profiles _inventory _derive _cluster _kube_vip _kube_keepalived_vip _traefik"
    " _roll _plan _preflight _verify _status _faults _adopt",
}
#: The planes and what goes over all of them; what else is at the top of module_utils is shared.
PLANES = {
    f"_{name}" for name in "edge firewall haproxy ipvs keepalived kernel kubernetes loopback preflight selinux".split()
}
MOST_SHARED = 12
#: Files that a room may hold. Whoever needs one more has two rooms in one.
MOST_FILES = 13


def imports_of(path: Path) -> Iterator[str]:
    """What a file imports of this collection, anywhere in it, as dotted names below plugins."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PREFIX):
            module = str(node.module)[len(PREFIX) :]
            for name in node.names:
                inner = PLUGINS / module.replace(".", "/") / f"{name.name}.py"
                yield f"{module}.{name.name}" if inner.exists() else module


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(PLUGINS).with_suffix("").parts)


IMPORTS = {dotted(path): set(imports_of(path)) for path in sorted(PLUGINS.rglob("*.py"))}


def test_no_import_runs_in_a_circle():
    tuple(TopologicalSorter(IMPORTS).static_order())  # raises CycleError, with the circle


def test_every_room_is_on_a_floor():
    for base, floors in FLOORS.items():
        rooms = {path.name for path in (PLUGINS / base.replace(".", "/")).iterdir() if any(path.glob("*.py"))}
        assert rooms == set(floors.split())


@pytest.mark.parametrize("base", FLOORS)
def test_imports_run_down(base):
    floors = FLOORS[base].split()

    def floor(name: str) -> int:
        room = name[len(base) + 1 :].partition(".")[0]
        return floors.index(room) if name.startswith(f"{base}.") else -1

    up = [
        f"{name} imports {other}"
        for name, others in IMPORTS.items()
        if name.startswith(f"{base}.")
        for other in others
        if floor(other) > floor(name)
    ]
    assert up == []


def test_no_room_is_crowded():
    rooms = [
        room for base in ("module_utils", "plugin_utils") for room in (PLUGINS / base).rglob("_*") if room.is_dir()
    ]
    rooms += [inner for room in rooms for inner in room.iterdir() if inner.is_dir()]
    crowded = {str(room): len(files) for room in rooms if len(files := list(room.glob("*.py"))) > MOST_FILES}
    assert len(rooms) > 40 and crowded == {}


def test_what_looks_at_a_host_knows_nothing_of_its_plan():
    inner = {name: others for name, others in IMPORTS.items() if name.startswith("module_utils._edge.host.")}
    assert (
        inner
        and {
            other
            for others in inner.values()
            for other in others
            if other.startswith("module_utils._edge.") and not other.startswith("module_utils._edge.host.")
        }
        == set()
    )


def test_targets_need_nothing_of_the_controller():
    modules = {name: others for name, others in IMPORTS.items() if name.startswith("module")}
    assert {
        name for name, others in modules.items() if any(other.startswith("plugin_utils") for other in others)
    } == set()


def test_the_top_of_module_utils_is_no_storeroom():
    """Beside the planes: what every plane uses, in files and in rooms of files that belong together."""
    shared = [
        path.name
        for path in (PLUGINS / "module_utils").iterdir()
        if path.suffix == ".py" or (path.is_dir() and path.name not in PLANES and any(path.glob("*.py")))
    ]
    assert len(shared) <= MOST_SHARED, sorted(shared)
