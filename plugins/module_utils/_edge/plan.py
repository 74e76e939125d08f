# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module ``edge_plan`` does: every plane of a host planned in one process, by the code that would apply it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.plain import take_plain
from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.problems import conversion_problems
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.planes import PLANES, Plane
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, refuse, told
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import worst
from ansible_collections.k8s_edge.ha.plugins.module_utils._secrets import mask_problems
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

ARGUMENTS: dict[str, Any] = {"modules": {"type": "dict", "required": True}}


def plan(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """The plan of each module that is asked, by its name. Nothing is changed, and a plane that cannot be planned says
    why without keeping the others from being planned.

    The arguments hold secrets at any depth, so that they are not repeated in the result.
    """
    del check_mode  # it never changes anything
    asked = params["modules"]
    unknown = sorted(set(map(str, asked)) - set(PLANES))
    if unknown:
        problem = Problem("modules", ", ".join(unknown), "cannot be planned", f"Use: {', '.join(PLANES)}")
        return _result({}, failed=True, msg=str(problem))
    return _result({name: _planned(name, asked[name], system) for name in PLANES if name in asked})


def _planned(name: str, given: Any, system: System) -> dict[str, Any]:
    plane = PLANES[name]()
    secrets: set[str] = set()
    try:
        if not isinstance(given, Mapping):
            refuse([Problem(f"modules.{name}", None, "is no dictionary", "Give the options of the module.")])
        result = plane.action(_checked(plane, dict(given), f"modules.{name}.", secrets), system, True)
        result = {"failed": False, "msg": "", **result, "warnings": [str(each) for each in result.get("warnings", ())]}
    except EdgeError as error:
        result = _failed(str(error))
    except OSError as error:
        result = _failed(f"{error.filename or 'an operation'}: {told(error)}.")
    without_secrets: dict[str, Any] = remove_values(result, secrets)
    return without_secrets


def _failed(message: str) -> dict[str, Any]:
    return {"failed": True, "msg": message, "changed": False, "steps": [], "impact": "none", "warnings": []}


def _checked(plane: Plane, given: dict[str, Any], path: str, secrets: set[str]) -> dict[str, Any]:
    """The options as the module itself would get them; InputError or EdgeError for what it would refuse."""
    refuse([*conversion_problems(plane.arguments, given, path), *mask_problems(given, path.rstrip("."))])
    spec, taken = take_plain(plane.arguments, given) if plane.lean else (dict(plane.arguments), {})
    judged = ArgumentSpecValidator(spec).validate(given)
    secrets.update(judged._no_log_values)
    if judged.error_messages:
        raise EdgeError("\n".join(f"{path.rstrip('.')}: {message}" for message in judged.error_messages))
    return {**judged.validated_parameters, **taken}


def _result(planes: dict[str, Any], **further: Any) -> dict[str, Any]:
    return {
        "changed": False,
        "would_change": any(each["changed"] for each in planes.values()),
        "unforeseen": [name for name, each in planes.items() if each["failed"]],
        "impact": worst(each["impact"] for each in planes.values()),
        "planes": planes,
        "invocation": {"module_args": {"modules": sorted(planes)}},
        **further,
    }
