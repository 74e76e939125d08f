# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests in a kernel that has IPVS: each in a network namespace of its own, with an empty table (see inside.sh)."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.sync import action as actions
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.vocabulary import arguments
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

_CLONE_NEWNET = 0x40000000


def _ip(words):
    subprocess.run(["ip", *words.split()], check=True)


def _ipvsadm(words, rules=None):
    done = subprocess.run(["ipvsadm", *words.split()], input=rules, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(autouse=True)
def network():
    """A network of its own for the test and all that it starts."""
    if "overlay /etc " not in Path("/proc/mounts").read_text():
        pytest.skip("writes below /etc, and that is its own only in the kernel that tests/kernel/inside.sh starts")
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.unshare(_CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
    _ip("link set lo up")


@pytest.fixture
def ip():
    """``ip("link set lo up")``"""
    return _ip


@pytest.fixture
def ipvsadm():
    """What the kernel's own tool says: ``ipvsadm("-Sn")``, ``ipvsadm("-R", rules)``."""
    return _ipvsadm


def parameters(spec: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Parameters as Ansible checks them and hands them on."""
    found = ArgumentSpecValidator(spec).validate(json.loads(json.dumps(given)))
    assert not found.error_messages, found.error_messages
    return found.validated_parameters


class Table:
    """The modules, called without a process of their own."""

    @staticmethod
    def config(check_mode=False, **given):
        return actions.config(parameters(arguments.config_arguments(), given), System(), check_mode)

    @staticmethod
    def virtual_server(check_mode=False, **given):
        return actions.virtual_server(parameters(arguments.virtual_server_arguments(), given), System(), check_mode)

    @staticmethod
    def info(statistics=False):
        return actions.information({"statistics": statistics}, System(), False)

    def brought(self, module="config", **given):
        """As prove_stage does it: check mode, for real, and again in both; what check mode said is what was done."""
        call = getattr(self, module)
        before = self.info()
        said = call(check_mode=True, **given)
        assert self.info() == before
        done = call(**given)
        assert (said["changed"], said["steps"], said["diff"]) == (done["changed"], done["steps"], done["diff"])
        for check_mode in (True, False):
            again = call(check_mode=check_mode, **given)
            assert (again["changed"], again["steps"], again["impact"]) == (False, [], "none")
        return done


@pytest.fixture
def table():
    return Table()
