# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The start and end of every module: the one place that calls ``exit_json`` or ``fail_json``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Callable

from ansible.module_utils import basic
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.problems import (
    conversion_problems,
    dictionary_problems,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, Problem, os_reason, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan
from ansible_collections.k8s_edge.ha.plugins.module_utils._secrets import HIDDEN, MASK, mask_problems
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

#: (params, system, check mode) -> the keys of the result.
Action = Callable[[dict[str, Any], System, bool], dict[str, Any]]


#: A text -> the text without its secrets.
Redact = Callable[[str], str]


def run_module(
    argument_spec: dict[str, Any],
    action: Action,
    redact: Redact | None = None,
    lean: bool = False,
    hidden: Collection[str] = (),
    **module_options: Any,
) -> None:
    """Run a module's action on its checked parameters and end with its result, or with its error as a message.

    A mask, as info modules show it for a secret, is refused in every option of every module, and so is a value that
    Ansible would convert to a number or a text although it is none.

    ``redact`` is for modules whose free text may hold secrets: it masks the parameters in the result, and the host's
    log does not get them at all. Options in ``hidden`` are never repeated, because their text cannot be masked.
    ``lean`` is for modules with thousands of entries: their action gets nested options without those that were not
    given; other actions get these as None.
    """
    module = _Module(redact, lean, hidden, argument_spec=argument_spec, supports_check_mode=True, **module_options)
    try:
        refuse([*module.problems, *_masks_in(module.params)])
        result = action(module.params, System(), module.check_mode)
    except EdgeError as error:
        module.fail_json(**printable({"msg": str(error), **error.facts}))
    except PermissionError as error:
        module.fail_json(msg=printable(f"{error.filename or 'an operation'}: {os_reason(error)}."))
    for warning in result.pop("warnings", ()):
        module.warn(printable(warning))
    module.exit_json(**printable(result))


def _masks_in(params: dict[str, Any]) -> Iterable[Problem]:
    """The masks in the parameters. One search of the raw arguments tells whether there are any."""
    came = basic._ANSIBLE_ARGS
    if came is not None and not any(mask.encode() in came for mask in (MASK, HIDDEN)):
        return ()
    return mask_problems(params)


class _ShallowCopy:
    """Replaces ``copy`` in ansible.module_utils.basic."""

    deepcopy: Any = staticmethod(dict)


@contextmanager
def _shallow_copy() -> Iterator[None]:
    """ansible-core since 2.19 makes a deep copy of all arguments to look up one setting: avoid that."""
    # Not getattr(): for a missing name, 2.17 and 2.18 search names that they no longer offer.
    whole = vars(basic).get("copy")
    if whole is None:
        yield
        return
    basic.copy = _ShallowCopy
    try:
        yield
    finally:
        basic.copy = whole


class _Module(AnsibleModule):  # type: ignore[misc]  # ansible-core has no types
    """Ansible itself ends a module whose parameters are invalid, so masking and naming options is done in its exit
    methods."""

    def __init__(self, redact: Redact | None, lean: bool, hidden: Collection[str], **options: Any) -> None:
        self._redact = redact
        self._hidden = hidden
        self._lean = lean
        self._fits = False
        self._spec = options["argument_spec"]
        self._taken: dict[str, Any] = {}
        self.problems: list[Problem] = []
        try:
            super().__init__(no_log=redact is not None, **options)
        except TypeError:  # Ansible looks for options in a number that is in the place of a dictionary
            if not list(dictionary_problems(self._spec, _given())):
                raise
            self.fail_json("")
        self.params.update(self._taken)
        self._fits = True

    def _load_params(self) -> None:
        """Find values of a wrong type in the parameters as written, before Ansible changes them. Options that
        take_plain removes have their type already."""
        if not self._lean:
            super()._load_params()
        else:
            from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.plain import take_plain

            with _shallow_copy():
                super()._load_params()
            self.argument_spec, self._taken = take_plain(self._spec, self.params)
        self.problems = list(conversion_problems(self._spec, self.params))

    def exit_json(self, **result: Any) -> None:
        super().exit_json(**self._masked(result))

    def fail_json(self, msg: str, **result: Any) -> None:
        if not self._fits:
            # As they were given: Ansible's check has changed its own copy.
            msg = "\n".join(map(str, dictionary_problems(self._spec, _given()))) or msg
        super().fail_json(msg=self._redact(msg) if self._redact else msg, **self._masked(result))

    def _return_formatted(self, *result: Any) -> None:
        whole = basic.remove_values
        if not self.no_log_values:
            basic.remove_values = _nothing_removed
        try:
            super()._return_formatted(*result)
        finally:
            basic.remove_values = whole

    def _masked(self, result: dict[str, Any]) -> dict[str, Any]:
        if self._redact is None:
            return result
        shown = {name: value for name, value in self.params.items() if name not in self._hidden}
        return {"invocation": {"module_args": each_text(_shortened(shown), self._redact)}, **result}


def _given() -> Any:
    """The raw parameters, read again."""
    from ansible.module_utils.basic import _load_params

    return _load_params()


def _nothing_removed(value: Any, _secrets: Collection[str]) -> Any:
    """Replaces Ansible's ``remove_values``, which copies a result value by value even if it knows of no secret."""
    return value


#: Longer lists are not repeated in a result: that would take longer than everything else.
_LONGEST_SHOWN = 200


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shortened(item) for item in value] if len(value) <= _LONGEST_SHOWN else f"{len(value)} entries"
    return value


def each_text(value: Any, change: Callable[[str], str]) -> Any:
    """A value of any depth with every text in it changed, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {each_text(key, change): each_text(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [each_text(item, change) for item in value]
    return value


def printable(value: Any) -> Any:
    """A result with every byte that is not UTF-8 escaped: otherwise Ansible refuses the whole result after the work is
    done; one comment in Latin-1 is enough."""
    if isinstance(value, str):
        return _printable(value)
    if isinstance(value, dict):
        return {
            key if isinstance(key, str) and key.isascii() else printable(key): item
            if type(item) in _PLAIN or (isinstance(item, str) and item.isascii())
            else printable(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [item if type(item) in _PLAIN else printable(item) for item in value]
    return value


#: Types that have no text in them; most of a result consists of these.
_PLAIN = frozenset((int, bool, type(None)))


def _printable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def plan_result(plan: Plan, name: str, **extra: Any) -> dict[str, Any]:
    """A plan as a module's result. ``name`` is what the diff is about (a path). Extra keys of None are left out."""
    result: dict[str, Any] = {
        "changed": bool(plan.steps),
        "diff": {"before": plan.before, "after": plan.after, "before_header": name, "after_header": name},
        "steps": plan.summary,
        "impact": plan.impact,
        **({"idle_impact": plan.idle_impact} if plan.idle_impact else {}),
        "warnings": list(plan.warnings),
    }
    result.update((key, value) for key, value in extra.items() if value is not None)
    return result
