#!/usr/bin/env python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much CPU the adoption of many files takes: the corpus of the tests, often enough, each file a host of its own.

Run from the root of an installed collection (bin/bootstrap.sh, need_collection): python bench/adopt.py [FILES]
Below 60 s for 850 files, by a directory and the playbook.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
FILES = 850
MOST = 60.0


def main() -> int:
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    places = ("haproxy/*.cfg", "keepalived/*.conf")
    corpus = [path for place in places for path in sorted(CHECKOUT.glob(f"tests/corpus/{place}"))]
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name, "files")
        directory.mkdir()
        for number in range(wanted):
            path = corpus[number % len(corpus)]
            # A remark of its own makes each text another one, so that nothing is remembered of the one before.
            directory.joinpath(f"host-{number}{path.suffix}").write_bytes(b"# %d\n" % number + path.read_bytes())
        size = sum(each.stat().st_size for each in directory.iterdir())
        words = ["ansible-playbook", str(CHECKOUT / "playbooks/adopt.yml")]
        words += ["-e", f"k8s_edge_adopt_from={directory}", "-e", f"k8s_edge_adopt_to={name}/to"]
        began = time.monotonic()
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PWD": name})
        wall = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = used.ru_utime + used.ru_stime
    memory = used.ru_maxrss >> 10
    print(f"{wanted} files, {size >> 10} KiB: {seconds:.1f} s of CPU (at most {MOST:g}), {wall:.1f} s, {memory} MiB")
    return int(seconds > MOST)


if __name__ == "__main__":
    sys.exit(main())
