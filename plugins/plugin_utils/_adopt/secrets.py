# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of a configuration as they may be written to an inventory: secrets apart, and masks never. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._secrets import KEPT, MASK, mask_problems

#: What begins the name of a variable that holds a secret.
VAULT = "vault_"


class Reference(str):
    """A template of ours: it names the variable that holds a secret."""


def apart(plain: Any, masked: Any, path: str, vault: dict[str, Any]) -> Any:
    """A value without its secrets, which go to ``vault`` by the names of variables. ``masked`` is the same value as it
    may be shown: what differs there, or is missing, is a secret."""
    if plain == masked:
        return plain
    if isinstance(plain, Mapping) and isinstance(masked, Mapping):
        return {key: apart(value, masked.get(key), f"{path}_{key}", vault) for key, value in plain.items()}
    if isinstance(plain, list) and isinstance(masked, list) and len(plain) == len(masked):
        return [
            apart(one, other, f"{path}_{_told_apart(one, index)}", vault)
            for index, (one, other) in enumerate(zip(plain, masked, strict=True))
        ]
    name = VAULT + re.sub(r"[^A-Za-z0-9_]+", "_", path).lower()
    while vault.get(name, plain) != plain:
        name += "_"
    vault[name] = plain
    return Reference(f"{{{{ {name} }}}}")


def _told_apart(entry: Any, index: int) -> str:
    return str(entry.get("name") or index) if isinstance(entry, Mapping) else str(index)


def unmasked(value: Any) -> Any:
    """A value in which no mask stands for a secret: an option that is one is left out, which keeps what is there, and
    in a line the mask becomes the mark that means the same."""
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


def sayable(value: Any) -> Any:
    """A value without what no YAML file can hold (bytes that are no UTF-8); None where nothing is left. A list is said
    whole or not at all."""
    if isinstance(value, str):
        return value if value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value) else None
    if isinstance(value, Mapping):
        return {key: said for key, one in value.items() for said in [sayable(one)] if said is not None}
    if isinstance(value, list):
        said = [sayable(one) for one in value]
        whole = all(
            new is not None and (not isinstance(one, Mapping) or one.get("name") == new.get("name"))
            for one, new in zip(value, said, strict=True)
        )
        return said if whole else None
    return value
