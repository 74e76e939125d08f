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
  - Reads what a loop over M(kubernetes.core.k8s_info) would, in the time of one of its items, since the client is
    loaded once.
  - Needs the collection C(kubernetes.core) on the controller, and the Python package C(kubernetes) where it runs.
  - How to reach the API is given as to the modules of C(kubernetes.core), by the same options, by their environment
    C(K8S_AUTH_*), or by C(module_defaults) of the group C(kubernetes.core.k8s), which count here too.
author:
  - k8s_edge contributors (@k8s-edge)
options:
  queries:
    description:
      - What to read, one entry for each kind or object.
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
        description: The one object of this name; without it, all of them.
        type: str
      namespace:
        description: Of this namespace only.
        type: str
      label_selectors:
        description: Only what has these labels, such as C(app=web).
        type: list
        elements: str
        default: []
  hidden_fields:
    description:
      - Fields that are left out of each object, such as C(metadata.managedFields).
    type: list
    elements: str
    default: []
  kubeconfig:
    description: The path of a kubeconfig, or its content.
    type: raw
  context:
    description: The context of the kubeconfig.
    type: str
  host:
    description: The API's URL.
    type: str
  api_key:
    description: A token.
    type: str
  username:
    description: The user of HTTP basic authentication.
    type: str
  password:
    description: The user's password.
    type: str
  validate_certs:
    description: Whether to check the API's certificate.
    type: bool
    aliases: [verify_ssl]
  ca_cert:
    description: The file of certificate authorities that may have signed the API's certificate.
    type: path
    aliases: [ssl_ca_cert]
  client_cert:
    description: The file of the client's certificate.
    type: path
    aliases: [cert_file]
  client_key:
    description: The file of the client's key.
    type: path
    aliases: [key_file]
  proxy:
    description: The URL of an HTTP proxy.
    type: str
  no_proxy:
    description: Hosts and domains that are reached without the proxy, with commas between them.
    type: str
  proxy_headers:
    description: Headers for the proxy.
    type: dict
    suboptions:
      proxy_basic_auth:
        description: User and password for the proxy, with a colon between them.
        type: str
      basic_auth:
        description: User and password, with a colon between them.
        type: str
      user_agent:
        description: The name of the client.
        type: str
  persist_config:
    description: Whether the kubeconfig is written again where a token was renewed.
    type: bool
  impersonate_user:
    description: The user to act as.
    type: str
  impersonate_groups:
    description: The groups to act as.
    type: list
    elements: str
attributes:
  check_mode:
    support: full
    description: Does the same in check mode.
  diff_mode:
    support: N/A
    description: There is nothing to differ.
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
    - What was found, in the order of the queries. Where one is refused the task fails, and the others are here.
  returned: when the API could be asked
  type: list
  elements: dict
  contains:
    item:
      description: The query.
      returned: always
      type: dict
    resources:
      description: The objects.
      returned: where the query was not refused
      type: list
      elements: dict
    api_found:
      description: Whether the API knows the kind.
      returned: where the query was not refused
      type: bool
    msg:
      description: Why the query was refused, or that the API does not know the kind.
      returned: in these cases
      type: str
"""

from ansible_collections.k8s_edge.ha.plugins.module_utils._payload_imports import start_lean

start_lean(__loader__)

from ansible_collections.k8s_edge.ha.plugins.module_utils._kubernetes.read import ARGUMENTS, read
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import run_module


def main() -> None:
    run_module(ARGUMENTS, read)


if __name__ == "__main__":
    main()
