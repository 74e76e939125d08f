# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module ``edge_plan`` does: plan every plane of a host in one process, with the code that would apply the
plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Callable

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.plain import take_plain
from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.problems import conversion_problems
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.coming import Coming
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host.look import Look, failed_plane, plane
from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.planes import PLANES, Plane
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, os_reason, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import worst
from ansible_collections.k8s_edge.ha.plugins.module_utils._secrets import mask_problems
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System


def plan(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """The plan of each requested plane, by name. Nothing is changed. A plane that cannot be planned reports the reason;
    the others are planned all the same.

    The arguments may hold secrets at any depth; these are kept out of the result.
    """
    del check_mode  # it never changes anything
    refuse(list(_problems(params["modules"] or {})))
    coming = Coming()
    planes: dict[str, dict[str, Any]] = {}
    for name, look in _looks(params, system):
        planes[name] = _looked(name, look, coming)
    for name, module, path, given in _asked(params["modules"] or {}):
        planes[name] = _planned(module, given, path, system, coming)
        if module == "kernel_settings" and not planes[name]["failed"]:
            coming.note_settings(given.get("parameters") or ())
    # A HAProxy that does not change reports untrusted servers itself.
    if params["apiservers"] and any(each["changed"] for each in planes.values()):
        from ansible_collections.k8s_edge.ha.plugins.module_utils._edge import apiservers

        planes["apiservers"] = _looked("apiservers", lambda: apiservers.look(params["apiservers"]), coming)
    if params["units"] is not None:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host import units

        changing = {PLANES[name]().daemon for name in planes if name in PLANES and planes[name]["changed"]}
        planes["units"] = _looked(
            "units", lambda: units.look(params["units"], system, coming.packages, changing), coming
        )
    return _result(planes)


def _problems(modules: Mapping[str, Any]) -> Iterator[Problem]:
    unknown = sorted(set(map(str, modules)) - set(PLANES))
    if unknown:
        yield Problem("modules", ", ".join(unknown), "cannot be planned", f"Use: {', '.join(PLANES)}")


def _looks(params: Mapping[str, Any], system: System) -> Iterator[tuple[str, Callable[[], Look]]]:
    """The looks at the host: these planes come before those of modules and provide what modules may need."""
    if params["packages"] is not None:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host import packages

        yield "packages", lambda: packages.look(params["packages"], system)
    if params["users"] is not None:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host import users

        yield "users", lambda: users.look(params["users"])
    if params["files"] is not None:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host import files

        yield "files", lambda: files.look(params["files"])
    if params["blocks"] is not None:
        from ansible_collections.k8s_edge.ha.plugins.module_utils._edge.host import blocks

        yield "blocks", lambda: blocks.look(params["blocks"])


def _asked(modules: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Any]]:
    """(plane, module, path of the options, options), in the order in which a host is changed. A module that is listed
    several times has one plane for each entry, named by the entry's ``name``."""
    for module in PLANES:
        given = modules.get(module)
        if isinstance(given, list):
            for index, each in enumerate(given):
                name = each.get("name", index) if isinstance(each, Mapping) else index
                yield f"{module} {name}", module, f"modules.{module}[{index}]", each
        elif module in modules:
            yield module, module, f"modules.{module}", given


def _looked(name: str, look: Callable[[], Look], coming: Coming) -> dict[str, Any]:
    try:
        found = look()
    except EdgeError as error:
        return failed_plane(str(error))
    coming.note(name, found)
    return plane(found)


def _planned(module: str, given: Any, path: str, system: System, coming: Coming) -> dict[str, Any]:
    asked = PLANES[module]()
    secrets: set[str] = set()
    try:
        if not isinstance(given, Mapping):
            refuse([Problem(path, None, "is not a dictionary", "Give the options of the module.")])
        params = _checked(asked, dict(given), path, secrets)
        result = coming.foresee(asked, params, system)
        if asked.affected is not None:
            result.update(asked.affected(params, result, system))
    except EdgeError as error:
        result = failed_plane(asked.redact(str(error)))
    except OSError as error:
        result = failed_plane(f"{error.filename or 'an operation'}: {os_reason(error)}.")
    without_secrets: dict[str, Any] = remove_values(result, secrets)
    return without_secrets


def _checked(asked: Plane, given: dict[str, Any], path: str, secrets: set[str]) -> dict[str, Any]:
    """The options as the module itself would receive them. Raises InputError or EdgeError for what it would refuse."""
    refuse([*conversion_problems(asked.arguments, given, f"{path}."), *mask_problems(given, path)])
    spec, lifted = take_plain(asked.arguments, given) if asked.lean else (dict(asked.arguments), {})
    judged = ArgumentSpecValidator(spec).validate(given)
    secrets.update(judged._no_log_values)
    if judged.error_messages:
        raise EdgeError("\n".join(f"{path}: {message}" for message in judged.error_messages))
    return {**judged.validated_parameters, **lifted}


def _result(planes: dict[str, Any]) -> dict[str, Any]:
    return {
        "changed": False,
        "would_change": any(each["changed"] for each in planes.values()),
        "failed_planes": [name for name, each in planes.items() if each["failed"]],
        "unforeseen": [f"{name}: {line}" for name, each in planes.items() for line in each["unforeseen"]],
        "impact": worst(each["impact"] for each in planes.values()),
        "planes": planes,
        "invocation": {"module_args": {"planes": list(planes)}},
    }
