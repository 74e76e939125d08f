# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mask that stands for a secret in whatever we show. It is never a value: written, it would replace the secret."""

from __future__ import annotations

#: Ours, and what Ansible puts in the place of a part of a text.
MASK = "********"
#: What Ansible puts in the place of the whole value of an option that is not logged.
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
#: What an info module shows in the place of a secret that is a part of a text in a list. Given back, it means the
#: secret that stands there. (A secret that is an option of its own is left out instead.)
KEPT = "<kept-secret>"
