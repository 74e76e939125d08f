# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks the secrets of a keepalived.conf, including those that are not managed, so that a diff can be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.blocks import Blocks, Group, Table

_MASK = "********"
_VALUE = r"(\"[^\"\n]*\"?|(?:\$\{\w+\}|[^ \t\f\n\r\v{}])+)"
_PARAMETER = re.compile(r"\$\{?([A-Za-z_]\w*)")


def _keywords(table: Table) -> Iterator[str]:
    """The keywords whose values are secret."""
    for shape in table.shapes:
        if isinstance(shape, (Blocks, Group)):
            yield from _keywords(shape.table)
        elif shape.secret:
            yield from shape.keywords


def redact(text: str) -> str:
    """The text with every secret value masked, and that of every ``key`` (unless it is a path), in comments too; and
    the definition of any parameter that such a value refers to."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import CONFIGURATION

    keywords = "|".join(dict.fromkeys(_keywords(CONFIGURATION)))
    # auth_hmac numbers its keys.
    secret = rf"\b({keywords}|key(?:[ \t]+[0-9]+)?)([ \t]+){_VALUE}"
    parameters: set[str] = set()

    def masked(match: re.Match[str]) -> str:
        keyword, space, value = match.groups()
        if keyword.startswith("key") and value.startswith(("/", "file:/")):
            return match.group()
        parameters.update(_PARAMETER.findall(value))
        return keyword + space + _MASK

    shown = re.sub(secret, masked, text)
    for name in parameters:
        shown = re.sub(r"(\$" + name + r"[ \t]*=)(?:[^\n]*\\[ \t\r]*\n)*[^\n]*", r"\1" + _MASK, shown)
    return shown
