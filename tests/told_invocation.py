# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a module repeat its parameters in its result: ansible-core does so by default up to 2.20."""

from __future__ import annotations

from ansible.module_utils.common.parameters import PASS_VARS

#: To be given among a module's arguments.
TOLD_INVOCATION = {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}
