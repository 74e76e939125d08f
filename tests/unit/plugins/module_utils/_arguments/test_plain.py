# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nested options checked without Ansible: what is taken out is what Ansible would have made of it."""

from __future__ import annotations

import copy
import json

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.k8s_edge.ha.plugins.module_utils._arguments.plain import take_plain
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.arguments import backend_arguments
from hypothesis import given
from hypothesis import strategies as st

SPEC = {
    "name": {"type": "str"},
    "one": {
        "type": "dict",
        "options": {
            "text": {"type": "str", "required": True},
            "number": {"type": "int"},
            "truth": {"type": "bool"},
            "word": {"type": "str", "choices": ["a", "b"]},
            "texts": {"type": "list", "elements": "str"},
            "secret": {"type": "str", "no_log": True},
            "default": {"type": "str", "default": "x"},
            "inner": {"type": "list", "elements": "dict", "options": {"text": {"type": "str"}}},
        },
    },
}
SPEC["several"] = {"type": "list", "elements": "dict", "options": copy.deepcopy(SPEC["one"]["options"])}
del SPEC["several"]["options"]["default"], SPEC["several"]["options"]["inner"]


def given_only(value):
    if isinstance(value, dict):
        return {key: given_only(item) for key, item in value.items() if item is not None}
    return [given_only(item) for item in value] if isinstance(value, list) else value


SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["a", "5", "-5", "yes", "True", "a,b", ""])
VALUES = SCALARS | st.floats(0, 1) | st.lists(SCALARS, max_size=2) | st.dictionaries(st.just("text"), SCALARS)
ENTRIES = st.dictionaries(st.sampled_from([*SPEC["one"]["options"], "unknown"]), VALUES, max_size=4).map(
    lambda entry: {"text": "t", **entry}
)
PARAMS = st.fixed_dictionaries({}, optional={"one": ENTRIES | VALUES, "several": st.lists(ENTRIES) | VALUES})


@given(PARAMS)
def test_what_is_taken_is_what_ansible_makes_of_it(params):
    left = copy.deepcopy(params)
    spec, taken = take_plain(SPEC, left)
    for name, value in taken.items():
        assert name not in left
        assert name not in spec
        alone = ArgumentSpecValidator({name: SPEC[name]}).validate({name: copy.deepcopy(params[name])})
        assert alone.error_messages == []
        assert given_only(alone.validated_parameters[name]) == given_only(value)
        assert json.dumps(alone.validated_parameters[name]).count("true") == json.dumps(value).count("true")
    assert {name: params[name] for name in left} == left
    assert spec.keys() == SPEC.keys() - taken.keys()


@pytest.mark.parametrize(
    "entry",
    [
        {"text": "t", "secret": "s"},
        {"number": 5},
        {"text": "t", "number": "five"},
        {"text": "t", "number": True},
        {"text": "t", "truth": "maybe"},
        {"text": "t", "word": "c"},
        {"text": "t", "word": None},
        {"text": "t", "unknown": 1},
        {"text": "t", "unknown": None},
        {"text": ["t"]},
        "text=t",
    ],
)
def test_what_ansible_has_to_look_at_is_left_to_it(entry):
    params = {"several": [{"text": "fits"}, entry]}
    assert take_plain(SPEC, copy.deepcopy(params)) == (SPEC, {})


def test_servers_are_taken():
    servers = [{"name": "a", "address": "10.0.0.1", "port": 80, "check": "yes", "weight": "5", "inter": None}]
    spec, taken = take_plain(backend_arguments(), {"name": "b", "servers": servers})
    assert "servers" not in spec
    assert taken == {"servers": [{"name": "a", "address": "10.0.0.1", "port": "80", "check": True, "weight": 5}]}
