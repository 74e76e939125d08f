#!/usr/bin/env bash
# ansible-test sanity on the package as users get it, where only PyPI can be reached, without touching ~/.ansible.
#
# The package, as ansible-test takes everything in a collection's bin/ for Python, and ours is bash. What is not
# packaged (tests, lab, bin) is checked by ruff and by being run.
#
# ansible-test begins its own environments with a pip bootstrap script that it downloads from a host of its own
# when it is not in its cache. We give it a HOME of ours, with a script there that does the same from what Python
# carries (ensurepip) and from PyPI. Called by bin/test in the copy of the checkout.
set -euo pipefail

home=$K8S_EDGE_CACHE/ansible-test
mkdir -p "$home/.ansible/test/cache" "$home/.config/pip"

# pip's settings of this machine (index, certificates), from whatever file or variable, as one file:
# ansible-test hands on no variables, and the user's own file is out of reach with another HOME.
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
