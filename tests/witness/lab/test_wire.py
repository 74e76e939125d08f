# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a packet socket")
def test_packets_of_a_real_kernel_are_counted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        argv = [sys.executable, "-m", "lab.wire", "lo", "127.0.0.1", str(port)]
        root = Path(__file__).resolve().parents[3]
        with subprocess.Popen(argv, cwd=root, stdout=subprocess.PIPE, text=True) as wire:
            assert wire.stdout
            assert wire.stdout.readline() == "listening\n"
            with socket.create_connection(("127.0.0.1", port)) as client:
                server.accept()[0].close()
                assert client.recv(1) == b""
            wire.terminate()
            counted = json.loads(wire.communicate(timeout=30)[0])
    assert list(counted) == ["64"]
    assert counted["64"] >= 2
