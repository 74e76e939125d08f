#!/usr/bin/python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send requests to a URL at intervals, each on a new connection, and measure the time without answers.

Prints one JSON object: began, in seconds since 1970; requests, answered, failed; longest_outage_ms and outages (start
after began, length, lost requests; unfinished if there was no later answer); answered_by (number of answers by server);
errors; and longest_stall_ms, the longest delay of the probe itself: an outage shorter than that means nothing.
It ends after --seconds, or on SIGTERM, but not before it has sent --at-least requests.

An outage lasts from the start of the first request that failed to the start of the next one that was answered.
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
from dataclasses import dataclass
from urllib.parse import urlsplit


class BadAnswerError(Exception):
    """The answer has another status than 200, or the connection was closed without an answer."""


@dataclass(frozen=True)
class Request:
    """Times in seconds after the probe's start. `who`: the body of the answer; None if the request failed."""

    due: float
    started: float
    who: str | None
    error: str | None = None


def outages(requests: list[Request]) -> list[dict[str, int]]:
    """Every sequence of failed requests, in order."""
    found: list[dict[str, int]] = []
    first: Request | None = None
    lost = 0
    for request in requests:
        if request.who is None:
            first, lost = first or request, lost + 1
        elif first is not None:
            found.append(_outage(first, request.started, lost))
            first, lost = None, 0
    if first is not None:
        found.append(_outage(first, requests[-1].started, lost) | {"unfinished": 1})
    return found


def _outage(first: Request, end: float, lost: int) -> dict[str, int]:
    return {"at_ms": round(first.started * 1000), "length_ms": round((end - first.started) * 1000), "requests": lost}


def summary(requests: list[Request]) -> dict[str, object]:
    found = outages(requests)
    answered = [request.who for request in requests if request.who is not None]
    return {
        "requests": len(requests),
        "answered": len(answered),
        "failed": len(requests) - len(answered),
        "longest_outage_ms": max((outage["length_ms"] for outage in found), default=0),
        "longest_stall_ms": round(max((r.started - r.due for r in requests), default=0) * 1000),
        "outages": found[:50],
        "answered_by": dict(sorted(Counter(answered).items())),
        "errors": dict(sorted(Counter(r.error for r in requests if r.error).items())),
    }


async def ask(host: str, port: int, path: str, tls: ssl.SSLContext | None) -> str:
    """The body of the answer. Raises OSError if there is no answer, and BadAnswerError if it is not a good one."""
    reader, writer = await asyncio.open_connection(host, port, ssl=tls, server_hostname=host if tls else None)
    try:
        name = f"[{host}]" if ":" in host else host
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.transport.abort()
    if b" 200 " not in head.split(b"\r\n", 1)[0] + b" ":
        raise BadAnswerError("not 200" if head else "closed without an answer")
    return body.decode(errors="replace").strip()


async def probe(
    url: str, seconds: float, every: float, timeout: float, tls: ssl.SSLContext | None, least: int = 0
) -> list[Request]:
    """Send a request every `every` seconds until the time is over or SIGTERM arrives, but at least `least` requests. No
    request waits for another."""
    target = urlsplit(url)
    host, port = target.hostname or "", target.port or (443 if tls else 80)
    begin = time.monotonic()

    async def one(due: float) -> Request:
        started = time.monotonic() - begin
        try:
            who = await asyncio.wait_for(ask(host, port, target.path or "/", tls), timeout)
        except (OSError, BadAnswerError, asyncio.TimeoutError) as error:
            reason = str(error) if isinstance(error, BadAnswerError) else type(error).__name__
            return Request(due, started, None, reason)
        return Request(due, started, who)

    tasks, stop = [], asyncio.Event()
    with contextlib.suppress(ValueError):  # only the main thread can handle signals
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    due = 0.0
    for number in range(max(least, round(seconds / every))):
        await asyncio.sleep(max(0.0, begin + due - time.monotonic()))
        if stop.is_set() and number >= least:
            break
        tasks.append(asyncio.create_task(one(due)))
        # With `least` a delayed probe does not catch up: a burst of requests would test something else.
        due = max(due, time.monotonic() - begin) + every if least else (number + 1) * every
    return list(await asyncio.gather(*tasks))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("url", help="for example https://10.77.0.100:6443/")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long to ask at most (5; at most 600)")
    parser.add_argument("--every-ms", type=float, default=10.0, help="time between two requests (10; at least 1)")
    parser.add_argument("--timeout-ms", type=float, default=250.0, help="when a request counts as failed (250)")
    parser.add_argument("--at-least", type=int, default=0, help="how many requests to send in any case (0)")
    parser.add_argument("--ca", help="certificate authority to trust; without it nothing is verified")
    chosen = parser.parse_args()
    if not 0 < chosen.seconds <= 600 or chosen.every_ms < 1:
        parser.error("--seconds is above 0 and at most 600, --every-ms at least 1")
    tls = None
    if chosen.url.startswith("https:"):
        tls = ssl.create_default_context(cafile=chosen.ca)
        if not chosen.ca:
            tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    began = time.time()
    asked = probe(chosen.url, chosen.seconds, chosen.every_ms / 1000, chosen.timeout_ms / 1000, tls, chosen.at_least)
    print(json.dumps({"began": began, **summary(asyncio.run(asked))}))


if __name__ == "__main__":
    main()
