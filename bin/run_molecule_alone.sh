#!/usr/bin/env bash
# A Molecule scenario on hosts of its own, with a kernel of their own: run_molecule_alone.sh SCENARIO. Called by bin/test
# in the copy of the checkout.
set -euo pipefail
# shellcheck source=bin/bootstrap.sh
. "$(dirname "$0")/bootstrap.sh"

if [ "$1" != edge ] || ! { [ -e /proc/net/ip_vs ] || modprobe --quiet ip_vs; }; then
    why=$(have_uml) || skip "$why"
fi
export ANSIBLE_HOME=$WORK/ansible K8S_EDGE_MOLECULE_ALONE_LAB=${K8S_EDGE_MOLECULE_ALONE_LAB:-$1}
clean() { bin/lab --instance "$K8S_EDGE_MOLECULE_ALONE_LAB" down; }
clean # a run that was killed may have left hosts that are half converged
trap clean EXIT
molecule --base-config .config/molecule/config.yml test --scenario-name "$1" --destroy=always
