# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small lab that its unit tests have; with it the package `lab` can be imported."""

from __future__ import annotations

from unit.lab import conftest

small_lab = conftest.small_lab
