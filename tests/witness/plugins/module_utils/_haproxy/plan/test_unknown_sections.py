# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sections end the one before them: HAProxy is the witness."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import may_begin_section
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.section_keywords import SECTIONS

from ..running_haproxy import HAPROXY, needs_haproxy


@needs_haproxy
def test_the_directives_that_haproxy_lists_are_known(tmp_path):
    """A newer HAProxy turns this red: then its words go into the table."""
    file = tmp_path / "haproxy.cfg"
    file.write_text("global\n")
    said = subprocess.run([HAPROXY, "-dKcfg", "-c", "-f", file], capture_output=True, text=True, check=False).stdout
    listed = {line.split()[0] for line in said.splitlines() if line.startswith("\t")}
    assert len(listed) > 50
    assert {word for word in listed if may_begin_section(word)} == set()


@needs_haproxy
@pytest.mark.parametrize("keyword", sorted(SECTIONS))
def test_haproxy_takes_our_section_keywords_for_sections(keyword, tmp_path):
    """A word that begins no section is refused as a directive, in the same section as the one before."""
    file = tmp_path / "haproxy.cfg"
    file.write_text(f"userlist u\n{keyword} x\n")
    said = subprocess.run([HAPROXY, "-W", "-c", "-f", file], capture_output=True, text=True, check=False).stderr
    version = subprocess.run([HAPROXY, "-v"], capture_output=True, text=True, check=False).stdout.split()[2]
    known = tuple(int(part) for part in version.split(".")[:2])
    since = tuple(int(part) for part in (SECTIONS[keyword] or "0.0").split("."))
    taken = f"unknown keyword '{keyword}'" not in said
    assert taken == (known >= since and not (keyword == "program" and known >= (3, 3)))
