# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same declaration gives the same file, whatever was there before: earlier declarations, and lines of others."""

from __future__ import annotations

import json
import re
from collections import Counter

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.k8s_edge.ha.plugins.filter.host_part import host_part
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan import config as haproxy
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.arguments import config_arguments
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import ARGUMENTS
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.config import plan_config as keepalived
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.text.document import parse as parse_keepalived
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.vocabulary.configuration import CONFIGURATION
from derived import haproxy_proxies
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import KUBEAPI, groups, hostvars, interface
from .conftest import host as host_of


def some(**options):
    """A dictionary with some of the options."""
    return st.fixed_dictionaries({}, optional=options)


LINE = some(
    send_proxy_v2=st.booleans(),
    slowstart=st.sampled_from([None, "5s"]),
    weight=st.integers(0, 256),
    backup=st.booleans(),
    rise=st.integers(1, 5),
    cookie=st.just("c"),
)
BACKEND = some(
    default_server=LINE,
    timeouts=some(server=st.sampled_from([None, "1h"]), queue=st.just("1s")),
    options=st.sampled_from([["tcpka"], [], ["httpchk GET /livez"]]),
    retries=st.integers(1, 5),
    directives=st.sampled_from([["stick on src"], ["acl a src 10.0.0.0/8", "tcp-request content accept if a"]]),
    stick_table=st.just("type ip size 1m"),
    tcp_check=st.just(["connect"]),
    balance=st.sampled_from(["source", None]),
)
FRONTEND = some(
    maxconn=st.integers(1, 9), options=st.just(["tcplog"]), timeouts=some(client=st.just("2h")), backlog=st.just(7)
)
PORTS = st.sampled_from(
    [{"port": 80}, {"port": 80, "backend_port": 8080}, {"ports": [80, 443]}, {"ports": {443: 8443, 80: 80}}]
)
SECRET = {"auth_type": "PASS", "auth_pass": "secret"}
INSTANCE = st.builds(
    lambda options, version: {**options, **version},
    some(
        nopreempt=st.booleans(),
        garp_master_delay=st.integers(1, 9),
        track_interface=st.just([{"name": "eth1"}]),
        notify=st.just("/usr/bin/logger x"),
        debug=st.just(1),
    ),
    st.sampled_from(
        [
            {},
            {"advert_int": None},
            {"version": 2, "advert_int": 1},
            {"version": 2, "advert_int": 1, "authentication": SECRET},
        ]
    ),
)
PROXIED = st.builds(
    lambda ports, profile, **by_hand: {**KUBEAPI, "port": None, "name": "web", **ports, "profile": profile, **by_hand},
    PORTS,
    st.sampled_from(["tcp", "kube_apiserver"]),
    backend=BACKEND,
    frontend=FRONTEND,
    instance=INSTANCE,
)
DIRECTED = st.builds(
    lambda ports, check, virtual_server, instance: {
        "name": "edge",
        "addresses": ["10.77.0.101/24"],
        "hosts": "haproxy",
        "leads_to": "haproxy",
        "profile": "ipvs",
        "ports": ports,
        "check": check,
        "virtual_server": virtual_server,
        "instance": instance,
    },
    st.sampled_from([[80], [80, 443], [443, 80]]),
    some(type=st.sampled_from(["http", "https", "tcp"]), path=st.just("/x"), host=st.just("a.b"), port=st.just(8080)),
    some(persistence_timeout=st.just(60), quorum=st.just(2), scheduler=st.just("rr"), flags=st.just([])),
    some(garp_master_delay=st.integers(1, 9)),
)
DECLARATIONS = st.tuples(PROXIED, st.lists(DIRECTED, max_size=1)).map(lambda both: [both[0], *both[1]])
#: Into which section, and what.
FOREIGN = st.lists(
    st.sampled_from(
        [
            "retries 9",
            "stick-table type ip size 2m",
            "option tcpka",
            "timeout tunnel 9h",
            "frobnicate",
            "no option redispatch",
        ]
    ),
    max_size=2,
)


def facts():
    found = hostvars()
    return {**found, "haproxy-1": host_of(interface("eth0", "10.77.0.11/24"), ansible_host="10.77.0.11")}


def sections(text):
    """What each section says: its lines, each as the set of its words, and the rules in their order."""
    document = parse(text)
    found = {}
    for section in document.sections:
        lines = [tuple(meanings(document.content(index))) for index in document.body(section)]
        rules = [line for line in lines if line[0] in ("http-request", "tcp-request", "acl")]
        words = Counter((line[0], frozenset(Counter(line).items())) for line in lines)
        found[meanings(document.content(section.header))[-1], section.kind] = words, rules
    return found


def given_to_a_module(spec, parameters):
    """As Ansible gives them: texts where texts belong, and None for what was not given."""
    checked = ArgumentSpecValidator(spec).validate(json.loads(json.dumps(parameters)))
    assert not checked.error_messages
    return checked.validated_parameters


def proxied(vips):
    derived = haproxy_proxies(vips, "haproxy-1", groups(), facts(), 8404, "/etc/haproxy/ca.crt")
    return given_to_a_module(config_arguments(), {**derived, "purge": True})


@settings(max_examples=15)
@given(st.lists(DECLARATIONS, max_size=2), DECLARATIONS, FOREIGN)
def test_of_haproxy(earlier, declared, foreign):
    text = ""
    for vips in earlier:
        text = haproxy.plan_config(text, proxied(vips)).text
    text = re.sub(r"(?m)^(backend web)$", "\n    ".join([r"\1", "# of somebody else", *foreign]), text)
    desired = proxied(declared)
    edited, fresh = haproxy.plan_config(text, desired), haproxy.plan_config("", desired)
    assert sections(edited.text) == sections(fresh.text)
    assert edited.text.count("# of somebody else") == text.count("# of somebody else")
    assert haproxy.plan_config(edited.text, desired).text == edited.text


def held(vips):
    part = host_part(vips, "haproxy-1", groups(), facts(), "keepalived", {"keepalived_purge": True})
    return given_to_a_module(ARGUMENTS, part["options"])


def meaning(text):
    document = parse_keepalived(text)
    read = CONFIGURATION.read(document, document.root)
    del read["global_defs"]  # which others have lines in
    return {name: sorted(map(repr, entries)) for name, entries in read.items()}


@settings(max_examples=15)
@given(st.lists(DECLARATIONS, max_size=2), DECLARATIONS, st.booleans())
def test_of_keepalived(earlier, declared, foreign):
    text = "global_defs {\n}\n"
    for vips in earlier:
        text = keepalived(text, held(vips)).text
    if foreign:
        lines = (
            "    # of somebody else\n    debug 3\n    garp_master_repeat 9\n    notify_stop /bin/true\n    frobnicate\n"
        )
        text = re.sub(r"(?m)^(vrrp_instance web \{\n)", r"\g<1>" + lines, text)
    desired = held(declared)
    edited, fresh = keepalived(text, desired).text, keepalived("global_defs {\n}\n", desired).text
    assert {k: v for k, v in meaning(edited).items() if v} == {k: v for k, v in meaning(fresh).items() if v}
    assert "frobnicate" not in edited
    assert edited.count("# of somebody else") == text.count("# of somebody else")
    assert keepalived(edited, desired).text == edited
