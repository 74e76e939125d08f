# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that ask daemons end them, and where one has failed before it could, the session does."""

from __future__ import annotations

import os

from left_behind import end_daemons


def pytest_sessionfinish() -> None:
    """After all fixtures, also where the run was interrupted."""
    end_daemons(os.getpid())
