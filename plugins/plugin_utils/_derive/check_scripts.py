# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts of ours that keepalived runs, as files of a host. Their text lies in roles/keepalived/files."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

_TEXTS = Path(__file__).resolve().parents[3] / "roles" / "keepalived" / "files"
#: Which of them are in Python, and need to know where a host has it.
_IN_PYTHON = ("check-apiserver",)
#: Where a host has it whose facts do not say so.
_PYTHON = "/usr/bin/python3"


def check_scripts(scripts: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """Path, content and mode of each file that the derived ``scripts`` run, as ``edge_plan`` takes them."""
    paths = dict.fromkeys(str(each["script"]).split()[0] for each in scripts)
    python = str((facts.get("python") or {}).get("executable") or _PYTHON)
    return [{"path": path, "content": _content(posixpath.basename(path), python), "mode": "0755"} for path in paths]


def _content(name: str, python: str) -> str:
    if name in _IN_PYTHON:
        return f"#!{python} -IS\n{_text(f'{name}.py')}"
    return _text(name)


@cache
def _text(name: str) -> str:
    return (_TEXTS / name).read_text(encoding="utf-8")
