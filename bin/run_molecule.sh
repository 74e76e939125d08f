#!/usr/bin/env bash
# Every Molecule scenario but selinux, edge and kubernetes, on one set of hosts: a lab of their own, removed at the end
# in any case. Called by bin/test in the copy of the checkout.
set -euo pipefail

export ANSIBLE_HOME=$WORK/ansible # Molecule remembers there what it has made
clean() { bin/lab --instance "${K8S_EDGE_MOLECULE_LAB:-molecule}" down; }
clean # a run that was killed may have left hosts that are half converged
trap clean EXIT
molecule --base-config .config/molecule/config.yml test --all --exclude selinux --exclude edge --exclude kubernetes --destroy=always
