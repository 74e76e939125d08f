#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of several kinds, read from the Kubernetes API at once."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_info
short_description: Read objects of several kinds from the Kubernetes API at once
version_added: 0.1.0
description:
  - Reads the same as a loop over M(kubernetes.core.k8s_info) in the time of one of its items, since the client is
    loaded once. Reports everything that the API refuses at once, with the missing rights.
author:
  - k8s_edge contributors (@k8s-edge)
options:
  queries:
    description:
      - What to read, one entry per kind or object.
    type: list
    elements: dict
    required: true
    suboptions:
      api_version:
        description: The group and version of the kind.
        type: str
        default: v1
      kind:
        description: The kind.
        type: str
        required: true
      name:
        description: The name of one object. By default all objects.
        type: str
      namespace:
        description: Only objects in this namespace.
        type: str
      label_selectors:
        description: Only objects with these labels, such as C(app=web).
        type: list
        elements: str
        default: []
      field_selectors:
        description: Only objects with these fields, such as C(type=Warning) for events.
        type: list
        elements: str
        default: []
  hidden_fields:
    description:
      - Fields to leave out of each object, such as C(metadata.managedFields).
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - k8s_edge.ha.kubernetes
attributes:
  check_mode:
    support: full
    description: Does the same in check mode.
  diff_mode:
    support: N/A
    description: Changes nothing, so there is no difference to show.
  idempotent:
    support: full
    description: Changes nothing.
seealso:
  - module: kubernetes.core.k8s_info
"""

EXAMPLES = r"""
- name: Read nodes, and the settings of kube-proxy
  k8s_edge.ha.kubernetes_info:
    queries:
      - {kind: Node}
      - {kind: ConfigMap, namespace: kube-system, name: kube-proxy}
    hidden_fields: [metadata.managedFields]
  register: read

- name: Say which nodes there are
  ansible.builtin.debug:
    msg: "{{ read.results[0].resources | map(attribute='metadata.name') }}"
"""

RETURN = r"""
results:
  description:
    - The results, in the order of the queries.
  returned: success
  type: list
  elements: dict
  contains:
    item:
      description: The query.
      returned: always
      type: dict
    resources:
      description: The objects.
      returned: always
      type: list
      elements: dict
    api_found:
      description: Whether the API knows the kind.
      returned: always
      type: bool
"""
