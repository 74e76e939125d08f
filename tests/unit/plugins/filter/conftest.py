"""A small inventory with gathered facts, as the filters see it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.fleet import Fleet
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._roll.preflight import problems
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._verify import proof
from derived import keepalived_instances


def interface(device: str, ipv4: str = "", ipv6: str = "", secondaries: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fact of one interface. Addresses are written with their prefix."""

    def entry(text: str) -> dict[str, Any]:
        address, _slash, prefix = text.partition("/")
        return {"address": address, "prefix": prefix}

    fact: dict[str, Any] = {"device": device}
    if ipv4:
        fact["ipv4"] = entry(ipv4)
    if secondaries:
        fact["ipv4_secondaries"] = [entry(each) for each in secondaries]
    if ipv6:
        fact["ipv6"] = [entry(each) for each in (ipv6, "fe80::1/64")]
    return fact


def host(*interfaces: dict[str, Any], **variables: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {"interfaces": ["lo"] + [each["device"] for each in interfaces]}
    facts["lo"] = {"device": "lo", "ipv4": {"address": "127.0.0.1", "prefix": "8"}}
    facts.update({each["device"].replace("-", "_"): each for each in interfaces})
    return {"ansible_facts": facts, **variables}


GROUPS = {
    "all": ["haproxy-1", "haproxy-2", "kube-1", "kube-2", "kube-3"],
    "haproxy": ["haproxy-1", "haproxy-2"],
    "kube_control_plane": ["kube-1", "kube-2", "kube-3"],
}
KUBEAPI = {
    "name": "kubeapi",
    "addresses": ["10.77.0.100/24"],
    "port": 6443,
    "hosts": "haproxy",
    "leads_to": "kube_control_plane",
    "profile": "kube_apiserver",
}


def hostvars(vips: list[dict[str, Any]] | None = None, edges: int = 2) -> dict[str, Any]:
    """Host variables of the lab: ``edges`` HAProxy hosts with both families, three apiservers."""
    found = {
        f"haproxy-{n}": host(
            interface("eth0", f"10.77.0.1{n}/24", f"fd00:77::1{n}/64"),
            ansible_host=f"10.77.0.1{n}",
            k8s_edge_vips=vips or [KUBEAPI],
            k8s_edge_kube_ca_file="/etc/kubernetes/pki/ca.crt",
        )
        for n in range(1, edges + 1)
    }
    found.update({f"kube-{n}": {"ansible_host": f"10.77.0.2{n}"} for n in (1, 2, 3)})
    return found


def groups(edges: int = 2) -> dict[str, list[str]]:
    names = [f"haproxy-{n}" for n in range(1, edges + 1)]
    return {**GROUPS, "haproxy": names, "all": names + GROUPS["kube_control_plane"]}


def edge_problems(groups: dict[str, list[str]], variables: dict[str, Any], read: bool) -> list[str]:
    """What edge_fleet tells as problems, of the declaration or of what was read."""
    return problems(Fleet(groups, variables), read)


def vip_faults(
    answers: dict[str, Any],
    groups: dict[str, list[str]],
    variables: dict[str, Any],
    proxies: dict[str, Any] | None = None,
    wires: dict[str, Any] | None = None,
) -> list[str]:
    """What edge_verification tells as faults of the hosts' answers by kind."""
    return proof.vip_faults(Fleet(groups, variables), answers, proxies or {}, wires or {})


def leading_peers(vips: list[dict[str, Any]], host: str) -> list[dict[str, Any]]:
    """What keepalived_info would say of the other HAProxy hosts if each ran what is declared, and led it."""
    found = []
    for peer in (each for each in groups()["haproxy"] if each != host):
        instances = keepalived_instances(vips, peer, groups(), hostvars(vips))
        led = [{**each, "state": "MASTER"} for each in instances]
        found.append({"active": True, "configuration": {"instances": instances}, "instances": led})
    return found


@pytest.fixture
def lab() -> SimpleNamespace:
    """The functions above, for tests: they cannot import their neighbours."""
    return SimpleNamespace(
        interface=interface, host=host, hostvars=hostvars, groups=groups, kubeapi=KUBEAPI, leading_peers=leading_peers
    )
