#!/usr/bin/env bash
# Run ansible-test sanity on the built package, with access to PyPI only, and without changing ~/.ansible.
#
# It runs on the package because ansible-test treats everything in a collection's bin/ as Python, and ours has bash scripts.
# Files that are not packaged (tests, lab, bin) are checked by ruff and by running them.
#
# ansible-test creates its environments with a pip bootstrap script, which it downloads from its own server if it is not in its
# cache. So it gets a HOME with a script in the cache that does the same with ensurepip and PyPI. Called by bin/test in the copy of
# the checkout.
set -euo pipefail

home=$K8S_EDGE_CACHE/ansible-test
mkdir -p "$home/.ansible/test/cache" "$home/.config/pip"

# pip's settings on this machine (index, certificates), from all files and variables, as one file:
# ansible-test passes no variables on, and with another HOME pip does not find the user's file.
python3 -m pip config list | python3 -c '
import ast
import sys

found = {}
for line in sys.stdin:
    name, value = line.rstrip("\n").split("=", 1)
    section, _, option = name.rpartition(".")
    if section in (":env:", "global", "install") and (section == ":env:" or option not in found):
        found[option] = ast.literal_eval(value).strip().replace("\n", "\n    ")
print("[global]", *(f"{option} = {value}" for option, value in found.items()), sep="\n")
' >"$home/.config/pip/pip.conf"

pip_version=$(python3 -c '
import re
from importlib import util
from pathlib import Path
package = Path(util.find_spec("ansible_test").submodule_search_locations[0])
print(re.search(r"\bpip=.([\d.]+)", (package / "_internal/python_requirements.py").read_text())[1].replace(".", "_"))
')
cat >"$home/.ansible/test/cache/get_pip_$pip_version.py" <<'PY'
"""Stands in for get-pip.py: ensurepip, then what the command line asks for, from the package index."""

import subprocess
import sys

wanted = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip"])
sys.exit(subprocess.call([sys.executable, "-m", "pip", "install", *wanted]))
PY

if compgen -G 'tests/sanity/ignore-*.txt'; then
    echo "There is an ignore file, and there shall be none." >&2
    exit 1
fi
ansible-galaxy collection build --output-path "$WORK/package" .
ANSIBLE_COLLECTIONS_PATH=$WORK ansible-galaxy collection install --offline --no-deps --collections-path "$WORK" "$WORK"/package/*.tar.gz
cd "$WORK/ansible_collections/k8s_edge/ha"
python=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
HOME=$home exec ansible-test sanity --venv --python "$python" --color no --truncate 0
