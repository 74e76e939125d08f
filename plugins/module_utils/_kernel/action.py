# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module ``kernel_settings`` does: parameters in, result out."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._kernel.model import Desired, parameter_path, plain
from ansible_collections.k8s_edge.ha.plugins.module_utils._kernel.resource import KernelSettings
from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import plan_result
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System


def apply(params: dict[str, Any], system: System, check_mode: bool) -> dict[str, Any]:
    """Apply the listed settings, now and at boot, and restore the earlier values of settings that are no longer
    listed."""
    resource = KernelSettings(desired_of(params), params["name"], system)
    plan = reconcile(resource, check_mode=check_mode)
    return plan_result(plan, resource.files["parameters"].path)


def desired_of(params: dict[str, Any]) -> Desired:
    """The module's parameters as desired state. Raises InputError with all problems."""
    problems = []
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,40}", params["name"]):
        problems.append(Problem("name", params["name"], "cannot name a file", "Use small letters, digits and hyphens."))
    given = params["parameters"] or {}
    for name, value in given.items():
        if not re.fullmatch(r"[A-Za-z0-9_]+(([./:@]|-+)[A-Za-z0-9_]+)+", name):
            remedy = "Write it as net.ipv4.ip_forward, without patterns."
            problems.append(Problem(f"parameters[{name}]", name, "is not the name of a kernel parameter", remedy))
        if isinstance(value, (dict, list, bool, type(None))) or not re.fullmatch(r"[\t ]*[!-~][\t -~]*", str(value)):
            problems.append(
                Problem(f"parameters[{name}]", value, "is not a value of one line", "Give a number or a word.")
            )
    for index, name in enumerate(params["modules"] or ()):
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
            problems.append(
                Problem(f"modules[{index}]", name, "is not the name of a kernel module", "Write it as ip_vs.")
            )
    refuse(problems)
    if params["state"] == "absent":
        return Desired()
    return Desired(
        {parameter_path(name): plain(str(value)) for name, value in given.items()}, tuple(params["modules"] or ())
    )
