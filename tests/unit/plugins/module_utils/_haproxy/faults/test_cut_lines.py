# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that HAProxy ends at an empty word are read up to it, and told."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.faults.cut_lines import cut_lines
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.info import information
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.description import describe
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

#: What stands behind a server's address, and what of it is lost.
LINES = {
    '"" check': "check",
    "'' check": "check",
    'weight 5 "" check inter 2s # c': "check inter 2s",
    '"$NOT_SET" check': "check",
    '"${NOT_SET}" check': "check",
    '"${NOT_SET}$NEITHER" check': "check",
    '"${EMPTY}" check': "check",
    '"${EMPTY-backup}" check': "check",
    '"${UNSET_HERE}" check': "check",
    '"${NOT_SET-backup}" check': "",
    '"$SET" check': "",
    '"$SET_HERE" check': "",
    "'$NOT_SET' check": "",
    "$NOT_SET check": "",
    '""check': "",
    'check ""': "",
    'check "" # c': "",
}
ENVIRONMENT = {"SET": "backup", "EMPTY": "", "UNSET_HERE": "backup"}
HEAD = "global\n    setenv SET_HERE backup\n    unsetenv UNSET_HERE\n"


@pytest.mark.parametrize("line", LINES)
def test_what_is_lost_is_told(line):
    text = f"{HEAD}backend b\n    server a 127.0.0.1:1 {line}\n"
    lost = [cut.lost for cut in cut_lines([parse(text)], ENVIRONMENT)]
    assert lost == ([len(LINES[line].split())] if LINES[line] else [])


def test_info_tells_what_is_in_force_and_warns(tmp_path):
    file = tmp_path / "haproxy.cfg"
    file.write_text('backend b\n    server a 127.0.0.1:1 weight 5 "" check\n    stats auth "" joe:hunter2\n')
    params = {"path": str(file), "unit": "no-such-unit.service", "socket": None}
    told = information(params, System(), False)
    assert told["config"]["backends"][0]["servers"] == [{"name": "a", "address": "127.0.0.1", "port": 1, "weight": 5}]
    assert [warning.partition(": line ")[2] for warning in told["warnings"]] == [
        '2 ends for HAProxy at the empty word "": the words after it are ignored (1 word)',
        '3 ends for HAProxy at the empty word "": the words after it are ignored (1 word)',
    ]
    assert describe(file.read_text())["backends"][0]["directives"] == ["stats auth"]
