# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy ends lines at an empty word, where we say that it does."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.cut_lines import cut_lines
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse
from unit.plugins.module_utils._haproxy.faults.test_cut_lines import ENVIRONMENT, HEAD, LINES

from ..running_haproxy import HAPROXY, needs_haproxy


@needs_haproxy
@pytest.mark.parametrize("line", [line for line in LINES if "$NOT_SET check" not in line and "'$" not in line])
def test_haproxy_reads_no_further(line, tmp_path):
    """A word that is none of HAProxy's, behind it, is refused only where it is read."""
    file = tmp_path / "haproxy.cfg"
    line = line.partition(" #")[0]
    file.write_text(f"{HEAD}backend b\n    mode tcp\n    server a 127.0.0.1:1 {line} no-such-word\n")
    environment = {"PATH": os.environ["PATH"], **ENVIRONMENT}
    done = subprocess.run(
        [HAPROXY, "-c", "-f", file], capture_output=True, text=True, check=False, env=environment, timeout=20
    )
    cuts = cut_lines([parse(file.read_text())], ENVIRONMENT)
    said = subprocess.run([HAPROXY, "-v"], capture_output=True, text=True, check=False).stdout
    version = tuple(map(int, re.search(r"version (\d+)\.(\d+)", said).groups()))
    unread = bool(cuts) and not (cuts[0].unset and version > (2, 6))
    if version >= (3, 3) and cuts:
        assert "is empty and marks the end" in done.stderr
    else:
        assert ("no-such-word" not in done.stderr.replace(f"{line} no-such-word", "")) == unread, done.stderr
