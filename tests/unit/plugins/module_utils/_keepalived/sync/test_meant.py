# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Includes, definitions, conditions and loops: what they mean to us."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host import info
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.host.files import read_configuration
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.action import configure
from ansible_collections.k8s_edge.ha.plugins.module_utils._keepalived.sync.instance import plan_instance
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System
from hypothesis import given
from hypothesis import strategies as st

HEAD = "vrrp_instance A {\n interface v0\n virtual_router_id 5\n"
FILES = {
    "vips": "10.3.3.3/32\n10.3.3.4/32 # more\n",
    "deep/one.inc": "priority 71\ninclude two.txt\n",
    "deep/two.txt": "virtual_ipaddress {\n include ${_PWD}/../vips\n}\n",
}
#: What a file holds, beside FILES; ``here`` is the host's name in conditions.
CASES = {
    "an include in an instance": HEAD + " include deep/*.inc\n}\n",
    "an include in a list": HEAD + " virtual_ipaddress {\n 10.3.0.1\n include vips\n }\n}\n",
    "an include behind a brace": HEAD + " virtual_ipaddress { include vips\n }\n}\n",
    "an include that names a definition": "$D=deep\n" + HEAD + " include ${D}/one.inc\n}\n",
    "an include of the own directory": HEAD + " virtual_ipaddress {\n include ${_PWD}/vips\n }\n}\n",
    "an include under a condition": HEAD
    + "@there include deep/one.inc\n virtual_ipaddress {\n @^there 10.1.1.1\n }\n}\n",
    "a definition": "$P=77\n" + HEAD + " priority $P\n virtual_ipaddress {\n 10.3.0.1\n }\n}\n",
    "a definition that is none": "$P =77\n" + HEAD + " priority 66\n virtual_ipaddress {\n 10.3.0.1\n }\n}\n",
    "a definition by another": "$Q=7\n$P=1${Q}\n" + HEAD + " priority $P\n virtual_ipaddress {\n 10.3.0.$Q\n }\n}\n",
    "a definition that comes later": HEAD + " priority $P\n virtual_ipaddress {\n 10.3.0.1\n }\n}\n$P=77\n",
    "a definition with a comment": "$P=77 # 88\n" + HEAD + " priority $P\n virtual_ipaddress {\n 10.3.0.1\n }\n}\n",
    "a continued definition": "$I= \\\n priority 77 # c \\\n ! c\n\t\n debug 2\n\n" + HEAD + " $I\n}\n",
    "a definition that begins at once": "$I=priority 77 \\\n debug 2\n" + HEAD + " $I\n}\n",
    "a whole instance": "$I= \\\n" + HEAD.replace("\n", " \\\n") + " virtual_ipaddress { 10.9.1.1 } \\\n}\n$I\n",
    "a definition that ends with a blank line": "$I= \\\n priority 77 \\\n\n" + HEAD + " $I\n}\n",
    "nested continued definitions": "$A= \\\n debug 1 \\\n $B \\\n priority 9\n$B= \\\n version 3 \\\n accept\n"
    + HEAD
    + "$A\n}\n",
    "conditions": HEAD + "@here priority 7\n@^here priority 8\n @there priority 9\n@ priority 6\n@here\n}\n",
    "a block under a condition": "@there " + HEAD.replace(" A ", " B ") + "@here " + HEAD + " priority 44\n}\n",
    "a sequence": HEAD + " virtual_ipaddress {\n ~SEQ(i, 1, 3) 10.2.0.${i}/32\n ~SEQ(i,5,-2,1) 10.2.1.$i\n }\n}\n",
    "a sequence in hexadecimal digits": HEAD + " virtual_ipaddress {\n ~SEQx(i, 9, 0x11) fd00::$i\n }\n}\n",
    "a sequence in a sequence": HEAD + " virtual_ipaddress {\n ~SEQ(i, 2) ~SEQ(j, 3) 10.2.${i}.$j\n }\n}\n",
    "a sequence of instances": "$E=3\n~SEQ(n, 1, $E) vrrp_instance I$n { interface v0\n",
    "instances by a definition in a sequence": (
        "$I= \\\nvrrp_instance I$n { \\\n interface v0 \\\n virtual_router_id $n \\\n virtual_ipaddress { \\\n"
        " 10.5.0.$n \\\n} \\\n}\n~SEQ(n, 11, 13) $I\n"
    ),
    "lists": HEAD + " virtual_ipaddress {\n ~LST({a,b}, {1,2}, {3,4}) 10.2.${a}.$b\n ~LST(a,7,8) 10.6.0.$a\n }\n}\n",
    "marks by name": HEAD.replace("A {", "A${_HASH}b\n{") + "}\n",
    "a brace in a definition": "$O={\n$C=}\nvrrp_instance A $O\n interface v0\n virtual_router_id 9\n$C\n",
    "an unknown name": HEAD + " priority 50\n virtual_ipaddress {\n 10.1.1.1 label $no\n }\n}\n",
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def ours(path: Path) -> dict[str, Any]:
    values = info.configuration(read_configuration(str(path), "here").document)
    return {
        one["name"]: {
            "virtual_router_id": one.get("virtual_router_id"),
            "priority": one.get("priority", 100),
            "addresses": sorted({vip["address"] for vip in info._vips([one], ())}),
        }
        for one in values.get("instances", ())
        if "virtual_router_id" in one and info._vips([one], ())
    }


@given(st.text(alphabet='a{}$@~#! \\"\n\tIPSEQ(1,2)=_x', max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    reading = read_configuration("/nowhere/keepalived.conf", "here", "$I= \\\n priority 5\n" + text)
    again = read_configuration("/nowhere/keepalived.conf", "here", reading.document.text)
    assert info.unknown_options(again.document) is not None


def task(path: Path, **params: Any) -> dict[str, Any]:
    given = {"path": str(path), "validate": False, "backup": False, **params}
    return configure(given, System(), False, lambda text: plan_instance(text, given))


HELD = [
    (
        "an include in an instance",
        {"priority": 71, "virtual_ipaddress": [{"address": "10.3.3.3/32"}, {"address": "10.3.3.4/32"}]},
    ),
    ("a definition", {"priority": 77, "virtual_router_id": 5, "virtual_ipaddress": [{"address": "10.3.0.1/32"}]}),
    ("a continued definition", {"priority": 77, "debug": 2}),
    ("nested continued definitions", {"priority": 9, "version": 3, "accept": True}),
]


@pytest.mark.parametrize(("case", "options"), HELD, ids=[case for case, _options in HELD])
def test_what_holds_already_by_such_means_needs_no_change(case: str, options: dict[str, Any], directory: Path) -> None:
    path = directory / "keepalived.conf"
    path.write_text(CASES[case])
    assert task(path, name="A", **options)["changed"] is False
    with pytest.raises(EdgeError):
        task(path, name="A", **{**options, "priority": 3})
    assert path.read_text() == CASES[case]


def test_what_stands_in_an_included_file_is_there(directory: Path) -> None:
    (directory / "more.conf").write_text(HEAD + " priority 8\n}\n")
    path = directory / "keepalived.conf"
    path.write_text("include more.conf\n")
    assert task(path, name="A", priority=8)["changed"] is False
    address = [{"address": "10.1.1.1/32"}]
    with pytest.raises(EdgeError, match=r"more\.conf"):
        task(path, name="A", priority=9, interface="v0", virtual_router_id=5, virtual_ipaddress=address)


DEFINED = [case for case in CASES if "$I= " in CASES[case] or "$A= " in CASES[case]]


@pytest.mark.parametrize("case", DEFINED)
def test_an_instance_goes_beside_a_definition_never_into_one(case: str, directory: Path) -> None:
    path = directory / "keepalived.conf"
    path.write_text(CASES[case])
    before = ours(path)
    new = {"interface": "v0", "virtual_router_id": 99, "virtual_ipaddress": [{"address": "10.8.8.8/32"}]}
    assert task(path, name="new", **new)["changed"]
    assert ours(path) == {**before, "new": {"virtual_router_id": 99, "priority": 100, "addresses": ["10.8.8.8/32"]}}
    assert task(path, name="new", **new)["changed"] is False
    task(path, name="new", state="absent")
    assert path.read_text() == CASES[case]


def test_what_cannot_be_known_is_told_and_left_out(directory: Path) -> None:
    text = (
        HEAD
        + " priority ${_RANDOM 1 200}\n include ${_INSTANCE}.conf\n advert_int 2\n}\n"
        + "~SEQ(i, 1, 99999) vrrp_instance I$i {\n}\n"
    )
    document = read_configuration(str(directory / "keepalived.conf"), "here", text).document
    values = info.configuration(document)
    assert [one["name"] for one in values["instances"]] == ["A"]
    assert "priority" not in values["instances"][0]
    [block, loop] = info.unknown_options(document)
    assert block["block"] == "vrrp_instance A"
    assert {"priority", "virtual_ipaddress"} <= set(block["options"])
    assert not {"advert_int", "interface"} & set(block["options"])
    assert loop["options"] == []
    running = [{"name": "A", "virtual_router_id": 5, "priority": 33, "addresses": ["10.0.0.1/32"]}, {"name": "I1"}]
    assert info._difference(values["instances"], running, [block, loop]) == ""
    assert "priority" in info._difference([{"name": "A", "priority": 4}], running, [])
