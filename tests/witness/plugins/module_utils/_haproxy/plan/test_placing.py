# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New sections inherit what they should, and nobody else begins to inherit them; HAProxy is the witness."""

from __future__ import annotations

import itertools
import subprocess

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_config
from unit.plugins.module_utils._haproxy.plan.test_placing import LINES, NAMED, SERVER, TIMES, heirs

from ..running_haproxy import HAPROXY, needs_haproxy

DEFAULTS = [{"mode": "http", **TIMES}, {"name": "n", "mode": "tcp", **TIMES}, {"name": "m", "from": "n", "mode": "tcp"}]
FILES = ["", NAMED, f"defaults\n{LINES}", f"defaults\n{LINES}backend old\n{NAMED}", f"{NAMED}defaults\n{LINES}"]


@needs_haproxy
@pytest.mark.parametrize("text", FILES, ids=["empty", "named", "nameless", "nameless first", "nameless last"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_haproxy_finds_no_use_of_defaults_ambiguous(text, count, tmp_path):
    for defaults in itertools.permutations(DEFAULTS, count):
        names = [each.get("name") for each in defaults]
        if "m" in names and "n" not in names:
            continue
        proxies = [{"name": f"by_{name}", "from": name, **SERVER} for name in names if name]
        if None in names or "defaults\n" in text:
            proxies.append({"name": "new", **SERVER})
        wanted = {"defaults": list(defaults), "backends": proxies}
        done = plan_config(text, wanted)
        assert plan_config(done.text, wanted).text == done.text
        assert heirs(done.text).get("new", "defaults") == "defaults"
        assert {**heirs(done.text), **heirs(text)} == heirs(done.text)
        file = tmp_path / "haproxy.cfg"
        file.write_text(done.text)
        said = subprocess.run([HAPROXY, "-W", "-c", "-f", file], capture_output=True, text=True, check=False)
        assert said.returncode in (0, 2), said.stderr
        assert "implicitly used" not in said.stderr
