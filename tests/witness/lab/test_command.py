# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from lab.command import LabError, run, succeeds


def test_what_is_not_there_does_not_succeed() -> None:
    assert succeeds("true")
    assert not succeeds("false")
    assert not succeeds("no-such-command")


def test_a_command_that_fails_is_told_with_its_own_words() -> None:
    with pytest.raises(LabError, match=r"ls /no-such-directory\nexited with 2: .*No such file"):
        run("ls", "/no-such-directory")
