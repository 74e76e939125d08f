#!/usr/bin/env bash
# The Molecule scenario that wants a kernel of its own, for SELinux. Called by bin/test in the copy of the checkout.
set -euo pipefail
# shellcheck source=bin/bootstrap.sh
. "$(dirname "$0")/bootstrap.sh"

why=$(have_uml) || skip "$why"
export ANSIBLE_HOME=$WORK/ansible K8S_EDGE_MOLECULE_SELINUX_LAB=selinux
trap 'bin/lab --instance "$K8S_EDGE_MOLECULE_SELINUX_LAB" down' EXIT
molecule --base-config .config/molecule/config.yml test --scenario-name selinux --destroy=always
