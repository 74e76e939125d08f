# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real API fills in defaults, spells quantities its own way and leaves out what is empty: none of it is a change.
What it refuses is said field by field."""

from __future__ import annotations

from copy import deepcopy

import pytest
from ansible_collections.k8s_edge.ha.plugins.filter.traefik_objects import traefik_objects
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster import apply as _apply
from kube_defaults import GENERATION, quantity
from unit.plugins.filter.kubernetes_sets import SETS
from unit.plugins.filter.traefik_settings import HASH, INGRESSES, settings

from .test_apply import made, workload

EVERYTHING = {
    **{name: objects for name, objects in SETS.items() if objects[0]["kind"] != "Pod"},
    # With a list of tolerations that is empty.
    "traefik, plain": traefik_objects(settings(ingresses=INGRESSES)),
    "traefik": traefik_objects(
        settings(
            ingresses=INGRESSES,
            dashboard_users={"admin": HASH},
            acme={"email": "a@example.org", "challenge": "dns", "provider": "rfc2136"},
            resources={"requests": {"cpu": "0.5", "memory": "1024Mi"}, "limits": {"memory": "2048Mi"}},
            service_type="LoadBalancer",
        )
    ),
}


def kept(run, kind, namespace, name, version="apps/v1"):
    return run.cluster.objects[(version, kind, namespace, name)]


@pytest.mark.parametrize("name", EVERYTHING)
def test_what_the_api_fills_in_is_no_change(run, name):
    objects = EVERYTHING[name]
    assert len(run(*objects)) == len(objects)
    assert run(*objects, check=True, fields=True) == run(*objects, fields=True) == []
    written = {path for method, path, dry, _user in run.cluster.log if method != "GET"}
    # Of quantities that it spells otherwise the API is asked whether that would be a change.
    assert written == ({"/apis/apps/v1/namespaces/traefik/daemonsets/traefik"} if name == "traefik" else set())


def test_the_stand_in_fills_in_what_a_real_one_does(run):
    run(*EVERYTHING["traefik"])
    daemon_set = kept(run, "daemonsets", "traefik", "traefik")
    pod = daemon_set["spec"]["template"]["spec"]
    assert daemon_set["metadata"]["annotations"][GENERATION] == "1"
    assert (pod["restartPolicy"], pod["schedulerName"]) == ("Always", "default-scheduler")
    assert pod["containers"][0]["resources"]["requests"] == {"cpu": "500m", "memory": "1Gi"}
    assert pod["containers"][0]["livenessProbe"]["successThreshold"] == 1
    assert "tolerations" not in pod, "an empty list is not kept"
    service = kept(run, "services", "traefik", "traefik", "v1")["spec"]
    assert service["clusterIP"] and service["allocateLoadBalancerNodePorts"] and service["ports"][0]["nodePort"]


def test_a_change_among_all_that_was_filled_in_is_told_alone(run):
    objects = EVERYTHING["traefik"]
    run(*objects)
    changed = deepcopy(objects)
    next(each for each in changed if each["kind"] == "DaemonSet")["spec"]["minReadySeconds"] = 9
    told = ["DaemonSet traefik/traefik spec.minReadySeconds: 5 -> 9"]
    assert run(*changed, check=True, fields=True) == run(*changed, fields=True) == told
    assert kept(run, "daemonsets", "traefik", "traefik")["metadata"]["annotations"][GENERATION] == "2"


@pytest.mark.parametrize(
    ("written", "spelt"),
    [("0.5", "500m"), ("1000m", "1"), ("1024Mi", "1Gi"), ("1536Mi", "1536Mi"), ("2000", "2k"), ("1.5", "1500m")],
)
def test_quantities_have_one_spelling(written, spelt):
    assert quantity(written) == spelt


SIDECAR = workload(ports=[{"containerPort": 80, "hostPort": 8080}])
SIDECAR["spec"]["template"]["spec"]["hostNetwork"] = True
OTHERS = workload()
OTHERS["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
STRATEGY = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}
BACKEND = {"service": {"name": "web", "port": {"number": 80}}}
INGRESS = {"rules": [{"host": "192.0.2.1", "http": {"paths": [{"path": "/", "backend": BACKEND}]}}]}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (OTHERS, ["spec.template.metadata.labels: Invalid value: ", "`selector` does not match template `labels`"]),
        (SIDECAR, ["spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 80: must match"]),
        (workload(updateStrategy=STRATEGY), ["spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1"]),
        (workload("Deployment", replicas=-1), ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]),
        (made("ConfigMap", data={"fd00::1": ""}), ["data[fd00::1]: Invalid value"]),
        (made("ConfigMap", data={"share": True}), ["cannot unmarshal bool into Go struct field ConfigMap.data"]),
        (made("ConfigMap", "Edge"), ["metadata.name: Invalid value: ", "RFC 1123"]),
        (made("Service", "1st", spec={"ports": [{"port": 80}]}), ["metadata.name: Invalid value: ", "DNS-1035"]),
        (
            made("Service", spec={"ports": [{"name": "a", "port": 0}, {"port": 80}]}),
            ["spec.ports[0].port: Invalid value: 0", "spec.ports[1].name: Required value"],
        ),
        (
            made("Ingress", version="networking.k8s.io/v1", spec=INGRESS),
            ["spec.rules[0].host: Invalid value: ", "spec.rules[0].http.paths[0].pathType: Required value"],
        ),
    ],
)
def test_what_the_api_refuses_is_said_field_by_field_before_anything_is_written(run, monkeypatch, wrong, said):
    """Most of it our own check refuses before, in its own words; here it does not."""
    monkeypatch.setattr(_apply, "checked_objects", list)
    with pytest.raises(EdgeError) as told:
        run(made("ConfigMap", "first", data={"a": "1"}), wrong)
    which = f"{wrong['kind']} web/{wrong['metadata']['name']}: "
    assert [each for each in said if each not in str(told.value)] == []
    assert str(told.value).count(which) == max(1, len([each for each in said if each.startswith("spec")]))
    assert "Correct the variable" in str(told.value) and "HTTPHeaderDict" not in str(told.value)
    assert run.there(name="first") is None
