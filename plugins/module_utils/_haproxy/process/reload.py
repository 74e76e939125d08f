# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reloads the running master and waits until the new worker serves or the master gives up.

``haproxy -c`` cannot find what fails only at start: a busy port, an address that is not local, a missing directory.
Then the old worker keeps serving. Up to version 3.0 the master shows that in its environment, once it waits for another
reload; before that it retries busy ports for about two seconds.
"""

from __future__ import annotations

import os
import re
import signal
import time
from typing import NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.host.processes import words_of, workers
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.runtime import Runtime
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.process.serving import Process, Unasked, answering
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact

#: Timeout in seconds. Reading a file resolves names, as a check of the file does.
TIME_LIMIT = 60.0
#: How long a master that has lost its new worker is considered to be still reloading, in seconds.
_WITHOUT = 1.0
#: A master that is re-executing itself misses a signal: how long it may take to react, in seconds.
_UNHEARD = 2.0
_PAUSE = 0.02
_OWN_RECORD = re.compile(rb"type=m;[^|]*;reloads=(\d+);failedreloads=(\d+)")


class ReloadFailed(EdgeError):
    """The reload failed; the old worker keeps serving. ``master_waits``: the master needs another successful reload."""

    def __init__(self, message: str, master_waits: bool) -> None:
        super().__init__(message)
        self.master_waits = master_waits


class _Reloads(NamedTuple):
    """What a master's environment says about its reloads: how many, how many failed since, and whether it waits."""

    reloads: int
    failed: int
    waits: bool


def reload(process: Process, path: str, address: str | None) -> Process:
    """Reload the master of ``process`` and return the new worker. ``address`` is its socket in the new file. Raises
    ReloadFailed."""
    master = process.first
    before, earlier = {process.pid, *workers(master)}, _reloads_of(master)
    begin = sent = time.monotonic()
    os.kill(master, signal.SIGUSR2)
    seen_new, alone_since = False, 0.0
    while time.monotonic() < begin + TIME_LIMIT:
        try:
            new = answering(path, address)
            if new.pid not in before and new.first == master:
                return new
            new.runtime.close()
            why = f"process {new.pid} still answers"
        except Unasked as error:
            why = str(error)
        now = _reloads_of(master)
        if now.waits and now.failed and now != earlier:
            raise ReloadFailed(_reason(process, "its master gave up"), True)
        fresh = set(workers(master)) - before
        if fresh:
            seen_new, alone_since = True, 0.0
        elif seen_new:
            alone_since = alone_since or time.monotonic()
            if time.monotonic() - alone_since > _WITHOUT:
                raise ReloadFailed(_reason(process, "its new worker ended"), now.waits)
        elif now == earlier and time.monotonic() > sent + _UNHEARD:
            sent = time.monotonic()
            os.kill(master, signal.SIGUSR2)
        if not words_of(master):
            raise ReloadFailed(f"HAProxy (process {master}) ended while it was reloaded.", False)
        time.sleep(_PAUSE)
    raise ReloadFailed(_reason(process, f"no new worker served within {TIME_LIMIT:.0f} s ({why})"), now.waits)


def _reloads_of(master: int) -> _Reloads:
    try:
        with open(f"/proc/{master}/environ", "rb") as file:
            environment = file.read()
    except OSError:
        return _Reloads(0, 0, False)
    own = _OWN_RECORD.search(environment)
    waits = b"\0HAPROXY_MWORKER_WAIT_ONLY=1\0" in environment
    return _Reloads(int(own.group(1)), int(own.group(2)), waits) if own else _Reloads(0, 0, waits)


def _reason(process: Process, what: str) -> str:
    """The reason as a message, with the master's own log where its version provides it (2.7 and later)."""
    words = words_of(process.first)
    reply = ""
    if "-S" in words[:-1]:
        address = words[words.index("-S") + 1].partition(",")[0]
        try:
            with Runtime(address, to_worker=False) as master:
                (reply,) = master.ask(["show startup-logs"])
        except EdgeError:
            reply = ""
    alerts = [line for line in redact(reply).splitlines() if "[ALERT]" in line]
    more = " ".join(alerts) if alerts else "Its log says why (journalctl --unit haproxy)."
    return f"HAProxy did not load the new file at its reload: {what}, and the old worker still serves. {more}"
