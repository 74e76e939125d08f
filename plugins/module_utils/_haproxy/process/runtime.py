# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy's runtime API: commands to a socket, and their replies.

The protocol has no status codes: a reply is text up to the next prompt, and an error looks like any other reply. So a
text is only sent if it is clearly one command, and ``change`` accepts only replies that are known to mean success.
"""

from __future__ import annotations

import errno
import os
import re
import select
import socket
import time
from collections.abc import Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, os_reason

#: A process answers at once or not at all: the timeout for a reply, in seconds.
TIME_LIMIT = 5.0
#: During a reload the socket is briefly unavailable: how long connecting is retried, in seconds.
PATIENCE = 1.0
#: HAProxy closes the connection at a line that does not fit its buffer (tune.bufsize, 16384 by default).
LONGEST_COMMAND = 8192

_SHUT = (errno.ECONNREFUSED, errno.ENOENT, errno.EAGAIN, errno.ECONNRESET, errno.EPIPE)
#: ``;`` begins another command, ``\`` escapes, ``<<`` begins a payload; the words change how replies end.
_UNSAFE = (";", "\\", "<<")
_FRAMING = ("prompt", "quit", "_getsocks")
#: The master's own prompt is ``master> `` or ``master[ReloadFailed]> ``.
_MASTER = b"master"
#: Not compiled at import: most runs need none of these.
_SEVERITY = r"\[(?:[0-7]|[a-z]+)\]: ?"
#: Replies that mean success, by command; all other commands reply with nothing.
_SUCCESS = {
    "add server": "New server registered",
    "del server": "Server deleted",
    "set server": "(IP|port) changed from|no need to change|(health check|agent) \\w+ (updated|changed)",
    "wait": "Done",
}
#: Newer versions put log lines about servers before a reply: they mean neither success nor failure.
_LOGGED = "Server \\S+/\\S+ is |(Health|Agent) check |(backend|proxy) \\S+ has no server available"


class RuntimeRefused(EdgeError):
    """HAProxy refused a command. ``command`` and ``reply`` are the first that failed; commands sent with it, before and
    after it, may have been executed."""

    def __init__(self, address: str, command: str, reply: str) -> None:
        first = reply.splitlines()[0] if reply else "nothing"
        super().__init__(f"HAProxy at {address} refused {command!r}: {first}")
        self.command = command
        self.reply = reply


class Runtime:
    """A connection to one process, opened when first needed and kept open.

    ``address`` is a socket of ``stats socket`` or the master's (``haproxy -S``), as HAProxy writes it: a path,
    ``unix@path``, ``abns@name``, ``host:port``, ``[v6]:port``, with or without ``ipv4@``, ``ipv6@`` or ``tcp@`` before
    it. On the master's socket, commands go to the current worker; with ``to_worker=False`` to the master itself; with
    ``worker`` to the process of that pid, old or new. A connection that HAProxy closed while idle is opened again. One
    that breaks during a command is an error, because it is not known what was executed.
    """

    def __init__(
        self,
        address: str,
        time_limit: float = TIME_LIMIT,
        patience: float = PATIENCE,
        to_worker: bool = True,
        worker: int = 0,
    ) -> None:
        self.address = address
        self.time_limit = time_limit
        self.patience = patience
        self.to_worker = to_worker
        self.worker = worker
        #: Whether this is a master's socket; known once connected.
        self.master = False
        self._family, self._target = _socket_address(address)
        self._connection: socket.socket | None = None
        self._prompt = b""
        self._version: tuple[int, ...] = ()

    def __enter__(self) -> Runtime:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. The next command connects again, after a reload to the new worker."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def version(self) -> tuple[int, ...]:
        """The process's version, such as ``(2, 6, 12)``."""
        if not self._version:
            (reply,) = self.ask(["show version"])
            numbers = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", reply)
            if numbers is None:  # before 2.5 only "show info" has it
                (reply,) = self.ask(["show info"])
                numbers = re.search(r"^Version: *(\d+)\.(\d+)(?:\.(\d+))?", reply, re.MULTILINE)
            if numbers is None:
                raise EdgeError(f"HAProxy at {self.address} does not report its version: {reply[:200]!r}")
            self._version = tuple(int(number) for number in numbers.groups("0"))
        return self._version

    def ask(self, commands: Sequence[str]) -> list[str]:
        """The replies to some commands, in order, without the empty line at the end. Raises EdgeError."""
        for command in commands:
            if not is_plain(command):
                raise EdgeError(f"{command!r} is not one plain command of HAProxy's runtime API. Nothing was sent.")
        if not commands:
            return []
        try:
            connection = self._connected()
            return [_text(reply) for reply in self._converse(connection, commands)]
        except OSError as error:
            self.close()
            raise EdgeError(f"cannot communicate with HAProxy over {self.address}: {_reason(error)}.") from error
        except BaseException:
            self.close()
            raise

    def change(self, commands: Sequence[str]) -> None:
        """Send commands that change something. Raises RuntimeRefused where a reply does not mean success."""
        for command, reply in zip(commands, self.ask(commands)):
            if not succeeded(command, reply):
                raise RuntimeRefused(self.address, command, reply)

    def _connected(self) -> socket.socket:
        if self._connection is not None and _is_closed(self._connection):
            self.close()
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> socket.socket:
        """Connect in interactive mode: there the prompt marks the end of a reply, with or without empty lines."""
        end = time.monotonic() + self.patience
        while True:
            connection = socket.socket(self._family, socket.SOCK_STREAM)
            try:
                connection.settimeout(self.time_limit)
                connection.connect(self._target)
                self._greet(connection)
                return connection
            except OSError as error:
                connection.close()
                if error.errno not in _SHUT or time.monotonic() > end:
                    raise
            except BaseException:
                connection.close()
                raise
            time.sleep(0.02)

    def _greet(self, connection: socket.socket) -> None:
        connection.sendall(b"prompt\n")
        reply = self._until_prompt(connection)
        self.master = reply.startswith(_MASTER)
        if self.master and self.to_worker:
            # From here on every command goes to the current worker; the prompt says which one that is.
            connection.sendall(b"@!%d\n" % self.worker if self.worker else b"@1\n")
            reply = self._until_prompt(connection)
        self._prompt = b"\n" + reply

    def _until_prompt(self, connection: socket.socket) -> bytes:
        """Read the first prompt, and nothing else."""
        reply = b""
        while True:
            chunk = connection.recv(1 << 12)
            reply += chunk
            if not chunk:
                # The socket of a process that is ending: the next process may listen already.
                raise ConnectionResetError(
                    errno.ECONNRESET, f"it closed the connection after {_text(reply) or 'no answer'}"
                )
            if reply.endswith(b"> "):
                return reply.lstrip(b"\n")

    def _converse(self, connection: socket.socket, commands: Sequence[str]) -> list[bytes]:
        """Send and receive at the same time: with thousands of commands both sides' buffers would fill up otherwise."""
        request = memoryview("".join(f"{command}\n" for command in commands).encode())
        replies: list[bytes] = []
        unread = b""
        connection.settimeout(self.time_limit)
        poll = select.poll()
        poll.register(connection, select.POLLIN | select.POLLOUT)
        while len(replies) < len(commands):
            if request:
                ready = poll.poll(self.time_limit * 1000)
                if not ready:
                    raise socket.timeout
                if ready[0][1] & select.POLLOUT:
                    # Never more than fits: a command that waits for us to read must not wait for us to send.
                    request = request[connection.send(request, socket.MSG_DONTWAIT) :]
                    continue
            chunk = connection.recv(1 << 18)
            if not chunk:
                raise EdgeError(
                    f"HAProxy answered {len(replies)} of {len(commands)} commands over {self.address}, then closed "
                    "the connection: "
                    f"whether {commands[len(replies)]!r} was executed is not known."
                )
            *whole, unread = (unread + chunk).split(self._prompt)
            replies += whole
        if unread or len(replies) > len(commands):
            raise EdgeError(f"HAProxy at {self.address} sent more than was requested: {_text(unread)[:200]!r}.")
        return replies


def is_plain(command: str) -> bool:
    """Whether a text is exactly one command, whatever values it contains, and does not change how replies end."""
    words = command.split()
    return (
        bool(words)
        and command.isprintable()
        and len(command) <= LONGEST_COMMAND
        and not any(mark in command for mark in _UNSAFE)
        and words[0] not in _FRAMING
        and not words[0].startswith("@")
    )


def succeeded(command: str, reply: str) -> bool:
    """Whether a reply means that HAProxy executed this command."""
    lines = [line for line in reply.splitlines() if line and not re.match(_LOGGED, line)]
    words = command.split()
    form = _SUCCESS.get(" ".join(words[:2])) or _SUCCESS.get(words[0])
    return not lines or (form is not None and re.match(form, lines[0]) is not None)


def _text(reply: bytes) -> str:
    """A reply without its ending and, where the socket has severity-output, without the severity."""
    text = reply.decode("utf-8", "replace").strip("\n")
    severity = re.match(_SEVERITY, text) if text.startswith("[") else None
    return text if severity is None else text[severity.end() :]


def _reason(error: OSError) -> str:
    return "it did not answer in time" if isinstance(error, socket.timeout) else os_reason(error)


def _is_closed(connection: socket.socket) -> bool:
    """Whether HAProxy closed an idle connection (``stats timeout``, a worker that ended)."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def _socket_address(address: str) -> tuple[int, str | tuple[str, int]]:
    """An address as HAProxy writes it, in the form of the socket module: (family, address)."""
    family, at, rest = address.rpartition("@")
    if family == "abns":
        # HAProxy pads an abstract name to the end of the structure.
        return socket.AF_UNIX, ("\0" + rest).ljust(108, "\0")
    if (not at and address.startswith("/")) or family == "unix":
        return socket.AF_UNIX, os.path.abspath(rest)
    host, colon, port = rest.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    host = host[1:-1] if bracketed else host
    known = {"": 0, "tcp": 0, "ipv4": socket.AF_INET, "tcp4": socket.AF_INET, "ipv6": socket.AF_INET6}
    known["tcp6"] = socket.AF_INET6
    if not colon or not port.isdigit() or not 0 < int(port) < 65536 or family not in known:
        raise EdgeError(
            f"{address!r} is not the address of a runtime socket. Give a path that begins with a slash, or host:port."
        )
    version = known[family] or (socket.AF_INET6 if ":" in host else socket.AF_INET)
    if host in ("", "*"):
        host = "::1" if version == socket.AF_INET6 else "127.0.0.1"
    return version, (host, int(port))
