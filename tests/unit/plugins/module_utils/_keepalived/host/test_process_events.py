# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether keepalived would hear of processes."""

from __future__ import annotations

import socket

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import process_events as asked


def test_who_may_not_ask_is_told_no(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(asked.socket.socket, "bind", refuse)
    assert asked.process_events() is False


def test_a_kernel_that_keeps_silent_is_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        monkeypatch.setattr(ours.__class__, "bind", lambda *_arguments: None)
        monkeypatch.setattr(asked.socket, "socket", lambda *_arguments: ours)
        assert asked.process_events() is False
        assert len(theirs.recv(100)) == 40  # the question was put
