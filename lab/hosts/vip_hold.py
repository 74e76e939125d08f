#!/usr/bin/python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold connections to a URL open, as kubelets do: send requests on each at intervals, and reconnect when one is cut.

Ends after --seconds, or on SIGTERM, and then prints one JSON object: connections; requests, the answered ones; cut, how
often an open connection was closed or did not answer; cut_at, the times (seconds since 1970; the first thousand);
cut_from, the numbers of these by the server that had answered on them; failed, unsuccessful attempts to connect;
held_by, the numbers of connections by the server that answered last.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import ssl
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

AGAIN_SECONDS = 0.1  # after an attempt to connect that failed


@dataclass
class Seen:
    """The counts so far. `held_by`: for each connection the server that answered last."""

    requests: int = 0
    cut: int = 0
    failed: int = 0
    held_by: dict[int, str] = field(default_factory=dict)
    cut_from: Counter[str] = field(default_factory=Counter)
    cut_at: list[float] = field(default_factory=list)

    def summary(self, connections: int) -> dict[str, object]:
        held = dict(sorted(Counter(self.held_by.values()).items()))
        counts = {"requests": self.requests, "cut": self.cut, "failed": self.failed}
        cut = {"cut_at": self.cut_at[:1000], "cut_from": dict(sorted(self.cut_from.items()))}
        return {"connections": connections, **counts, **cut, "held_by": held}


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: SplitResult) -> str:
    """Send one request on an open connection. Returns the body of the answer. Raises OSError or EOFError if there is
    none."""
    writer.write(f"GET {target.path or '/'} HTTP/1.1\r\nHost: {target.netloc}\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    if " 200 " not in head.split("\r\n", 1)[0]:
        raise ConnectionError("not 200")
    length = int(head.partition("\r\ncontent-length:")[2].partition("\r\n")[0])
    return (await reader.readexactly(length)).decode(errors="replace").strip()


async def hold(
    number: int, target: SplitResult, every: float, limit: float, tls: ssl.SSLContext | None, seen: Seen
) -> None:
    """Hold one connection for ever: connect, send a request every `every` seconds, reconnect when it is cut."""
    host, port = target.hostname or "", target.port or (443 if tls else 80)
    while True:
        connecting = asyncio.open_connection(host, port, ssl=tls, server_hostname=host if tls else None)
        try:
            reader, writer = await asyncio.wait_for(connecting, limit)
        except (OSError, asyncio.TimeoutError):
            seen.failed += 1
            await asyncio.sleep(AGAIN_SECONDS)
            continue
        try:
            while True:
                seen.held_by[number] = await asyncio.wait_for(ask(reader, writer, target), limit)
                seen.requests += 1
                await asyncio.sleep(every)
        except (OSError, EOFError, asyncio.TimeoutError):
            seen.cut += 1
            seen.cut_at.append(round(time.time(), 3))
            if who := seen.held_by.pop(number, None):
                seen.cut_from[who] += 1
        finally:
            writer.transport.abort()


async def run(
    url: str, connections: int, seconds: float, every: float, limit: float, tls: ssl.SSLContext | None, seen: Seen
) -> None:
    """Hold all connections until the time is over or SIGTERM arrives."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    target = urlsplit(url)
    holding = [asyncio.create_task(hold(n, target, every, limit, tls, seen)) for n in range(connections)]
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
    while holding:  # wait_for may lose a cancellation (until Python 3.12)
        for task in holding:
            task.cancel()
        holding = list((await asyncio.wait(holding, timeout=0.1))[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("url", help="for example https://10.77.0.100:6443/")
    parser.add_argument("--connections", type=int, default=20, help="how many (20; at most 1000)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long at most (60; at most 600)")
    parser.add_argument("--every-ms", type=float, default=500.0, help="time between two requests on one of them (500)")
    parser.add_argument("--timeout-ms", type=float, default=5000.0, help="when a request counts as unanswered (5000)")
    parser.add_argument("--ca", help="certificate authority to trust; without it nothing is verified")
    chosen = parser.parse_args()
    if not 0 < chosen.seconds <= 600 or not 0 < chosen.connections <= 1000 or chosen.every_ms < 1:
        parser.error("--seconds is above 0 and at most 600, --connections at most 1000, --every-ms at least 1")
    tls = None
    if chosen.url.startswith("https:"):
        tls = ssl.create_default_context(cafile=chosen.ca)
        if not chosen.ca:
            tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    seen = Seen()
    times = (chosen.seconds, chosen.every_ms / 1000, chosen.timeout_ms / 1000)
    asyncio.run(run(chosen.url, chosen.connections, *times, tls, seen))
    print(json.dumps(seen.summary(chosen.connections)))


if __name__ == "__main__":
    main()
