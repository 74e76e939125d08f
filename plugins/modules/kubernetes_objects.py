#!/usr/bin/python
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of Kubernetes, applied, pruned, waited for and removed."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_objects
short_description: Apply, prune, wait for and remove Kubernetes objects
version_added: 0.1.0
description:
  - Makes a list of objects so in a cluster, and keeps it so. Each object gets the label C(k8s-edge.ha/owner). What has
    the label and is no longer declared is removed. What is there by the same name without it belongs to somebody else,
    and is refused before anything is changed. A namespace that was there before serves as it is.
  - Everything is rehearsed by the API server before the first object is written, in check mode too. What lies in a
    namespace that comes with the same declaration cannot be, as long as that is not there.
  - Pods that the labels of their namespace forbid (Pod Security Admission) are refused before the first object is
    written. Where pods are refused later, by quotas or policies, the roll-out ends at once with the reason.
  - Names each object that comes, goes or changes. With C(--diff) it tells each field with its old and new value, except
    of Secrets.
author:
  - k8s_edge contributors (@k8s-edge)
options:
  state:
    description:
      - V(present) makes the objects as they are declared, and removes others of the same O(owner).
      - V(absent) removes all that has the label, workloads first and with their pods. A namespace goes if it has the
        label and nobody else lives there.
      - V(patched) merges each of O(objects) into the object of its name that is there, whoever made it, and does
        nothing else. V(null) removes a field.
    type: str
    choices: [present, absent, patched]
    default: present
  objects:
    description:
      - The objects, each with C(apiVersion), C(kind) and C(metadata). Those of one kind keep their order; kinds come in
        the order in which they need each other.
    type: list
    elements: dict
    default: []
  owner:
    description: What the label says. Two sets of objects in one cluster need two owners.
    type: str
    default: k8s-edge
  kinds:
    description:
      - Kinds where something of this owner may be that is no longer declared. Those of declared objects need not be
        named.
    type: list
    elements: dict
    default: []
    suboptions:
      api_version:
        description: The group and version of the kind.
        type: str
        required: true
      kind:
        description: The kind.
        type: str
        required: true
  traces:
    description:
      - What the pods have made by themselves, for example leases, as objects with C(apiVersion), C(kind) and
        C(metadata). It is removed with the last of the objects when the state is V(absent).
    type: list
    elements: dict
    default: []
  adopt:
    description: Take over objects of others that have the declared names. They get the label.
    type: bool
    default: false
  adopt_option:
    description: What messages call the option O(adopt), for roles that pass a variable of theirs on.
    type: str
    default: adopt
  validate:
    description:
      - Check the objects against the schemas of the cluster's version before they are sent, if the Python package
        C(kubernetes-validate) is there. A misspelt field is refused then; the API server would drop it without a word.
    type: bool
    default: true
  wait:
    description: Wait until the new pods are there, and say how far it is.
    type: bool
    default: true
  wait_timeout:
    description: Seconds without any progress after which a roll-out, or a removal, counts as failed.
    type: int
    default: 300
extends_documentation_fragment:
  - k8s_edge.ha.kubernetes
attributes:
  check_mode:
    support: full
    description: Asks the API server to rehearse each change, and names what cannot be rehearsed.
  diff_mode:
    support: full
    description: Tells each field that changes, with both values. Of a Secret nothing but its name.
  idempotent:
    support: full
    description: What is as it was declared is not written again.
seealso:
  - module: kubernetes.core.k8s
"""

EXAMPLES = r"""
- name: Give the cluster a ConfigMap, and remove those that were declared before
  k8s_edge.ha.kubernetes_objects:
    owner: my-edge
    objects:
      - apiVersion: v1
        kind: ConfigMap
        metadata: {name: motd, namespace: default}
        data: {text: Welcome}

- name: Label a node
  k8s_edge.ha.kubernetes_objects:
    state: patched
    objects:
      - {apiVersion: v1, kind: Node, metadata: {name: edge-1, labels: {edgenode: "true"}}}

- name: Remove all of it
  k8s_edge.ha.kubernetes_objects:
    owner: my-edge
    state: absent
    kinds:
      - {api_version: v1, kind: ConfigMap}
"""

RETURN = r"""
changes:
  description: A line for each object that comes, goes or changes; with C(--diff) for each field that changes.
  returned: always
  type: list
  elements: str
  sample: [ConfigMap default/motd is new]
"""
