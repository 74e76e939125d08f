# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert the collection's errors to Ansible's filter errors."""

from __future__ import annotations

from functools import wraps
from typing import Any, Callable, TypeVar, cast

from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError

Filter = TypeVar("Filter", bound=Callable[..., Any])


def readable_errors(function: Filter) -> Filter:
    """Wrap a filter so that an EdgeError is raised as AnsibleFilterError with the same message."""

    @wraps(function)
    def filter_function(*arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except EdgeError as error:
            raise AnsibleFilterError(str(error)) from error

    return cast(Filter, filter_function)
