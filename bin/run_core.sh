#!/usr/bin/env bash
# Test the collection with another ansible-core than the one for development: run_core.sh VERSION
#
# Runs the unit tests of code that calls Ansible or is called by it, then playbooks/site.yml on new hosts of a lab, twice: the second
# run must change nothing. Called by bin/test in the copy of the checkout.
set -euo pipefail
# shellcheck source=bin/bootstrap.sh
. "$(dirname "$0")/bootstrap.sh"
need_venv
need_core "$1"

# A collection that does not declare support for this release is an error, including ours.
export ANSIBLE_COLLECTIONS_ON_ANSIBLE_VERSION_MISMATCH=error
version=$("$CORE/bin/ansible" --version)
echo "$version"
[[ $version == *"[core $1]"* ]]

# Pure code does not depend on the release.
"$CORE/bin/python" -m pytest -p no:cacheprovider --junitxml="$REPORT" -n auto --dist worksteal \
    tests/unit/plugins/{modules,plugin_utils} tests/unit/roles \
    tests/unit/plugins/module_utils/{_arguments,_edge,test_run_module.py} \
    tests/unit/plugins/filter/test_{declaration,fleet,kube_keepalived_vip_objects,watching}.py

lab=core-$1
lab=${lab//./-}
export ANSIBLE_HOME=$WORK/ansible
down() { bin/lab --instance "$lab" down; }
down # a run that was killed may have left hosts
trap down EXIT
bin/lab --instance "$lab" up
for run in first second; do
    "$CORE/bin/ansible-playbook" -i inventories/lab -e "lab_instance=$lab" playbooks/site.yml | tee "$WORK/$run"
done
if grep -E 'changed=[1-9]' "$WORK/second"; then
    echo "The second run of playbooks/site.yml has changed something."
    exit 1
fi
