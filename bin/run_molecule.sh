#!/usr/bin/env bash
# Run Molecule scenarios in a lab of their own, one after another: run_molecule.sh LAB SCENARIO…
# The lab is removed at the end in any case. Called by bin/test in the copy of the checkout.
set -euo pipefail
# shellcheck source=bin/bootstrap.sh
. "$(dirname "$0")/bootstrap.sh"

case $1 in
    # All kinds of change take some minutes and need machines (K8S_EDGE_IMPACT=1). By default only some are made.
    impact) if [ -z "${K8S_EDGE_IMPACT:-}" ]; then set -- impact impact_short; else have_uml || skip "$why"; fi ;;
    selinux) have_uml || skip "$why" ;;
    edge) [ -e /proc/net/ip_vs ] || modprobe --quiet ip_vs || have_uml || skip "$why" ;;
esac
# Concurrent runs of bin/test on one machine need different lab names.
export K8S_EDGE_MOLECULE_LAB=${K8S_EDGE_MOLECULE_LAB:+$K8S_EDGE_MOLECULE_LAB-}$1
export ANSIBLE_HOME=$WORK/ansible # Molecule remembers there what it has made
clean() { bin/lab --instance "$K8S_EDGE_MOLECULE_LAB" down; }
clean # a run that was killed may have left hosts that are half converged
trap clean EXIT
scenarios=("${@:2}")
molecule --base-config .config/molecule/config.yml test "${scenarios[@]/#/--scenario-name=}" --destroy=always 2>&1 |
    python "$CHECKOUT/bin/molecule_report.py" "$REPORT"
