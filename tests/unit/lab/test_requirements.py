# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from lab import disk, image, requirements
from lab.__main__ import parser
from lab.command import LabError


def test_nothing_is_missing_where_all_is_there() -> None:
    assert requirements.missing(lambda name: f"/usr/bin/{name}", True, "linux") == []


def test_names_the_packages_of_what_is_missing() -> None:
    said = requirements.missing(lambda name: None if name in ("ssh", "ssh-keygen", "podman") else name, True, "linux")
    assert len(said) == 1
    assert "apt-get install openssh-client podman." in said[0]


def test_says_who_must_run_it_and_where() -> None:
    assert "sudo" in requirements.missing(lambda name: name, False, "linux")[0]
    assert requirements.missing(lambda name: None, False, "darwin") == [
        "The lab needs Linux (network namespaces, podman with systemd inside); this is darwin."
    ]


def test_a_lab_that_stands_needs_only_root() -> None:
    assert requirements.missing(lambda name: None, True, "linux", ()) == []
    assert "sudo" in requirements.missing(lambda name: None, False, "linux", ())[0]


def test_inotify_instances_are_asked_for_and_given_back() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 40, hard))  # spares real labs
    try:
        for _ in range(20):
            requirements.check_inotify(1)
        with pytest.raises(LabError, match=r"the kernel has \d+ left .* sysctl fs.inotify.max_user_instances"):
            requirements.check_inotify(20)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_images_tag_follows_its_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    before = image.name()
    assert image.name() == before
    monkeypatch.setattr(image, "_RECIPE", [*image._RECIPE, "--verbose"])
    assert image.name() != before


@pytest.mark.parametrize(
    "line",
    ["build", "up -i inventories/lab", "down --all", "status", "power-cut kube-1", "power-on kube-1", "shell kube-1"],
)
def test_command_line(line: str) -> None:
    assert parser().parse_args(line.split()).command == line.split()[0]


def test_exec_takes_the_rest_as_it_is() -> None:
    assert parser().parse_args(["exec", "curl", "-k", "--max-time", "1"]).argv == ["curl", "-k", "--max-time", "1"]


def test_each_kind_of_host_wants_its_own_packages() -> None:
    for kind, package, other in (
        ("container", "podman", "user-mode-linux"),
        ("machine", "user-mode-linux", "podman"),
    ):
        (said,) = requirements.missing(lambda name: None, True, "linux", [kind])
        assert package in said and other not in said
        assert package in requirements.packages([kind]) and other not in requirements.packages([kind])


def test_a_disk_is_named_by_all_that_it_is_made_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "6.1.999").mkdir()
    monkeypatch.setattr(disk, "modules", lambda: tmp_path)
    plain, enforcing = disk.path(False), disk.path(True)
    assert (plain, enforcing) == (disk.path(False), disk.path(True)) and plain != enforcing
    (tmp_path / "7.2.999").mkdir()  # another kernel
    assert disk.path(False) != plain
