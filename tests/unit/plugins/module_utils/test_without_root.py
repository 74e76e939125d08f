# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task without ``become`` is told so, in place of an errno and a path below /proc, or of an untrue answer."""

from __future__ import annotations

import os

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import live


def test_keepalived_that_may_not_be_asked_is_not_one_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(pid: int, number: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(live.os, "kill", kill)
    with pytest.raises(PermissionError):
        live.dump(os.getpid())
