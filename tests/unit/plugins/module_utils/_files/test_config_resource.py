# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file as a resource: a pure edit, shown in check mode, applied by swap, never half."""

from __future__ import annotations

import os

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import ApplyError, DaemonRefused, EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_file import ConfigFile
from ansible_collections.k8s_edge.ha.plugins.module_utils._files.config_resource import (
    ConfigFileResource,
    Edited,
    decode,
    encode,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._reconcile import reconcile
from hypothesis import given
from hypothesis import strategies as st


def say_please(text):
    """The planner under test: every file ends with please."""
    if text.endswith("please\n"):
        return Edited(text, warnings=("already polite",))
    return Edited(text + "please\n", ("add please",), "reload", ("was rude",))


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "daemon.conf"
    file.write_bytes(b"secret\n")
    return file


def resource(path, **options):
    file = ConfigFile(str(path), **{key: options.pop(key) for key in ("validate", "backup") if key in options})
    return ConfigFileResource(file, say_please, redact=lambda text: text.replace("secret", "***"), **options)


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_plan_says_it_all_without_secrets(path, check_mode):
    plan = reconcile(resource(path), check_mode=check_mode)
    assert (plan.before, plan.after) == ("***\n", "***\nplease\n")
    assert (plan.summary, plan.impact, plan.warnings) == (["add please"], "reload", ("was rude",))
    assert path.read_bytes() == (b"secret\n" if check_mode else b"secret\nplease\n")


def test_no_change_asks_no_daemon_and_writes_nothing(path):
    path.write_bytes(b"please\n")
    before = path.stat().st_ino, path.stat().st_ctime_ns  # it may be read

    def never(*_arguments):
        raise AssertionError("nothing changes, so nobody is asked")

    plan = reconcile(resource(path, validate=never, examine=never, backup=True), check_mode=False)
    assert (plan.steps, plan.impact, plan.warnings) == ((), "none", ("already polite",))
    assert (path.stat().st_ino, path.stat().st_ctime_ns) == before


def test_the_backup_is_named(path):
    subject = resource(path, backup=True)
    reconcile(subject, check_mode=False)
    assert open(subject.backup_file, "rb").read() == b"secret\n"


@pytest.mark.parametrize("check_mode", [True, False])
def test_daemon_and_host_are_asked_in_check_mode_too(path, check_mode):
    asked = []

    def validate(candidate, current):
        asked.append((open(candidate, "rb").read(), current))
        raise DaemonRefused("no such word: please")

    subject = resource(path, validate=validate, examine=asked.append)
    with pytest.raises(DaemonRefused, match="no such word") as refused, subject.verdict():
        reconcile(subject, check_mode=check_mode)
    assert refused.value.facts == {}
    assert asked == ["secret\nplease\n", (b"secret\nplease\n", str(path))]
    assert os.listdir(path.parent) == ["daemon.conf"]
    assert path.read_bytes() == b"secret\n"


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_a_planner_cannot_settle_is_never_written(path, check_mode):
    """A value that reads back as something else: known before anything is written, in check mode too."""
    asked = []
    file = ConfigFile(str(path), backup=True, validate=lambda *paths: asked.append(paths) or [])
    endless = ConfigFileResource(file, lambda text: Edited(text + "x", ("add x",)), redact=str)
    with pytest.raises(EdgeError, match="would still not be as declared: add x"):
        reconcile(endless, check_mode=check_mode)
    assert path.read_bytes() == b"secret\n"
    assert os.listdir(path.parent) == ["daemon.conf"]
    assert asked == []


def flickering(path):
    """A resource whose file is changed again by another hand right after the swap."""
    subject = resource(path, backup=True)
    read = subject.file.read
    subject.read = lambda: (read() or b"").removesuffix(b"please\n") or None
    return subject


@pytest.mark.parametrize("before", [b"secret\n", None], ids=["existing", "new"])
def test_what_does_not_stay_is_put_back(tmp_path, before):
    path = tmp_path / "daemon.conf"
    if before is not None:
        path.write_bytes(before)
    subject = flickering(path)
    with pytest.raises(EdgeError, match="a new plan should be empty") as failed, subject.verdict():
        reconcile(subject, check_mode=False)
    assert failed.value.facts == {"restored": True}
    assert (path.read_bytes() if path.exists() else None) == before
    assert subject.backup_file is None


def test_a_file_that_could_not_be_put_back_is_not_said_to_be(path, monkeypatch):
    subject = flickering(path)
    execute = subject.execute

    def meddled(swap):
        if swap.restore:
            path.write_text("somebody else's\n")
        execute(swap)

    monkeypatch.setattr(subject, "execute", meddled)
    with pytest.raises(ApplyError, match="was changed by someone else") as failed, subject.verdict():
        reconcile(subject, check_mode=False)
    assert failed.value.facts == {"restored": False}
    assert path.read_text() == "somebody else's\n"


@given(st.binary())
def test_any_bytes_survive(content):
    assert encode(decode(content)) == content
