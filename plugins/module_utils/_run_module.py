# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a module begins and ends: the one place that calls ``exit_json`` or ``fail_json``."""

from __future__ import annotations

from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan
from ansible_collections.k8s_edge.ha.plugins.module_utils._ports import Ports

#: (params, ports, check mode) -> the keys of the result.
Action = Callable[[dict[str, Any], Ports, bool], dict[str, Any]]


def run_module(argument_spec: dict[str, Any], action: Action, **module_options: Any) -> None:
    """Run a module's action on its checked parameters and end with its result, or with its error in words."""
    module = AnsibleModule(argument_spec=argument_spec, supports_check_mode=True, **module_options)
    try:
        result = action(module.params, Ports(), module.check_mode)
    except EdgeError as error:
        module.fail_json(**printable({"msg": str(error), **error.facts}))
    for warning in result.pop("warnings", ()):
        module.warn(printable(warning))
    module.exit_json(**printable(result))


def printable(value: Any) -> Any:
    """A result with every byte that is not UTF-8 spelled out: Ansible refuses such a result as a whole, after the
    work is done, and a comment in Latin-1 is enough for one."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {printable(key): printable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable(item) for item in value]
    return value


def plan_result(plan: Plan, name: str, **extra: Any) -> dict[str, Any]:
    """A plan as a module's result. ``name`` is what the diff is about (a path). Extra keys of None are left out."""
    result: dict[str, Any] = {
        "changed": bool(plan.steps),
        "diff": {"before": plan.before, "after": plan.after, "before_header": name, "after_header": name},
        "steps": plan.summary,
        "impact": plan.impact,
        "warnings": list(plan.warnings),
    }
    result.update((key, value) for key, value in extra.items() if value is not None)
    return result
