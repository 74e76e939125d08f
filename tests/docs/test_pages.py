# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages: every link leads somewhere, and what the map of the code names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path.relative_to(CHECKOUT)
    for path in [*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md"), *CHECKOUT.glob("lab/*.md")]
)
UTILS = CHECKOUT / "plugins" / "module_utils"
CONTROLLER = CHECKOUT / "plugins" / "plugin_utils"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", (CHECKOUT / page).read_text())
    lost = [link for link in links if "://" not in link and not ((CHECKOUT / page).parent / link).exists()]
    assert lost == []


def test_what_the_architecture_names_is_there():
    text = (CHECKOUT / "docs/architecture.md").read_text()
    named = {name for name in re.findall(r"`([\w./]+)`", text) if "/" in name or name.endswith(".py")}
    roots = (CHECKOUT, CHECKOUT / "roles/haproxy", CHECKOUT / "plugins", UTILS, UTILS / "_haproxy", CONTROLLER)
    assert {
        name
        for name in named
        if "NAME" not in name and "PLANE" not in name and not any((root / name).exists() for root in roots)
    } == set()


def test_every_room_is_on_the_map():
    text = (CHECKOUT / "docs/architecture.md").read_text()
    planes = [UTILS / plane for plane in ("_haproxy", "_keepalived", "_ipvs")]
    rooms = {room.name for plane in [*planes, CONTROLLER] for room in plane.iterdir() if any(room.glob("*.py"))}
    assert {room for room in rooms if f"`{room}`" not in text} <= {"_docs"}
