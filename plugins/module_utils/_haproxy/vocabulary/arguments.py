# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules' argument specs, derived from the vocabulary."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import (
    BIND,
    SERVER,
    argument_options,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.sections import (
    BIND_LINES,
    SERVER_LINES,
    directive_options,
)

DEFAULT_PATH = "/etc/haproxy/haproxy.cfg"

Options = dict[str, Any]

_REQUIRED: Options = {"type": "str", "required": True}
_LINES: Options = {"type": "list", "elements": "str"}
_PLACE: Options = {"address": {"type": "str"}, "port": {"type": "str"}}


def file_options() -> Options:
    """Options for finding and changing the file, the same for every state module."""
    return {
        "path": {"type": "path", "default": DEFAULT_PATH},
        "backup": {"type": "bool", "default": False},
        "validate": {"type": "bool", "default": True},
        "runtime": {"type": "str", "choices": ["auto", "never", "require"], "default": "auto"},
        "socket": {"type": "str"},
    }


def backend_arguments() -> Options:
    """The argument spec of haproxy_backend."""
    return {
        **section_options("backend"),
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        **file_options(),
    }


def config_arguments() -> Options:
    """The argument spec of haproxy_config."""
    sections = {
        "frontends": _list(section_options("frontend")),
        "listens": _list(section_options("listen")),
        "backends": _list(section_options("backend")),
        "defaults": _list(section_options("defaults")),
    }
    other: Options = {
        "type": _REQUIRED,
        "name": {"type": "str"},
        "directives": dict(_LINES, required=True),
    }
    return {
        "global": {"type": "dict", "options": section_options("global")},
        **sections,
        "sections": _list(other),
        "purge": {"type": "bool", "default": False},
        **file_options(),
    }


def section_options(kind: str) -> Options:
    """One section's options."""
    options: Options = {}
    if kind != "global":
        options["name"] = {"type": "str"} if kind == "defaults" else _REQUIRED
        options["from"] = {"type": "str"}
    options.update(directive_options(kind))
    if kind in BIND_LINES:
        options["bind"] = _list({**_PLACE, **argument_options(BIND)})
    if kind in SERVER_LINES:
        options["default_server"] = {"type": "dict", "options": argument_options(SERVER)}
        if "server" in SERVER_LINES[kind]:
            options["servers"] = _list(
                {"name": {"type": "str", "required": True}, **_PLACE, **argument_options(SERVER)}
            )
    options["directives"] = _LINES
    options["exact"] = {"type": "bool"}
    return options


def _list(options: Options) -> Options:
    return {"type": "list", "elements": "dict", "options": options}
