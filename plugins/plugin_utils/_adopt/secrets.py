# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prepare the values of a configuration for an inventory: secrets are moved to variables of their own, masks are never
written. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._secrets import KEPT, MASK, mask_problems

#: The prefix of variables that hold a secret.
VAULT = "vault_"


class Reference(str):
    """A Jinja expression that refers to the variable of a secret."""


def extract_secrets(plain: Any, masked: Any, path: str, vault: dict[str, Any]) -> Any:
    """The value with each secret replaced by a Reference; ``vault`` receives the secrets by variable name. ``masked``
    is the same value with secrets masked: a part that differs or is missing there is a secret."""
    if plain == masked:
        return plain
    if isinstance(plain, Mapping) and isinstance(masked, Mapping):
        return {key: extract_secrets(value, masked.get(key), f"{path}_{key}", vault) for key, value in plain.items()}
    if isinstance(plain, list) and isinstance(masked, list) and len(plain) == len(masked):
        return [
            extract_secrets(one, other, f"{path}_{_label(one, index)}", vault)
            for index, (one, other) in enumerate(zip(plain, masked, strict=True))
        ]
    name = VAULT + re.sub(r"[^A-Za-z0-9_]+", "_", path).lower()
    while vault.get(name, plain) != plain:
        name += "_"
    vault[name] = plain
    return Reference(f"{{{{ {name} }}}}")


def _label(entry: Any, index: int) -> str:
    return str(entry.get("name") or index) if isinstance(entry, Mapping) else str(index)


def unmasked(value: Any) -> Any:
    """The value without masks: an option that is a mask is left out, which keeps the secret in the file; a mask within
    a line becomes ``KEPT``, which keeps that line's secret."""
    if isinstance(value, Mapping):
        return {key: unmasked(one) for key, one in value.items() if not (isinstance(one, str) and one.strip() == MASK)}
    if isinstance(value, list):
        return [unmasked(one) for one in value]
    return value.replace(MASK, KEPT) if isinstance(value, str) and _masked(value) else value


def _masked(text: str) -> bool:
    return bool(list(mask_problems(text)))


def masks(value: Any, path: str) -> Iterator[str]:
    """The paths of the masks in a value."""
    return (problem.option for problem in mask_problems(value, path))


def without_unwritable(value: Any) -> Any:
    """The value without what YAML cannot hold (bytes that are not UTF-8); None if nothing is left. A list with such an
    entry is dropped as a whole."""
    if isinstance(value, str):
        return value if value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value) else None
    if isinstance(value, Mapping):
        return {key: kept for key, one in value.items() for kept in [without_unwritable(one)] if kept is not None}
    if isinstance(value, list):
        kept = [without_unwritable(one) for one in value]
        whole = all(
            new is not None and (not isinstance(one, Mapping) or one.get("name") == new.get("name"))
            for one, new in zip(value, kept, strict=True)
        )
        return kept if whole else None
    return value
