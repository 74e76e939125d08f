# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New sections inherit what they should, and nobody else begins to inherit them."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import InputError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_backend, plan_config
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.inheritance import inherited

TIMES = {"timeouts": {"connect": "1s", "client": "1s", "server": "1s"}}
LINES = "    mode tcp\n    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\n"
NAMED = f"defaults named\n{LINES}frontend f from named\n    bind 127.0.0.1:16451\n"
SERVER = {"servers": [{"name": "a", "address": "127.0.0.1", "port": 1}]}


def heirs(text):
    """Proxy -> the defaults that it has for its place, None for none."""
    return {section.name: defaults and defaults.title for section, defaults in inherited([parse(text)])}


def test_declared_defaults_without_a_name_are_those_of_new_proxies_and_of_no_old_one():
    text = f"{NAMED}backend old\n    server a 127.0.0.1:1\n"
    once = plan_config(text, {"defaults": [{"mode": "http", **TIMES}], "backends": [{"name": "new", **SERVER}]})
    assert heirs(once.text) == {"old": "defaults named", "new": "defaults"}
    assert once.text.startswith(text)
    # Also those that come later, whatever else stands at the end by then.
    later = plan_config(once.text + NAMED.replace("named", "other").replace(" f ", " g ").replace("51", "52"), {})
    more = plan_backend(later.text, {"name": "more", **SERVER})
    assert heirs(more.text) == {"old": "defaults named", "new": "defaults", "more": "defaults"}
    assert plan_backend(more.text, {"name": "more", "state": "absent"}).text == later.text


def test_new_defaults_with_a_name_are_no_ones_by_accident():
    text = f"backend none\n    mode tcp\ndefaults\n{LINES}backend some\n"
    new = {"defaults": [{"name": "n", **TIMES}, {"name": "m", "from": "n", "mode": "tcp"}]}
    assert heirs(plan_config(text, new).text) == {"none": None, "some": "defaults"}
    assert heirs(plan_config("backend none\n", new).text) == {"none": None}
    both = {"defaults": [{"mode": "tcp"}, {"name": "n", **TIMES}], "backends": [{"name": "b"}]}
    assert heirs(plan_config("backend none\n", both).text) == {"none": "defaults", "b": "defaults"}
    assert heirs(plan_config("", both).text) == {"b": "defaults"}
    assert heirs(plan_config("", {**both, "defaults": both["defaults"][1:]}).text) == {"b": "defaults n"}


def test_a_proxy_that_would_inherit_by_its_place_is_named():
    text = "backend b\n    mode tcp\nbackend bystander\n    mode tcp\n"
    wanted = {"defaults": [{"name": "n", **TIMES}], "backends": [{"name": "b", "from": "n"}]}
    with pytest.raises(InputError, match=r"backend bystander.*has no from, and would inherit"):
        plan_config(text, wanted)
    done = plan_config(text.replace("backend bystander\n    mode tcp\n", ""), wanted)
    assert done.text.index("defaults n") < done.text.index("backend b from n")
