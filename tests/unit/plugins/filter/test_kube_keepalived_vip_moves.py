# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An address leaves kube-keepalived-vip only where everybody who may hold it is seen and one other is to have it."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.k8s_edge.ha.plugins.filter.kube_keepalived_vip_moves import kube_keepalived_vip_moves

CONFIG_MAP = "web/vips"
VIPS = [{"name": "edge", "addresses": ["10.4.0.51/24"]}]
ADDRESS = "kube-vip.io/loadbalancerIPs"


def pod(node, *, args=(f"--services-configmap={CONFIG_MAP}",), env=()):
    return {"spec": {"nodeName": node, "containers": [{"args": list(args), "env": list(env)}]}}


KUBE_VIP = pod("one", args=["manager"], env=[{"name": "svc_enable", "value": "true"}])


def service(name, annotations=None, **spec):
    metadata = {"namespace": "web", "name": name, **({"annotations": annotations} if annotations else {})}
    return {"metadata": metadata, "spec": {"type": "ClusterIP", **spec}}


def cluster(data=None, **given):
    """Two nodes with kube-keepalived-vip, one of them with kube-vip, and two Services."""
    nodes = [{"metadata": {"name": name}} for name in ("one", "two", "three")]
    held = {"10.4.0.50": "web/front:NAT", "10.4.0.51": "web/back"} if data is None else data
    return {
        "ConfigMap": [{"data": held}],
        "Pod": [pod("one"), pod("two"), pod("three", args=["--services-configmap=other/vips"]), KUBE_VIP],
        "Node": nodes,
        "Service": [service("front"), service("back")],
        **given,
    }


def plan(*entries, seen=None, declared=(), hosts=("one", "two"), vips=VIPS):
    return kube_keepalived_vip_moves(
        list(entries), seen or cluster(), CONFIG_MAP, list(declared), vips, list(hosts), {}
    )


def to_service(**given):
    return {"address": "10.4.0.50", "to": "kube_vip", **given}


TO_KEEPALIVED = {"address": "10.4.0.51", "to": "keepalived"}


def test_each_address_goes_where_it_is_told_and_is_looked_for_where_it_may_be():
    found = plan(to_service(), TO_KEEPALIVED)
    assert found["hosts"] == ["one", "two"]
    service_move, vip_move = found["moves"]
    assert vip_move == {"address": "10.4.0.51", "to": "keepalived", "pending": True, "value": "web/back"}
    assert (service_move["service"], service_move["given"]) == ("web/front", False)
    assert service_move["give"]["spec"] == {"type": "LoadBalancer"}
    assert service_move["give"]["metadata"]["annotations"] == {ADDRESS: "10.4.0.50"}


def test_what_is_taken_back_is_what_was_there():
    before = service("front", {"other": "annotation"}, type="NodePort")
    seen = cluster(Service=[before])
    back = plan(to_service(load_balancer_class="kube-vip.io/kube-vip-class"), seen=seen)["moves"][0]["take_back"]
    assert back["spec"] == {"type": "NodePort", "loadBalancerClass": None}
    assert back["metadata"]["annotations"] == {ADDRESS: None}


def test_a_move_that_was_interrupted_goes_on():
    given = service("front", {ADDRESS: "10.4.0.50"}, type="LoadBalancer")
    seen = cluster({}, Service=[given])
    move, again = (plan(to_service(service="web/front"), seen=each)["moves"][0] for each in (seen, cluster({})))
    assert (move["pending"], move["given"]) == (False, True)
    assert (again["pending"], again["given"]) == (False, False)


@pytest.mark.parametrize(
    ("entry", "more", "said"),
    [
        ("10.4.0.50", {}, "is not a dictionary"),
        (to_service(port=80), {}, "'port' is not a key there"),
        (to_service(to="metallb"), {}, "'metallb' is unknown"),
        (to_service(to="keepalived"), {}, "is not a VIP of keepalived"),
        (to_service(address="10.4.0.51"), {}, "would have two owners"),
        (to_service(), {"declared": [{"address": "10.4.0.50"}]}, "whose next run would assign it again"),
        (to_service(service="web/none"), {}, "'web/none' is not a Service of the cluster"),
        (to_service(), {"seen": cluster({})}, r"moves\[0\].service: is not known"),
        (
            to_service(),
            {"seen": cluster(Service=[service("front", {ADDRESS: "10.4.0.9"})])},
            "has the address 10.4.0.9 already",
        ),
        (to_service(), {"seen": cluster(Pod=[pod("one")])}, "does not serve services in this cluster"),
        (to_service(), {"hosts": ["one"]}, "node: 'two' runs kube-keepalived-vip and is not a host of the inventory"),
        (to_service(), {"seen": cluster(Pod=[KUBE_VIP])}, "is read by no pod"),
    ],
)
def test_what_would_end_in_two_hands_or_in_the_dark_is_refused(entry, more, said):
    with pytest.raises(AnsibleFilterError, match=said):
        plan(entry, **more)
