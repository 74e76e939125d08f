# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small inventory that the unit tests of the filters have."""

from __future__ import annotations

from unit.plugins.filter import conftest

lab = conftest.lab
