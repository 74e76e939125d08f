#!/usr/bin/env bash
# Every Molecule scenario, or those named, on hosts of an instance of the lab of its own. Called by bin/test in the copy of the checkout.
set -euo pipefail

molecule=(molecule --base-config .config/molecule/config.yml)
trap 'bin/lab --instance "${K8S_EDGE_MOLECULE_LAB:-k8s-edge-molecule}" down' EXIT
"${molecule[@]}" test --all --destroy=always
