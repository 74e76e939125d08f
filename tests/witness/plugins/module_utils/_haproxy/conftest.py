# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A HAProxy that runs, and the files that every HAProxy test is run on."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host import record as live_record
from unit.plugins.module_utils._haproxy import conftest

from .running_haproxy import Running

pytest_generate_tests = conftest.pytest_generate_tests


@pytest.fixture
def start(tmp_path, monkeypatch):
    """``start(**how)`` starts a HAProxy. Records of live changes go to a directory of the test's own."""
    (tmp_path / "run").mkdir()
    monkeypatch.setattr(live_record, "_DIRECTORY", str(tmp_path / "run" / "k8s_edge.ha"))
    started = []

    def begin(**how):
        started.append(Running(tmp_path, **how))
        return started[-1]

    yield begin
    for running in started:
        running.stop()
