# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that talk to the API of Kubernetes have in common."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - the collection C(kubernetes.core) on the controller
  - the Python package C(kubernetes) for the Python that runs Ansible
notes:
  - Runs on the controller, in Ansible's own process, whatever host the task is for.
  - How to reach the API is given as to the modules of C(kubernetes.core), by the same options, by their environment
    C(K8S_AUTH_*), or by C(module_defaults) of the group C(kubernetes.core.k8s), which count here too. An empty text is
    as if it were not given.
options:
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
"""
