# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of the file requires of the host. Loaded only when there is a change."""

from __future__ import annotations

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.faults.versions import new_uses, number, too_new
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import live
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.files import included_twins
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.needs import new_needs
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.script_links import SINCE, linked_programs
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System


def needs(path: str, before: str, after: str, system: System, validate: bool) -> list[Problem]:
    """What the host lacks for a change of the file at ``path``. Without ``validate``, only what the installed
    keepalived is too old for. Raises InputError for a file that would be included twice."""
    refuse(included_twins(path, before, after))
    missing = _too_new(before, after, system)
    if validate:
        missing += new_needs(before, after) + _not_run(before, after, system)
    return missing


def _too_new(before: str, after: str, system: System) -> list[Problem]:
    """What the installed keepalived is too old for. Its version is read only if needed."""
    if not new_uses(before, after):
        return []
    installed = live.version(system)
    return too_new(before, after, installed) if installed else []


def _not_run(before: str, after: str, system: System) -> list[Problem]:
    """The new programs that the installed keepalived would not run because of a symbolic link in their path."""
    found = linked_programs(before, after)
    if not found:
        return []
    return found if number(live.version(system) or "") >= SINCE else []
