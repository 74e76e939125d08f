# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sections that HAProxy's manual names."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse, serialise

MANUAL = Path("/usr/share/doc/haproxy/configuration.txt.gz")


@pytest.mark.skipif(not MANUAL.exists(), reason="needs HAProxy's manual (package haproxy-doc or haproxy)")
def test_the_whole_manual_comes_back():
    text = gzip.decompress(MANUAL.read_bytes()).decode("utf-8", "surrogateescape")
    assert serialise(parse(text)) == text
