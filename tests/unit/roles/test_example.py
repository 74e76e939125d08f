"""The example inventory says what the filters take, its commented parts included."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.vips import declared

EXAMPLE = Path(__file__).resolve().parents[3] / "inventories" / "example"


def groups(text):
    return {name: list(group["hosts"]) for name, group in yaml.safe_load(text)["all"]["children"].items()}


def uncommented(text):
    """The text with its commented YAML in force; comments that are prose stay."""
    return re.sub(r"(?m)^( *)# ((?:  )*(?:- )?[a-z0-9_-]+:)", r"\1\2", text)


def test_the_example_is_a_declaration():
    hosts, edge = (EXAMPLE / "hosts.yml").read_text(), (EXAMPLE / "group_vars/all/edge.yml").read_text()
    (vip,) = declared(yaml.safe_load(edge)["k8s_edge_vips"], groups(hosts))
    assert (vip.name, vip.hosts, vip.servers) == ("kubeapi", ("haproxy-1", "haproxy-2"), ("kube-1", "kube-2", "kube-3"))


def test_what_is_commented_out_works_when_it_is_not():
    hosts, edge = (uncommented((EXAMPLE / name).read_text()) for name in ("hosts.yml", "group_vars/all/edge.yml"))
    vips = declared(yaml.safe_load(edge)["k8s_edge_vips"], groups(hosts))
    assert [vip.name for vip in vips] == ["kubeapi", "ingress", "edge", "control"]
    assert [vip.name for vip in vips if vip.beside] == ["control"]
    assert vips[2].hosts == ("edge-1", "edge-2", "edge-3")
    assert vips[2].directed and vips[2].servers == vips[2].hosts
    assert vips[2].ports == ((80, 80), (443, 443))
