# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that ends a module: results, warnings and errors in words."""

from __future__ import annotations

import io
import json

import pytest
from ansible.module_utils import basic
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import (
    ApplyError,
    EdgeError,
    InputError,
    Problem,
    refuse,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._plan import Plan, Step
from ansible_collections.k8s_edge.ha.plugins.module_utils._run_module import plan_result, run_module
from told_invocation import TOLD_INVOCATION


def run(monkeypatch, capsys, action, spec=None, **params):
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": params}).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(SystemExit) as end:
        run_module(spec or {"name": {"type": "str"}}, action)
    return end.value.code, json.loads(capsys.readouterr().out)


def test_a_result_is_handed_out(monkeypatch, capsys):
    plan = Plan("a\n", "b\n", (Step("one\ntwo", None), Step("three", None)), "reload", ("mind",))
    code, said = run(
        monkeypatch, capsys, lambda params, ports, check: plan_result(plan, params["name"], backup_file=None), name="/f"
    )
    assert code == 0
    assert said["changed"] is True
    assert said["steps"] == ["one", "two", "three"]
    assert said["impact"] == "reload"
    assert "mind" in json.dumps(said["warnings"])
    assert said["diff"] == {"before": "a\n", "after": "b\n", "before_header": "/f", "after_header": "/f"}
    assert "backup_file" not in said


def test_secrets_are_taken_out_of_a_result_where_there_are_any(monkeypatch, capsys):
    whole, searched = basic.remove_values, []
    monkeypatch.setattr(basic, "remove_values", lambda *given: searched.append(given) or whole(*given))
    action = lambda params, ports, check: {"said": f"it is {params['name']}"}  # noqa: E731 (a name for a one-line action)
    secret = {"name": {"type": "str", "no_log": True}}
    assert run(monkeypatch, capsys, action, secret, name="hunter2")[1]["said"] == "it is ********"
    assert [type(each[0]) for each in searched].count(dict) == 1
    # A result of ten thousand entries is not searched for nothing.
    assert run(monkeypatch, capsys, action, name="hunter2")[1]["said"] == "it is hunter2"
    assert [type(each[0]) for each in searched].count(dict) == 1


def test_check_mode_reaches_the_action(monkeypatch, capsys):
    action = lambda params, ports, check: {"check": check}  # noqa: E731 (a name for a one-line action)
    assert run(monkeypatch, capsys, action, _ansible_check_mode=True)[1]["check"] is True
    assert run(monkeypatch, capsys, action)[1]["check"] is False


def test_an_error_is_told_in_words_with_its_facts(monkeypatch, capsys):
    def action(params, ports, check):
        raise EdgeError("the VIP is held by nobody", held=[])

    code, said = run(monkeypatch, capsys, action)
    assert code == 1
    assert (said["failed"], said["msg"], said["held"]) == (True, "the VIP is held by nobody", [])


def test_every_problem_is_told_at_once():
    with pytest.raises(InputError) as told:
        refuse(
            [
                Problem("priority", 300, "is not between 1 and 255.", "Give a number from 1 to 255."),
                Problem("state", "MASTR", "is not a state", "Use MASTER or BACKUP."),
            ]
        )
    assert str(told.value).splitlines() == [
        "priority: 300 is not between 1 and 255. Give a number from 1 to 255.",
        "state: 'MASTR' is not a state. Use MASTER or BACKUP.",
    ]
    refuse([])


def test_a_failed_undo_keeps_the_first_error_first():
    error = ApplyError(EdgeError("first", rc=4), [OSError("second")])
    assert str(error).splitlines()[0] == "first"
    assert "second" in str(error)
    assert error.facts == {"rc": 4}


def test_bytes_that_are_no_utf_8_are_spelled_out(monkeypatch, capsys):
    odd = "caf\udce9"
    plan = Plan(odd, "b", (Step(odd, None),), "reload", (odd,))
    code, said = run(monkeypatch, capsys, lambda params, ports, check: plan_result(plan, "/f"), name="/f")
    assert code == 0
    assert said["diff"]["before"] == said["steps"][0] == "caf\\udce9"
    json.dumps(said, ensure_ascii=False).encode()

    def action(params, ports, check):
        raise EdgeError(odd, lines=[odd], file={odd: 1})

    code, said = run(monkeypatch, capsys, action)
    assert (code, said["msg"]) == (1, "caf\\udce9")
    json.dumps(said, ensure_ascii=False).encode()


def masked(text):
    return text.replace("hunter2", "********")


@pytest.mark.parametrize("lines", [["user joe password hunter2"], 5])
def test_a_discreet_module_shows_and_logs_no_secret_even_where_it_cannot_begin(lines, monkeypatch, capsys):
    logged = []
    monkeypatch.setattr(basic.AnsibleModule, "log", lambda self, msg, log_args=None: logged.append(msg))
    call = {"lines": lines, "deep": [{"note": "hunter2"}], "_ansible_check_mode": False, **TOLD_INVOCATION}
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": call}).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    spec = {
        "lines": {"type": "dict" if lines == 5 else "list", **({} if lines == 5 else {"elements": "str"})},
        "deep": {"type": "list", "elements": "dict"},
    }
    with pytest.raises(SystemExit):
        run_module(spec, lambda params, ports, check: {"changed": False}, masked)
    out = capsys.readouterr().out
    assert "hunter2" not in out
    assert json.loads(out)["invocation"]["module_args"]["deep"] == [{"note": "********"}]
    assert logged == []


@pytest.mark.parametrize(
    ("wrong", "option"),
    [
        ({"inner": "joe"}, "inner"),
        ({"list": [{"deep": [{}, 7]}]}, "list[0].deep[1]"),
        ({"list": [{}, ["x"]]}, "list[1]"),
        ({"list": "10.0.0.1/24"}, "list[0]"),
        ({"inner": 7}, "inner"),
        ({"inner": True}, "inner"),
        ({"inner": 1.5}, "inner"),
        ({"inner": [7]}, "inner"),
        ({"list": [{}, 7]}, "list[1]"),
        ({"list": [{"deep": [False]}]}, "list[0].deep[0]"),
    ],
)
def test_what_is_no_dictionary_is_named(wrong, option, monkeypatch, capsys):
    leaf = {"type": "list", "elements": "dict", "options": {"name": {"type": "str"}}}
    spec = {
        "inner": {"type": "dict", "options": {"name": {"type": "str"}}},
        "list": {"type": "list", "elements": "dict", "options": {"deep": leaf}},
    }
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": wrong}).encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(SystemExit):
        run_module(spec, lambda params, ports, check: {"changed": False})
    assert json.loads(capsys.readouterr().out)["msg"].startswith(f"{option}: ")
