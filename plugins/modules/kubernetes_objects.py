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
  - Brings the objects of a cluster to the declared state. Each object gets the label C(k8s-edge.ha/owner). Objects with
    the label that are no longer declared are removed. An existing object of a declared name without the label belongs
    to somebody else; the module refuses it before anything is changed. An existing namespace is used as it is.
  - The API server rehearses every change (dry run) before the first object is written, in check mode too. It cannot
    rehearse objects in a namespace of the same declaration that does not exist yet.
  - Pods that the labels of their namespace forbid (Pod Security Admission) are refused before the first object is
    written. If pods are refused later, by quotas or policies, the rollout fails at once with the reason.
  - Lists each object that is added, changed or removed. With C(--diff) it shows each field with its old and new value,
    except for Secrets.
author:
  - k8s_edge contributors (@k8s-edge)
options:
  state:
    description:
      - V(present) creates or changes the declared objects, and removes others of the same O(owner).
      - V(absent) removes all objects with the label, workloads first and with their pods. It removes a namespace if
        that has the label and nothing else is in it.
      - V(patched) only merges each of O(objects) into the existing object of its name, whoever created that. V(null)
        removes a field.
    type: str
    choices: [present, absent, patched]
    default: present
  objects:
    description:
      - The objects, each with C(apiVersion), C(kind) and C(metadata). Kinds are sorted by their dependencies; objects
        of one kind keep their order.
    type: list
    elements: dict
    default: []
  owner:
    description: The value of the label. Two sets of objects in one cluster need two owners.
    type: str
    default: k8s-edge
  kinds:
    description:
      - Further kinds in which to look for objects of this owner that are no longer declared. Kinds of declared objects
        need not be listed.
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
      - Objects that the pods create themselves, for example leases, each with C(apiVersion), C(kind) and C(metadata).
        They are removed with the last of the objects if the state is V(absent).
    type: list
    elements: dict
    default: []
  adopt:
    description: Take over existing objects of the declared names. They get the label.
    type: bool
    default: false
  adopt_option:
    description: The name of the option O(adopt) in messages, for roles that pass their own variable.
    type: str
    default: adopt
  validate:
    description:
      - Check the objects against the schemas of the cluster's version before they are sent, if the Python package
        C(kubernetes-validate) is installed. This refuses misspelt fields, which the API server would silently drop.
    type: bool
    default: true
  wait:
    description: Wait until the new pods are available, and report the progress.
    type: bool
    default: true
  wait_timeout:
    description: Seconds without progress after which a rollout or a removal fails.
    type: int
    default: 300
extends_documentation_fragment:
  - k8s_edge.ha.kubernetes
attributes:
  check_mode:
    support: full
    description: Asks the API server to rehearse each change, and lists what cannot be rehearsed.
  diff_mode:
    support: full
    description: Shows each changed field with both values. Of a Secret only the name.
  idempotent:
    support: full
    description: An object that is as declared is not written again.
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
  description: A line for each object that is added, changed or removed; with C(--diff) for each changed field.
  returned: always
  type: list
  elements: str
  sample: [ConfigMap default/motd is new]
"""
