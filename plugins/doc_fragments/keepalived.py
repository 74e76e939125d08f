# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the keepalived modules' options: the texts are in plugin_utils/_docs/keepalived.py."""

from __future__ import annotations

import textwrap

from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.action import FILE_ARGUMENTS
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.virtual_server import (
    ARGUMENTS as VIRTUAL_SERVER,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import CONFIGURATION
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.vrrp import INSTANCE, INSTANCES
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._docs.keepalived import (
    config_texts,
    document,
    instance_texts,
    virtual_server_texts,
)


class ModuleDocFragment:
    """Annotated, as ansible-test's yamllint takes every plain assignment here for a literal."""

    #: The file, and what both state modules promise.
    DOCUMENTATION: str = textwrap.dedent(
        """
        options:
          path:
            description:
              - The configuration file. A symbolic link is followed.
            type: path
            default: /etc/keepalived/keepalived.conf
          backup:
            description:
              - Whether to keep the file as it was before a change, beside it, under its name with C(.k8s_edge.) and a
                time stamp (UTC).
              - The newest ten of them stay. What others have kept under other names is never removed.
            type: bool
            default: false
          validate:
            description:
              - Whether to let this host judge a change before it is made. The installed keepalived reads exactly the
                bytes that will be installed (C(keepalived -t), with a time limit), and interfaces, programs, users and
                certificates that the change names must exist.
              - Judged is what the change makes worse. A file that had warnings before can still be edited, and the
                result passes them on.
              - Where nothing changes, nothing is run.
            type: bool
            default: true
        attributes:
          check_mode:
            description: Can run in check mode and return changed status prediction without modifying the target.
            support: full
            details:
              - The candidate is validated in a temporary directory. What an earlier task of the same run would have
                installed (keepalived, a script, a user) and is not there yet is a warning.
          diff_mode:
            description: Returns details on what has changed (or possibly needs changing in check_mode), in diff mode.
            support: full
            details:
              - Passwords are masked, also those that the module does not manage.
          idempotent:
            description: When run twice in a row without outside changes, the second run changes nothing.
            support: full
        requirements:
          - keepalived on the managed host, where O(validate=true) and something changes
        """
    )
    INSTANCE: str = document({**INSTANCE.arguments(), **INSTANCES.exact}, instance_texts(), "instances.")
    VIRTUAL_SERVER: str = document(
        {name: spec for name, spec in VIRTUAL_SERVER.items() if name not in FILE_ARGUMENTS},
        virtual_server_texts(),
        "virtual_servers.",
    )
    CONFIG: str = document(CONFIGURATION.arguments(), config_texts())
