# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check scripts that keepalived runs, as files of a host. Their text is in roles/keepalived/files."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

_TEXTS = Path(__file__).resolve().parents[3] / "roles" / "keepalived" / "files"
#: The scripts written in Python; they need the path of the host's interpreter.
_IN_PYTHON = ("check-apiserver",)
#: The interpreter's path if the host's facts do not have it.
_PYTHON = "/usr/bin/python3"


def check_scripts(scripts: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> list[dict[str, str]]:
    """Path, content and mode of each file that ``scripts`` run, as ``edge_plan`` takes them."""
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
