# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each environment variable, argument, key and annotation that the roles write is one that its program reads, in a form
that it reads, and what it does with it is known (what_programs_do.yml)."""

from __future__ import annotations

import ast
import re
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
import yaml
from ansible_collections.k8s_edge.ha.plugins.filter.kube_keepalived_vip_objects import kube_keepalived_vip_objects
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_cloud_provider_objects import (
    kube_vip_cloud_provider_objects,
)
from ansible_collections.k8s_edge.ha.plugins.filter.kube_vip_objects import kube_vip_objects
from ansible_collections.k8s_edge.ha.plugins.filter.traefik_objects import traefik_objects

from .kubernetes_sets import BGP, SETS, kube_vip, provider, settings
from .test_traefik_objects import VARIANTS
from .traefik_settings import settings as traefik

TABLE = yaml.safe_load(Path(__file__).with_name("what_programs_do.yml").read_text())

#: How programs read a value.
GRAMMAR = {
    "address": r"[0-9a-f.:]+",
    "addresses": r"[0-9a-f.:]+(,[0-9a-f.:]+)*",
    "as": r"[1-9]\d*",
    "boolean": "true|false",
    "class": r"[a-z0-9./-]+",
    "desc": "desc",
    "entry point": "web|websecure|traefik|metrics",
    "flag": "",
    "interface": r"[^\s/:]{1,15}",
    "interface or nothing": r"[^\s/:]{0,15}",
    "level": "TRACE|DEBUG|INFO|WARN|ERROR|FATAL",
    "listen": r"(\d+(\.\d+){3})?:\d+",
    "name": r"[a-z0-9]([a-z0-9-]*[a-z0-9])?",
    "namespaced name": r"[a-z0-9-]+/[a-z0-9-]+",
    "namespaced service": r"([a-z0-9-]+/[a-z0-9-]+:(NAT|DR|PROXY))?",
    "networks": r"[0-9a-f.:]+/\d+(,[0-9a-f.:]+/\d+)*",
    "node": "fieldRef",
    "number": r"\d+",
    "path": r"/\S+",
    "port": r"\d+",
    "prefixes": r"\d+(,\d+)?",
    "ranges": r"[0-9a-f.:]+-[0-9a-f.:]+(,[0-9a-f.:]+-[0-9a-f.:]+)*",
    "router": r"\d+",
    "seconds": r"\d+",
    "secret or peers": r"secretKeyRef|(\[[0-9a-f:]+\]|[0-9.]+):\d+:[^:,/\s]*:(true|false)",
    "word": r"\S+",
}

BALANCED = {"addresses": ["172.20.0.99"], "load_balancer": True}
CHOSEN = {"load_balancer_class": "edge.example.org/vip", "watch_namespace": "shop", "election": True}
BY_ROUTER_ID = {**BGP["bgp"], "router_interface": None, "router_id": "192.0.2.7"}
PROXIED = [{"address": "10.4.0.50", "service": "default/nginx", "method": "PROXY"}, {"address": "10.4.0.52"}]

#: Objects of each program, with every setting that the roles can write somewhere among them.
OBJECTS = {
    "kube-vip": [
        *(each for name, made in SETS.items() if name.startswith("kube-vip,") or name == "kube-vip" for each in made),
        *kube_vip_objects(kube_vip(control_plane=BALANCED, services=CHOSEN)),
        *kube_vip_objects(kube_vip(image="ghcr.io/kube-vip/kube-vip:v0.8.0")),
        *kube_vip_objects(kube_vip(mode="bgp", bgp=BY_ROUTER_ID)),
    ],
    "kube-vip-cloud-provider": [
        *SETS["kube-vip-cloud-provider"],
        *kube_vip_cloud_provider_objects(provider(search_order="descending", skip_end_ips=True)),
    ],
    "kube-keepalived-vip": kube_keepalived_vip_objects(
        settings(
            "kube_keepalived_vip",
            services=PROXIED,
            haproxy_image="haproxy:3.0",
            interface="eth1",
            node_selector={"edgenode": "true"},
            tolerations=[],
        )
    ),
    "traefik": [
        each
        for given in (
            *VARIANTS.values(),
            {
                "redirect_to_https": True,
                "acme": {"email": "a@example.org", "challenge": "tls", "ca_server": "https://ca"},
            },
        )
        for each in traefik_objects(traefik(**{"nodes": 1, **given}))
    ],
}


def containers(made):
    for each in made:
        if each["kind"] in ("Pod", "DaemonSet", "Deployment"):
            pod = each["spec"] if each["kind"] == "Pod" else each["spec"]["template"]["spec"]
            # Of HAProxy beside kube-keepalived-vip, and of chown before Traefik, nothing is set.
            yield pod["containers"][0]


def environment(made):
    for container in containers(made):
        for each in container.get("env", ()):
            yield each["name"], each.get("value", next(iter(each.get("valueFrom", {})), None))


def arguments(made):
    for container in containers(made):
        for word in (*container.get("command", ()), *container.get("args", ())):
            name, _equals, value = word.partition("=")
            yield (
                re.sub(r"^(--(?:entrypoints|certificatesresolvers)\.)\w+", r"\1NAME", name),
                value or name * (not name.startswith("--")),
            )


def config_map(made):
    for each in made:
        if each["kind"] == "ConfigMap":
            for name, value in each["data"].items():
                known = re.sub(r"^(cidr|range|interface|allow-share)-.+", r"\1-NAMESPACE", name)
                yield re.sub(r"^[0-9.]+$", "ADDRESS", known), value


def annotations(made):
    for each in made:
        template = (each.get("spec") or {}).get("template", {}) if each["kind"] != "ConfigMap" else {}
        for metadata in (each["metadata"], template.get("metadata") or {}):
            yield from (metadata.get("annotations") or {}).items()


WAYS = {"environment": environment, "arguments": arguments, "config_map": config_map}
KNOWN = [(program, way) for program in OBJECTS for way in WAYS]


@pytest.mark.parametrize(("program", "way"), KNOWN)
def test_everything_written_is_in_the_table_and_nothing_else(program, way):
    written = {name for name, _value in WAYS[way](OBJECTS[program])}
    assert written == set(TABLE[program].get(way, ()))


@pytest.mark.parametrize(("program", "way"), KNOWN)
def test_every_value_is_one_that_the_program_reads(program, way):
    for name, value in WAYS[way](OBJECTS[program]):
        takes = TABLE[program][way][name]["takes"]
        assert re.fullmatch(GRAMMAR[takes], value), f"{name}={value} is not a {takes}"
        if takes in ("address", "addresses"):
            assert [ip_address(each) for each in value.split(",")]
        if takes == "networks":
            assert [ip_network(each) for each in value.split(",")]
        if takes == "port":
            assert 1 <= int(value) <= 65535


def test_every_annotation_is_read_by_somebody():
    written = [each for made in OBJECTS.values() for each in annotations(made)]
    known = {**TABLE["traefik"]["annotations"], **TABLE["others"]["annotations"]}
    assert {name for name, _value in written} <= set(known) | set(TABLE["kube-vip"]["annotations"])
    for name, value in written:
        if name in known:
            assert re.fullmatch(GRAMMAR[known[name]["takes"]], value), name


def test_each_row_says_where_it_was_read():
    for program in TABLE.values():
        for way in (*WAYS, "annotations", "labels", "names"):
            for row in program.get(way, {}).values():
                where = {**program, **row}
                assert where["file"] and where["release"] and where["does"].endswith(".")


#: The code that makes the objects and patches them.
CODE = Path(__file__).resolve().parents[4] / "plugins/plugin_utils"
ROOMS = ("_cluster", "_kube_vip", "_kube_keepalived_vip", "_traefik")
#: Which string of the code names a setting of a program, in which file.
SETTINGS = {
    "kube-vip-cloud-provider": (
        "_kube_vip/cloud_provider.py",
        r"(KUBEVIP_[A-Z_]+|--[a-z-]+)(?==|$)|search-order|skip-.*",
    ),
    "kube-keepalived-vip": ("_kube_keepalived_vip/objects.py", r"(--[a-z-]+|POD_[A-Z]+)(?==|$)"),
}


def parsed(file):
    return ast.parse((CODE / file).read_text())


def texts(tree):
    """Each string, with nothing where something is put in."""
    inner = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inner |= set(node.values)
            yield "".join(part.value if isinstance(part, ast.Constant) else "" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inner:
            yield node.value


def named(words, pattern):
    return {found[0] for word in words if (found := re.match(pattern, word))}


@pytest.mark.parametrize("program", SETTINGS)
def test_no_setting_in_the_code_is_missing_in_the_table(program):
    """Also those that no set of objects above has."""
    file, pattern = SETTINGS[program]
    known = {name for way in WAYS for name in TABLE[program].get(way, ())}
    found = named(texts(parsed(file)), pattern)
    assert found and found - known == set()


def test_no_variable_in_the_code_of_kube_vip_is_missing_in_the_table():
    made = [node for node in ast.walk(parsed("_kube_vip/objects.py")) if isinstance(node, ast.FunctionDef)]
    makers = [node for maker in made if maker.name in ("_environment", "_bgp") for node in ast.walk(maker)]
    keys = {text for each in makers if isinstance(each, ast.Dict) for key in each.keys if key for text in texts(key)}
    words = {each.arg for each in makers if isinstance(each, ast.keyword)}
    shapes = {"fieldRef", "fieldPath", "secretKeyRef", "name", "key"}
    assert "svc_enable" in words and "vip_subnet" in keys
    assert (keys | words) - shapes - set(TABLE["kube-vip"]["environment"]) == set()


def test_no_argument_in_the_code_of_traefik_is_missing_in_the_table():
    yielded = [node.value for node in ast.walk(parsed("_traefik/arguments.py")) if isinstance(node, ast.Yield)]
    found = [next(texts(each.elts[0])) for each in yielded if isinstance(each, ast.Tuple)]
    # Where a name is put in, a point stands before nothing.
    known = {
        re.sub(r"^(entrypoints\.)NAME|^certificatesresolvers\.NAME\.acme", r"\1", each[2:])
        for each in TABLE["traefik"]["arguments"]
    }
    plain = {re.sub(r"^(entrypoints\.)(web|websecure|metrics)(?=\.)", r"\1", each) for each in found}
    assert len(plain) > 20 and plain - known == set()


def test_every_qualified_name_in_the_code_is_in_the_table():
    """Annotations, labels, classes and finalizers; of Kubernetes, of the programs, and ours."""
    words = {word for room in ROOMS for file in sorted((CODE / room).glob("*.py")) for word in texts(parsed(file))}
    found = named(words, r"[a-z0-9.-]+\.(io|ha)/(?!v\d)[A-Za-z0-9.-]+$")
    known = {
        name
        for program in TABLE.values()
        for way in ("annotations", "labels", "names")
        for name in program.get(way, ())
    }
    assert found == known


def test_kube_vip_serves_every_namespace_unless_one_is_named():
    def watched(**services):
        made = kube_vip_objects(kube_vip(services={"interface": "eth0", **services}))
        return dict(environment(made)).get("svc_namespace")

    assert watched() is None
    assert watched(watch_namespace="shop") == "shop"
