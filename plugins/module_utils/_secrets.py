# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The masks that replace secrets in output. A mask is never a value: written to a file, it would replace the secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem

#: Our mask, and what Ansible writes in the place of a part of a text.
MASK = "********"
#: What Ansible writes in the place of the whole value of a no_log option.
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
#: What an info module shows in the place of a secret that is a part of a text in a list. As input it means "keep the
#: secret in the file". (A secret that is an option of its own is left out instead.)
KEPT = "<kept-secret>"


def mask_problems(value: Any, option: str = "") -> Iterator[Problem]:
    """A problem for each text in a value of any depth that holds a mask. ``option`` is the value's path."""
    if isinstance(value, str):
        if HIDDEN in value or (MASK in value and MASK + "*" not in value):
            reason = "contains the mask that is shown instead of a secret, and writing it would lose the secret"
            remedy = "Give the secret itself, or leave the option out to keep what is there"
            yield Problem(option, None, reason, remedy)
    elif isinstance(value, dict):
        for key, entry in value.items():
            if entry is not None:
                yield from mask_problems(entry, f"{option}.{key}" if option else str(key))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from mask_problems(entry, f"{option}[{index}]")
