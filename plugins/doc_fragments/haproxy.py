# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of HAProxy's options, each written once: types and choices come from the vocabulary, words from
the tables here."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.arguments import (
    backend_arguments,
    config_arguments,
    file_options,
)
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._docs.haproxy import DESCRIPTIONS, key_of, since


def _documented(options: dict[str, Any], path: tuple[str, ...] = ()) -> dict[str, Any]:
    """An argument spec's options as the options of a module's documentation."""
    return {option: _option(spec, (*path, option)) for option, spec in options.items()}


def _option(spec: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    words = DESCRIPTIONS[key_of(path)]
    lines = [words] if isinstance(words, str) else list(words)
    documented: dict[str, Any] = {"description": [*lines, *since(path)]}
    for key in ("type", "elements", "required", "choices", "default"):
        if key in spec and not (key == "required" and not spec[key]):
            documented[key] = spec[key]
    if "options" in spec:
        documented["suboptions"] = _documented(spec["options"], path)
    return documented


def _fragment(options: dict[str, Any], **more: Any) -> str:
    # JSON is YAML.
    return json.dumps({"options": _documented(options), **more})


def _without(options: dict[str, Any], *names: str) -> dict[str, Any]:
    return {option: spec for option, spec in options.items() if option not in names}


class ModuleDocFragment:
    """DOCUMENTATION: the file and how it is changed. BACKEND and CONFIG: what the two state modules manage.

    Annotated, as ansible-test's yamllint takes every plain assignment here for a literal.
    """

    DOCUMENTATION: str = _fragment(
        file_options(),
        notes=[
            "A change is planned on the file's text and touches only lines whose meaning changes. Comments, order,"
            " indentation, quoting and every keyword this module does not know stay as they are. If the file is"
            " already as desired, it is not written and HAProxy does not check it.",
            "With O(runtime=auto) the module reloads a running HAProxy itself if necessary. Use a handler to start"
            " HAProxy if it does not run yet, and to reload it if the module warns that it could not.",
            "A live change is recorded in C(/run/k8s_edge.ha), so that M(k8s_edge.ha.haproxy_info) knows that the"
            " process runs with the current file although it is older.",
            "The check of the new file does not know environment variables that only HAProxy's own service sets.",
        ],
    )

    BACKEND: str = _fragment(_without(backend_arguments(), *file_options()))

    CONFIG: str = _fragment(_without(config_arguments(), *file_options()))
