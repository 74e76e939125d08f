# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks the secrets of a keepalived.conf, also those that are not ours, so that a diff can be shown."""

from __future__ import annotations

import re

_MASK = "********"
_SECRET = re.compile(
    r"\b(auth_pass|password|key(?:[ \t]+[0-9]+)?)([ \t]+)(\"[^\"\n]*\"?|(?:\$\{\w+\}|[^ \t\f\n\r\v{}])+)"
)
_PARAMETER = re.compile(r"\$\{?([A-Za-z_]\w*)")


def redact(text: str) -> str:
    """The text with the value of every ``auth_pass``, ``password`` and ``key`` (unless it is a path) masked, in
    comments too, and with it the definition of any parameter that such a value names."""
    parameters: set[str] = set()

    def masked(match: re.Match[str]) -> str:
        keyword, space, value = match.groups()
        if keyword.startswith("key") and value.startswith(("/", "file:/")):
            return match.group()
        parameters.update(_PARAMETER.findall(value))
        return keyword + space + _MASK

    shown = _SECRET.sub(masked, text)
    for name in parameters:
        shown = re.sub(r"(\$" + name + r"[ \t]*=)(?:[^\n]*\\[ \t\r]*\n)*[^\n]*", r"\1" + _MASK, shown)
    return shown
