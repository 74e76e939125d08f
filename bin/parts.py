# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of bin/test, as data.

A part's script is run by bash in the copy of the checkout ($COLLECTION), with bin/bootstrap.sh sourced and the
controller's tools first in PATH. $CHECKOUT is the checkout itself, $WORK the part's own directory. A pytest report
written to $REPORT is counted test by test. `skip REASON` ends a part that cannot run on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple


class Part(NamedTuple):
    """``needs``: paths of the checkout that must exist for the part to run.

    ``quiet``: the seconds for which a part may produce no output and use no CPU time before it counts as hanging. Its
    total duration is not limited, since everything takes longer on a busy machine."""

    name: str
    about: str
    script: str
    alone: bool = False
    quiet: int = 600
    needs: tuple[str, ...] = ()


#: The branch coverage of plugins/ that unit and witness tests must reach together, in percent.
COVERAGE_FLOOR = 90

PYTEST = 'pytest -p no:cacheprovider --junitxml="$REPORT" -n auto --dist worksteal'

#: Scenarios that share a lab: the lab's name, and the scenarios.
MOLECULE = 'bash "$CHECKOUT/bin/run_molecule.sh"'

COVERAGE = "--cov=plugins --cov-branch --cov-report="

#: Releases of ansible-core in addition to the one in requirements/controller.txt, which all other parts use: each minor
#: release from the oldest that meta/runtime.yml allows, and the newest.
CORES = ("2.17.14", "2.18.19", "2.21.5")

#: The programs that tests/witness calls.
WITNESSES = "need_daemons; need_command dbus-daemon dbus; need_apt mount netbase nftables openssl openssh-client strace"

#: The longest part first, since it starts first.
PARTS = (
    Part(
        "kubernetes",
        "Molecule: playbooks/kubernetes.yml on the cluster of K8S_EDGE_TEST_KUBECONFIG, or on a stand-in",
        f"{MOLECULE} kubernetes kubernetes",
        needs=("molecule/kubernetes", "playbooks/kubernetes.yml"),
    ),
    Part(
        "molecule",
        "Molecule: modules and roles on real hosts of the lab",
        f"{MOLECULE} molecule default firewall haproxy keepalived",
        needs=("molecule", "lab", "playbooks/site.yml"),
    ),
    Part(
        "traffic",
        "Molecule: changes, moves and failures while clients ask, on hosts of the lab",
        f"{MOLECULE} traffic health load migrate preflight rebalance rollback takeover",
        needs=("molecule", "lab", "playbooks/site.yml"),
    ),
    Part(
        "impact",
        "Molecule: the impact that the plan predicts, held against what is seen: a choice of kinds of change",
        f"{MOLECULE} impact impact",
        needs=("molecule/impact", "lab", "playbooks/plan.yml"),
    ),
    Part(
        "selinux",
        "Molecule: role selinux on a machine that enforces (User-Mode Linux)",
        f"{MOLECULE} selinux selinux",
        needs=("molecule/selinux", "roles/selinux"),
    ),
    Part(
        "edge",
        "Molecule: directors that are real servers too, on kernels with IPVS (User-Mode Linux where this one has none)",
        f"{MOLECULE} edge edge",
        needs=("molecule/edge", "roles/ipvs_director"),
    ),
    Part(
        "kernel",
        "pytest of the IPVS modules, and of interfaces of every kind, in a kernel that has them (User-Mode Linux)",
        'have_uml || skip "$why"; need_command ipvsadm ipvsadm; need_command modprobe kmod; '
        "need_command ip iproute2; need_command sysctl procps; need_daemons; "
        'bash "$CHECKOUT/tests/kernel/inside.sh" "$WORK"'
        ' pytest -p no:cacheprovider --junitxml="$REPORT" tests/kernel'
        " tests/witness/plugins/filter/test_real_interfaces.py",
        needs=("tests/kernel",),
    ),
    Part(
        "sanity",
        "ansible-test sanity, without an ignore file",
        'bash "$CHECKOUT/bin/run_sanity.sh"',
    ),
    Part(
        "ansible-lint",
        "ansible-lint, profile production, offline",
        "ansible-lint --offline --profile production --strict --nocolor",
    ),
    Part(
        "docs",
        "antsibull-docs, the built package, ansible-doc, examples, generated READMEs, changelog",
        f"need_daemons; {PYTEST} tests/docs",
    ),
    Part(
        "demo",
        "bin/demo, the README's first command, on a lab of its own",
        'demo=("$CHECKOUT/bin/demo" --instance demo); '
        """trap '"${demo[@]}" --down --keep-tools' EXIT; "${demo[@]}\"""",
        needs=("bin/demo", "playbooks/site.yml"),
    ),
    Part(
        "mypy",
        "mypy --strict on the plugins' code, the lab and these tools",
        'mypy() { command mypy --strict --cache-dir "$K8S_EDGE_CACHE/mypy" '
        '--config-file "$COLLECTION/pyproject.toml" "$@"; }; '
        'MYPYPATH=bin mypy lab bin; cd "$ANSIBLE_COLLECTIONS_PATH"; '
        "MYPYPATH=. mypy ansible_collections/k8s_edge/ha/plugins/{module_utils,plugin_utils,filter,action}",
    ),
    *(
        Part(
            f"core-{version.rpartition('.')[0]}",
            f"ansible-core {version}: unit tests of what deals with Ansible, playbooks/site.yml on hosts of the lab",
            f'bash "$CHECKOUT/bin/run_core.sh" {version}',
            needs=("lab", "playbooks/site.yml"),
        )
        for version in CORES
    ),
    Part("yamllint", "yamllint on every YAML file", "yamllint --strict ."),
    Part(
        "ruff",
        "ruff check and ruff format --check",
        "ruff check --no-cache --output-format concise . && ruff format --no-cache --check .",
    ),
    Part(
        "unit",
        "pytest of what needs Python and nothing else: as a plain user, where no program is found",
        f'as_plain_user "$VENV/bin/"{PYTEST} tests/unit {COVERAGE}',
    ),
    Part(
        "witness",
        "pytest of what asks a daemon, root, the kernel or Ansible itself",
        f"{WITNESSES}; "
        'need_oldest_python; PATH="$PATH:$K8S_EDGE_CACHE/python3.9/bin"; '
        f"{PYTEST} tests/witness {COVERAGE}",
        alone=True,
    ),
    Part(
        "coverage",
        f"branch coverage of the last unit and witness tests together, at least {COVERAGE_FLOOR} %",
        'data=("$WORK"/../{unit,witness}/coverage); '
        'ls "${data[@]}" >/dev/null 2>&1 || skip "unit and witness have not both been run"; '
        'coverage combine --keep --quiet "${data[@]}"; '
        f"coverage report --skip-covered --fail-under={COVERAGE_FLOOR}",
        alone=True,
    ),
    # Without the tests of roles that use no daemon.
    Part(
        "newer",
        "pytest of all that asks HAProxy or keepalived, with those of a newer Debian (trixie)",
        'command -v apt-get >/dev/null || skip "the newer daemons come from Debian, by apt-get"; '
        f"{WITNESSES}; need_newer_daemons trixie; "
        # The messages about upgrades are tested with these suites too, if they are available.
        "for suite in sid experimental; do"
        ' (need_newer_daemons "$suite") || echo "no daemons of $suite are to be had, so they are not asked"; done; '
        'PATH="$K8S_EDGE_CACHE/daemons-trixie/bin:$PATH"; haproxy -v; keepalived --version; '
        f"{PYTEST} tests/witness/plugins/modules tests/witness/plugins/module_utils/_haproxy"
        " tests/witness/plugins/module_utils/_keepalived tests/witness/roles tests/docs/test_examples.py"
        " tests/docs/test_runtime_examples.py"
        " --ignore=tests/witness/roles/test_{absent,credentials,kubeconfig,preflight,refused,rights}.py",
        alone=True,
    ),
)


def blocker(part: Part) -> str:
    """Why a part cannot run; empty if it can."""
    missing = [path for path in part.needs if not (Path(os.environ["COLLECTION"]) / path).exists()]
    return f"there is no {' and no '.join(missing)} yet" if missing else ""
