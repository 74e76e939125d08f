# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects applied, pruned, waited for and removed by the client of kubernetes.core, in the stand-in for the API."""

from __future__ import annotations

import time

import pytest
import yaml
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.modules.kubernetes_objects import EXAMPLES

SECURITY = "pod-security.kubernetes.io"


def made(kind, name="edge", version="v1", **more):
    where = {} if kind == "Namespace" else {"namespace": "web"}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, **where}, **more}


def workload(kind="DaemonSet", image="edge:v1", ports=(), **spec):
    labels = {"app": "edge"}
    container = {"name": "edge", "image": image, "ports": list(ports)}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return made(kind, version="apps/v1", spec={"selector": {"matchLabels": labels}, "template": template, **spec})


HOST_PORT = workload(ports=[{"containerPort": 80, "hostPort": 80}])
SETTINGS = made("ConfigMap", data={"a": "1"})


def test_check_mode_says_what_a_run_does_and_the_second_run_does_nothing(run):
    announced = run(SETTINGS, workload(), check=True)
    assert run.there() is None
    assert announced == run(SETTINGS, workload()) == ["ConfigMap web/edge is new", "DaemonSet web/edge is new"]
    assert "edge: 2 of 2 up to date, 2 available" in run.said
    assert run(SETTINGS, workload(), check=True) == run(SETTINGS, workload()) == []
    assert [method for method, *_ in run.cluster.log if method != "GET"] == []


def test_fields_are_told_with_both_values(run):
    run(SETTINGS)
    other = made("ConfigMap", data={"a": "2"})
    told = ['ConfigMap web/edge data.a: "1" -> "2"']
    assert run(other, check=True, fields=True) == run(other, fields=True) == told
    assert run.there()["data"] == {"a": "2"}


def test_what_is_no_longer_declared_goes_with_its_pods_first(run):
    run(SETTINGS, workload())
    gone = ["DaemonSet web/edge goes, since it is no longer declared"]
    kinds = [{"api_version": "apps/v1", "kind": "DaemonSet"}]
    assert run(SETTINGS, kinds=kinds, check=True) == run(SETTINGS, kinds=kinds) == gone
    assert run.there("daemonsets", version="apps/v1") is None and run.there()


def test_absent_leaves_what_others_have(run):
    theirs = made("ConfigMap", "theirs", data={})
    run(made("Namespace", "own"), SETTINGS, made("Secret", stringData={"a": "b"}))
    run.cluster.create(("v1", "configmaps", "web", "theirs"), theirs, dry=False)
    run.cluster.create(("v1", "configmaps", "own", "theirs"), {"metadata": {"name": "theirs"}}, dry=False)
    kinds = [{"api_version": "v1", "kind": kind} for kind in ("Namespace", "ConfigMap", "Secret")]
    assert run(state="absent", kinds=kinds) == ["ConfigMap web/edge goes", "Secret web/edge goes"]
    assert run.said[-1] == "Namespace own is kept for ConfigMap own/theirs."
    assert run.there(name="theirs")


def test_what_pods_have_left_goes_too_where_it_is_there(run):
    traces = [made("ConfigMap", "trace"), made("ConfigMap", "never")]
    run.cluster.create(("v1", "configmaps", "web", "trace"), {"metadata": {"name": "trace"}}, dry=False)
    assert run(state="absent", traces=traces, check=True) == run(state="absent", traces=traces)
    assert run.there(name="trace") is None


def test_a_removal_that_hangs_says_on_what(run):
    run(SETTINGS)
    run.there()["metadata"]["finalizers"] = ["example.org/guard"]
    kinds = [{"api_version": "v1", "kind": "ConfigMap"}]
    with pytest.raises(EdgeError, match=r"still exists after 0 seconds: its finalizers .*example\.org/guard"):
        run(kinds=kinds, wait_timeout=0)


def test_what_others_made_is_refused_with_the_variable_that_takes_it_over(run):
    run.cluster.create(("v1", "configmaps", "web", "edge"), {"metadata": {"name": "edge"}}, dry=False)
    with pytest.raises(EdgeError, match=r"ConfigMap web/edge.*traefik_adopt: true"):
        run(SETTINGS, adopt_option="traefik_adopt")
    assert run(SETTINGS, adopt=True) == ["ConfigMap web/edge changes"]


def test_every_refusal_is_told_before_anything_is_written(run):
    run(made("Service", spec={"clusterIP": "10.0.0.1", "ports": [{"port": 80}]}))
    with pytest.raises(EdgeError, match=r"immutable field: Service web/edge \(spec.clusterIP\)"):
        run(SETTINGS, made("Service", spec={"clusterIP": "None", "ports": [{"port": 80}]}))
    nowhere = [{**SETTINGS, "metadata": {"name": name, "namespace": "nowhere"}} for name in ("b", "c")]
    with pytest.raises(EdgeError, match='namespaces "nowhere" not found') as told:
        run(SETTINGS, *nowhere)
    assert run.there() is None and "b'{" not in str(told.value)


def test_keys_of_others_in_a_config_map_of_ours_are_told(run):
    run(SETTINGS)
    run.there()["data"]["range-shop"] = "10.0.0.1-10.0.0.9"
    assert run(SETTINGS) == []
    assert run.warned == [
        "ConfigMap web/edge data.range-shop was added by somebody else, and takes effect. Declare it, or remove it "
        "from the "
        "cluster."
    ]
    run.there()["data"].pop("range-shop")
    run(made("ConfigMap", data={"b": "1"}))
    assert run.warned == [], "a key of ours that goes is nobody else's"


def test_a_merge_into_what_others_made(run):
    run.cluster.create(
        ("v1", "configmaps", "web", "edge"), {"metadata": {"name": "edge"}, "data": {"a": "1"}}, dry=False
    )
    patch = made("ConfigMap", data={"a": None, "b": "2"})
    assert run(patch, state="patched", check=True) == run(patch, state="patched") == ["ConfigMap web/edge changes"]
    assert run.there()["data"] == {"b": "2"} and "labels" not in run.there()["metadata"]
    assert run(patch, state="patched") == []
    with pytest.raises(EdgeError, match="ConfigMap web/nowhere does not exist"):
        run(made("ConfigMap", "nowhere", data={}), state="patched")


@pytest.mark.parametrize("check", [True, False])
def test_pods_that_the_namespace_forbids_are_refused_before_the_first_object(run, check):
    run.namespace(enforce="baseline")
    with pytest.raises(
        EdgeError, match=r"Namespace web: 'baseline' forbids every pod of DaemonSet edge.*hostPort"
    ) as told:
        run(SETTINGS, HOST_PORT, check=check)
    assert f"{SECURITY}/enforce=privileged" in str(told.value)
    assert run.there() is None


def test_a_namespace_of_ours_with_the_right_label_is_no_obstacle(run):
    labelled = {
        **made("Namespace", "own"),
        "metadata": {"name": "own", "labels": {f"{SECURITY}/enforce": "privileged"}},
    }
    run.namespace("own", enforce="restricted")
    daemons = {**HOST_PORT, "metadata": {"name": "edge", "namespace": "own"}}
    with pytest.raises(EdgeError, match="Namespace own: 'restricted'"):
        run(labelled, daemons)
    run.cluster.delete(("v1", "namespaces", "", "own"), dry=False)
    assert len(run(labelled, daemons)) == 2


def test_pods_that_run_already_are_warned_of(run):
    run(HOST_PORT)
    run.namespace(enforce="baseline")
    assert run(HOST_PORT) == []
    assert "forbids every pod of DaemonSet edge" in run.warned[0]


@pytest.mark.parametrize("check", [True, False])
def test_what_the_api_warns_of_is_passed_on_once(run, check):
    run.namespace(warn="baseline")
    run(HOST_PORT, check=check)
    said = 'would violate PodSecurity "baseline:latest": hostPort (container "edge" uses hostPorts 80)'
    assert run.warned == [f"DaemonSet web/edge: {said}"]


@pytest.mark.parametrize("kind", ["DaemonSet", "Deployment"])
def test_a_roll_out_whose_pods_are_refused_ends_at_once_with_the_reason(run, kind):
    run.namespace(annotations={"stand-in/quota": "few"})
    begin = time.monotonic()
    with pytest.raises(
        EdgeError, match=rf"{kind} web/edge gets no pods: .*exceeded quota: few.*ask its administrators"
    ):
        run(workload(kind), wait_timeout=60)
    assert time.monotonic() - begin < 10


def test_a_refusal_of_before_is_not_taken_for_one_of_now(run):
    run.namespace(annotations={"stand-in/quota": "few"})
    with pytest.raises(EdgeError, match="exceeded quota"):
        run(workload())
    run.namespace()
    assert run(workload()) == []
    assert run(workload(image="edge:v2")) == ["DaemonSet web/edge changes"]


def test_a_roll_out_that_stands_still_says_so(run):
    with pytest.raises(
        EdgeError, match=r"no progress in 0 seconds: 0 of 2 up to date, 0 available\. Its pods report no"
    ):
        run(workload(image="never:v1"), wait_timeout=0)


def test_an_api_that_is_not_there_is_named_once(run):
    run.port = 1
    with pytest.raises(EdgeError, match="cannot be reached") as told:
        run(SETTINGS)
    assert "Traceback" not in str(told.value)


@pytest.mark.parametrize("number", range(3))
def test_the_examples_do_what_they_say_once(run, number):
    examples = [task["k8s_edge.ha.kubernetes_objects"] for task in yaml.safe_load(EXAMPLES)]
    for earlier in examples[:number]:
        run(*earlier.pop("objects", ()), **earlier)
    example = examples[number]
    objects = example.pop("objects", ())
    announced = run(*objects, **example, check=True)
    assert announced == run(*objects, **example) != []
    assert run(*objects, **example) == []
