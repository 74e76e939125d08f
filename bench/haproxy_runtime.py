#!/usr/bin/env python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What live changes cost at the socket of a real HAProxy that this script starts on loopback.

    python3 bench/haproxy_runtime.py

Needs HAProxy, ansible-core importable and the checkout at .../ansible_collections/k8s_edge/ha. Limits: 1,000 weights
in 15 ms at the socket, read-back included; 500 new servers in a running backend without a reload, in at most twice the
time that the same commands take when they are sent raw, in the same run. Best of five.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WEIGHTS, NEW, ROUNDS = 1000, 500, 5
LIMIT_WEIGHTS, LIMIT_NEW = 0.015, 2.0


@contextmanager
def haproxy(directory: Path) -> Iterator[tuple[Path, str, subprocess.Popen[bytes]]]:
    """A HAProxy with ``WEIGHTS`` servers in one backend and none but one in another: its file, socket and process."""
    file, admin = directory / "haproxy.cfg", directory / "admin.sock"
    servers = "".join(f"    server s{n} 127.0.0.1:{1000 + n}\n" for n in range(WEIGHTS))
    file.write_text(
        f"global\n    stats socket {admin} level admin\ndefaults\n    mode tcp\n    timeout connect 1s\n"
        "    timeout client 1s\n    timeout server 1s\n"
        f"frontend f\n    bind unix@{directory}/front.sock\n    default_backend many\n"
        f"backend many\n{servers}backend growing\n    server first 127.0.0.1:1\n"
    )
    time.sleep(0.05)
    program = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin") or sys.exit("needs HAProxy")
    process = subprocess.Popen([program, "-W", "-f", str(file)], stderr=subprocess.DEVNULL)
    try:
        while not admin.exists():
            time.sleep(0.01)
        yield file, str(admin), process
    finally:
        process.terminate()
        process.wait()


def raw(path: str, commands: list[str]) -> None:
    """The peer: the commands as they are, in one write after another, and every reply thrown away."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        connection.sendall(b"prompt\n")
        for begin in range(0, len(commands), 100):
            some = commands[begin : begin + 100]
            connection.sendall("".join(f"{command}\n" for command in some).encode())
            prompts = 0
            while prompts < len(some):
                prompts += connection.recv(1 << 16).count(b"\n> ")
        connection.sendall(b"quit\n")


def weights(path: str) -> float:
    """The least seconds for setting a weight on every server and reading all of them back."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.serving import rows_of

    taken = []
    for number in range(ROUNDS):
        begin = time.perf_counter()
        with Runtime(path) as runtime:
            runtime.change([f"set server many/s{n} weight {(n + number) % 256}" for n in range(WEIGHTS)])
            rows = rows_of(runtime, ["many"])["many"]
        taken.append(time.perf_counter() - begin)
        assert all(rows[f"s{n}"].state.weight == (n + number) % 256 for n in range(WEIGHTS))
    return min(taken)


def grow(file: Path, path: str, process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """The least seconds for bringing ``NEW`` servers into the process as the module does, commands and read-back, and
    for the same commands raw."""
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.serving import rows_of, serving
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync import apply as bring
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.sync.plan import plan_change
    from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import parse

    before = file.read_text()
    after = before + "".join(f"    server n{n} 127.0.0.1:{2000 + n} check inter 1h weight 5\n" for n in range(NEW))
    ours, peers = [], []
    serves = serving(str(file), path)
    old, new = parse(before), parse(after)
    revert = [
        f"{verb} server growing/n{n}{state}"
        for verb, state in (("set", " state maint"), ("del", ""))
        for n in range(NEW)
    ]
    for _ in range(ROUNDS):
        rows = rows_of(serves.runtime, ["growing"])
        change = plan_change(old, new, {"growing"}, rows, bring.abilities(serves))
        begin = time.perf_counter()
        serves.runtime.change(change.commands)
        left = bring.read_back(serves, new, ["growing"])
        ours.append(time.perf_counter() - begin)
        assert not left, left
        serves.runtime.change(revert)
        begin = time.perf_counter()
        raw(path, list(change.commands))
        peers.append(time.perf_counter() - begin)
        serves.runtime.change(revert)
    assert serving(str(file), path).pid == serves.pid, "a reload is not what is measured here"
    return min(ours), min(peers)


def main() -> int:
    sys.path[:0] = [str(directory) for directory in Path(__file__).resolve().parents[4:5]]
    sys.path[:0] = os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(":")
    with tempfile.TemporaryDirectory(prefix="k8s_edge-bench-") as name, haproxy(Path(name)) as (file, path, process):
        taken = weights(path)
        ours, peer = grow(file, path, process)
    print(f"{WEIGHTS} weights, read back: {taken * 1000:.1f} ms   limit {LIMIT_WEIGHTS * 1000:.0f} ms")
    print(
        f"{NEW} new servers, read back: {ours * 1000:.1f} ms   raw {peer * 1000:.1f} ms   {ours / peer:.2f} x"
        f"   limit {LIMIT_NEW} x"
    )
    return int(taken > LIMIT_WEIGHTS or ours > LIMIT_NEW * peer)


if __name__ == "__main__":
    sys.exit(main())
