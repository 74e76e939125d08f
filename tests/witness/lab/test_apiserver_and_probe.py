# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that run on the lab's hosts, against each other: a real server, real TLS, real probes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from unit.lab.test_apiserver_and_probe import HERE

from lab import certificates
from lab.declaration import Host, Lab
from lab.hosts import kube_apiserver, vip_hold, vip_probe


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("pki")
    me = Host("kube-1", (f"{HERE}/8",), ("kube_control_plane",))
    certificates.issue(Lab("probe", ("127.0.0.0/8",), (), (me,)), state)
    return state


@pytest.fixture
def server(pki: Path) -> Iterator[kube_apiserver.Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki / "kube-1.crt", pki / "kube-1.key")
    with kube_apiserver.Server(("::", 0), kube_apiserver.Handler) as serving:
        serving.socket = context.wrap_socket(serving.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=serving.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


def ask(port: int, path: str, tls: ssl.SSLContext) -> str:
    return asyncio.run(vip_probe.ask(HERE, port, path, tls))


def test_answers_over_tls(server: kube_apiserver.Server, pki: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    port = server.server_address[1]
    monkeypatch.setattr(kube_apiserver, "NAME", "kube-1")
    assert ask(port, "/", tls) == "kube-1"
    assert ask(port, "/livez", tls) == "ok"
    assert "v1.0.0-lab" in ask(port, "/version", tls)
    with pytest.raises(vip_probe.BadAnswerError, match="not 200"):
        ask(port, "/nothing", tls)


def test_a_silent_client_keeps_nobody_waiting(server: kube_apiserver.Server, pki: Path) -> None:
    with socket.create_connection((HERE, server.server_address[1])):
        tls = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        assert ask(server.server_address[1], "/readyz", tls) == "ok"


def test_probe_counts_what_it_asked(server: kube_apiserver.Server, pki: Path) -> None:
    tls = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    url = f"https://{HERE}:{server.server_address[1]}/"
    said = vip_probe.summary(asyncio.run(vip_probe.probe(url, 0.3, 0.03, 2.0, tls)))
    assert (said["requests"], said["answered"], said["failed"]) == (10, 10, 0)
    assert said["answered_by"] == {kube_apiserver.NAME: 10}


def test_probe_trusts_only_the_ca_it_was_given(server: kube_apiserver.Server) -> None:
    url = f"https://{HERE}:{server.server_address[1]}/"
    said = vip_probe.summary(asyncio.run(vip_probe.probe(url, 0.06, 0.03, 2.0, ssl.create_default_context())))
    assert (said["failed"], said["errors"]) == (2, {"SSLCertVerificationError": 2})


class Cutter:
    """Between a client and a server: passes bytes on, and cuts every connection when told to."""

    def __init__(self, port: int) -> None:
        self.port, self.open = port, set[asyncio.StreamWriter]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(HERE, self.port)
        self.open.add(writer)
        await asyncio.gather(self.pump(reader, there[1]), self.pump(there[0], writer))
        self.open.discard(writer)

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()

    def cut(self) -> None:
        for writer in self.open:
            writer.transport.abort()


def held(server: kube_apiserver.Server, pki: Path, connections: int, *, cuts: int) -> vip_hold.Seen:
    """What is seen on held connections that are all cut so many times."""

    async def run() -> vip_hold.Seen:
        cutter, seen = Cutter(server.server_address[1]), vip_hold.Seen()
        between = await asyncio.start_server(cutter.serve, HERE, 0)
        url = f"https://{HERE}:{between.sockets[0].getsockname()[1]}/"
        tls = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        holding = asyncio.create_task(vip_hold.run(url, connections, 30.0, 0.01, 2.0, tls, seen))
        for number in range(1, cuts + 2):
            while len(seen.held_by) < connections or seen.requests < number * connections:
                await asyncio.sleep(0.01)
            if number <= cuts:
                cutter.cut()
            while seen.cut < min(number, cuts) * connections:
                await asyncio.sleep(0.01)
        signal.raise_signal(signal.SIGTERM)
        await holding
        between.close()
        return seen

    return asyncio.run(run())


def test_held_connections_are_not_cut_by_themselves(server: kube_apiserver.Server, pki: Path) -> None:
    seen = held(server, pki, 5, cuts=0)
    assert (seen.cut, seen.failed) == (0, 0)
    assert seen.summary(5)["held_by"] == {kube_apiserver.NAME: 5}


def test_held_connections_count_each_cut_and_come_back(server: kube_apiserver.Server, pki: Path) -> None:
    seen = held(server, pki, 5, cuts=2)
    assert (seen.cut, seen.failed, seen.cut_from) == (10, 0, {kube_apiserver.NAME: 10})
    assert seen.summary(5)["held_by"] == {kube_apiserver.NAME: 5}


#: Nobody asks for it elsewhere: a client of another test may still try a port that is the server's here.
MINE = "/mine"


@pytest.mark.parametrize(
    ("program", "expected"), [(vip_probe, {"requests", "failed"}), (vip_hold, {"connections", "cut", "failed"})]
)
def test_asked_to_stop_they_say_what_they_saw(
    server: kube_apiserver.Server, monkeypatch: pytest.MonkeyPatch, program: ModuleType, expected: set[str]
) -> None:
    asked, answer = threading.Event(), kube_apiserver.answer
    monkeypatch.setattr(kube_apiserver, "answer", lambda path: (path == MINE and asked.set(), answer(path))[1])
    url = f"https://{HERE}:{server.server_address[1]}{MINE}"
    asking = subprocess.Popen([sys.executable, str(program.__file__), url, "--seconds", "60"], stdout=subprocess.PIPE)
    try:
        assert asked.wait(30)
        asking.send_signal(signal.SIGTERM)
        said = json.loads(asking.communicate(timeout=30)[0])
    finally:
        asking.kill()
    assert expected <= set(said)
