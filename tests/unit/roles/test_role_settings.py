# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles of the cluster's side go by the types that they declare: what can mean one thing only is taken for that,
nothing is true because its text is not empty, and what cannot be is named, also without the playbooks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.role_settings import role_settings
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.variables import of_roles
from wrong_values import wrong_values

ROLES = Path(__file__).resolve().parents[3] / "roles"
CLUSTER = ("edge_nodes", "kube_keepalived_vip", "kube_vip", "kube_vip_cloud_provider", "kubernetes_objects", "traefik")


def options(role):
    stated = yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text())
    return stated["argument_specs"]["main"]["options"]


@pytest.mark.parametrize("role", CLUSTER)
def test_every_wrong_value_is_named_with_its_place(role):
    for name in options(role):
        for case in wrong_values(of_roles()[name], name):
            with pytest.raises(AnsibleFilterError) as told:
                role_settings({name[len(role) + 1 :]: case.value}, role)
            assert any(line.startswith(f"{case.path}: ") for line in str(told.value).splitlines()), (case, told.value)


@pytest.mark.parametrize("role", CLUSTER)
def test_each_role_goes_by_its_typed_settings_alone(role):
    """Its tasks use no public variable, so that none is taken as it came, and the settings have all of them. What is
    handed on to kubernetes_objects as it came is typed there: what types it here too does so for each use there.
    """
    stated = yaml.safe_load((ROLES / role / "vars" / "main.yml").read_text())
    given = {**stated[f"__{role}_given"], **stated.get(f"__{role}_lists_given", {})}
    assert given == {name[len(role) + 1 :]: f"{{{{ {name} }}}}" for name in options(role)}
    for path in (ROLES / role / "tasks").glob("*.yml"):
        handed_on = rf'kubernetes_objects_(\w+): "{{{{ {role}_\1 }}}}"\n'
        # What a message says is not read; what it evaluates is.
        text = re.sub(
            r"fail_msg: (?:>-\n(?:\s+.*\n)+?(?=\s+\w+:|\Z)|.*)",
            lambda said: " ".join(re.findall(r"\{\{.*?\}\}", said[0], re.DOTALL)),
            path.read_text(),
        )
        text = re.sub(rf"{handed_on}|{role}_\w+: |(?<=set )\w+(?= to absent)", "", text)
        assert not re.findall(rf"(?<![\w.])(?:{'|'.join(options(role))})\b", text), path


@pytest.mark.parametrize("word", ["no", "off", "False", "0", False])
def test_a_text_says_no(word):
    given = {"wait": word, "adopt": word, "services": {"election": word}, "control_plane": {"static_pod": word}}
    made = role_settings(given, "kube_vip")
    assert (made["wait"], made["adopt"]) == (False, False)
    assert made["services"]["election"] is False and made["control_plane"]["static_pod"] is False


def test_numbers_from_a_survey_and_nothing_at_all():
    assert role_settings({"replicas": "2", "skip_end_ips": "yes"}, "kube_vip_cloud_provider") == {
        "replicas": 2,
        "skip_end_ips": True,
    }
    assert role_settings({"ingresses": None, "acme": None, "vip": None}, "traefik") == {
        "ingresses": [],
        "acme": {},
        "vip": "",
    }
    with pytest.raises(AnsibleFilterError, match="kube_vip_cloud_provider_replicas: is empty"):
        role_settings({"replicas": None}, "kube_vip_cloud_provider")


def test_inner_defaults_are_filled_in_but_nothing_is_made_of_nothing():
    assert role_settings({"services": {"interface": "eth0"}, "bgp": {}}, "kube_vip") == {
        "services": {
            "interface": "eth0",
            "subnet": "32",
            "lease_name": "plndr-svcs-lock",
            "metrics_port": 2113,
            "election": False,
        },
        "bgp": {},
    }
    assert role_settings({"services": {"nodes": {"edge": None}}}, "kube_vip")["services"]["nodes"] == {"edge": None}


def test_a_secret_of_a_wrong_type_is_not_told():
    for given in ({"peers": "10.0.0.1:65000:sesame"}, {"peers": [{"password": ["sesame"]}]}, "sesame"):
        with pytest.raises(AnsibleFilterError) as told:
            role_settings({"bgp": given}, "kube_vip")
        assert "sesame" not in str(told.value)


@pytest.mark.parametrize("wrong", [["/a"], 5, True, None])
def test_a_kubeconfig_is_a_path_or_a_content(wrong):
    with pytest.raises(AnsibleFilterError, match=r"kube_vip_kubeconfig: .*is not a kubeconfig"):
        role_settings({"kubeconfig": wrong}, "kube_vip")
