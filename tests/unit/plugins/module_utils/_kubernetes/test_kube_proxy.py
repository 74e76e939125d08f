# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kube-proxy as it runs: by flags, by a file, in a container, and what of it would hurt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._kubernetes.kube_proxy import (
    faults_of,
    information,
    settings_of,
)
from ansible_collections.k8s_edge.ha.plugins.module_utils._system import System

#: As kubeadm writes it.
KUBEADM = """\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
clusterCIDR: 10.244.0.0/16
ipvs:
  excludeCIDRs: {cidrs}
  minSyncPeriod: 0s
  strictARP: {strict}
kind: KubeProxyConfiguration
metricsBindAddress: ""
mode: {mode}
"""
LINES = '\n  - 172.20.0.119/32\n  - "fd00:20::/64"'


@pytest.mark.parametrize(
    ("config", "settings"),
    [
        (KUBEADM.format(cidrs="null", strict="false", mode='""'), ("", False, [])),
        (
            KUBEADM.format(cidrs="[172.20.0.119/32, fd00::/64]", strict="true", mode="ipvs"),
            ("ipvs", True, ["172.20.0.119/32", "fd00::/64"]),
        ),
        (
            KUBEADM.format(cidrs=LINES, strict="true", mode='"ipvs"'),
            ("ipvs", True, ["172.20.0.119/32", "fd00:20::/64"]),
        ),
    ],
)
def test_a_configuration_file(config: str, settings: Any) -> None:
    assert tuple(settings_of(["kube-proxy"], config).values()) == settings


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        (
            ["--proxy-mode=ipvs", "--ipvs-strict-arp", "--ipvs-exclude-cidrs=10.0.0.0/8,fd00::/8"],
            ("ipvs", True, ["10.0.0.0/8", "fd00::/8"]),
        ),
        (["--proxy-mode", "iptables", "--ipvs-strict-arp=false"], ("iptables", False, [])),
        ([], ("", False, [])),
    ],
)
def test_a_command_line(arguments: list[str], settings: Any) -> None:
    assert tuple(settings_of(["kube-proxy", *arguments], "").values()) == settings


def test_only_ipvs_mode_hurts_and_only_what_is_not_excluded() -> None:
    ipvs = {"mode": "ipvs", "strict_arp": True, "exclude_cidrs": ["172.20.0.0/17", "rubbish"]}
    assert list(faults_of(ipvs, ["172.20.0.119"])) == []
    (fault,) = faults_of(ipvs, ["172.20.0.119", "fd00::1"])
    assert "would remove the virtual servers of fd00::1" in fault and "Add fd00::1/128 to excludeCIDRs." in fault
    (fault,) = faults_of({**ipvs, "strict_arp": False}, [])
    assert "Set strictARP to true. Set it in the ConfigMap kube-system/kube-proxy" in fault
    assert list(faults_of({**ipvs, "mode": "nftables", "exclude_cidrs": []}, ["172.20.0.119"])) == []


def test_it_is_found_in_its_container(tmp_path: Path) -> None:
    def process(number: int, *arguments: str) -> Path:
        directory = tmp_path / "proc" / str(number)
        directory.mkdir(parents=True)
        (directory / "cmdline").write_text("\0".join(arguments))
        return directory

    process(1, "/sbin/init")
    (tmp_path / "proc/self").mkdir()
    none = information({"virtual_addresses": ["10.0.0.1"]}, System(), False, str(tmp_path))
    assert (none["running"], none["faults"]) == (False, [])
    directory = process(77, "/usr/local/bin/kube-proxy", "--config=/var/lib/kube-proxy/config.conf")
    (directory / "root/var/lib/kube-proxy").mkdir(parents=True)
    config = KUBEADM.format(cidrs="[]", strict="false", mode="ipvs")
    (directory / "root/var/lib/kube-proxy/config.conf").write_text(config)
    found = information({"virtual_addresses": ["10.0.0.1"]}, System(), False, str(tmp_path))
    assert (found["running"], found["mode"], len(found["faults"])) == (True, "ipvs", 2)
