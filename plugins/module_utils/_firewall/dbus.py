# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""D-Bus with the standard library, limited to calling methods.

The format is that of the D-Bus Specification (https://dbus.freedesktop.org/doc/dbus-specification.html). Packing and
unpacking are pure; ``Bus`` is the connection. A call takes a few milliseconds; a command line tool of a daemon would
first start an interpreter.
"""

from __future__ import annotations

import os
import socket
import struct
from types import TracebackType
from typing import Any

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, os_reason

SYSTEM_BUS = "/run/dbus/system_bus_socket"
SECONDS = 60.0
_CALL, _REPLY, _ERROR = 1, 2, 3
_NO_AUTO_START = 2
_PATH, _INTERFACE, _MEMBER, _ERROR_NAME, _REPLY_SERIAL, _DESTINATION, _SIGNATURE = 1, 2, 3, 4, 5, 6, 8
_FIXED = {"y": "B", "b": "I", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d"}
_ALIGN = {"s": 4, "o": 4, "g": 1, "a": 4, "v": 1, "(": 8, "{": 8}


class DBusError(EdgeError):
    """A method returned an error: ``name`` is the error's name, the message is its text."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message or name)
        self.name = name


def first_type(signature: str) -> str:
    """The first complete type of a signature: ``a{sv}`` of ``a{sv}s``."""
    if signature[0] == "a":
        return "a" + first_type(signature[1:])
    if signature[0] not in "({":
        return signature[0]
    depth = 0
    for index, letter in enumerate(signature):
        depth += (letter in "({") - (letter in ")}")
        if depth == 0:
            return signature[: index + 1]
    raise ValueError(signature)


def _align(kind: str) -> int:
    return _ALIGN.get(kind[0]) or struct.calcsize(_FIXED[kind[0]])


class Packer:
    """Builds a message. Every value is aligned to its own size, counted from the start of the message."""

    def __init__(self) -> None:
        self.data = bytearray()

    def pad(self, size: int) -> None:
        self.data.extend(b"\0" * (-len(self.data) % size))

    def add(self, signature: str, *values: Any) -> None:
        """Append values of the types of a signature."""
        for value in values:
            kind = first_type(signature)
            signature = signature[len(kind) :]
            self._one(kind, value)

    def _one(self, kind: str, value: Any) -> None:
        self.pad(_align(kind))
        if kind in _FIXED:
            self.data.extend(struct.pack("<" + _FIXED[kind], value))
        elif kind in ("s", "o", "g"):
            text = value.encode()
            self.data.extend(struct.pack("<B" if kind == "g" else "<I", len(text)) + text + b"\0")
        elif kind == "v":  # as (signature, value)
            self.add("g", value[0])
            self.add(*value)
        elif kind[0] == "a":
            length = len(self.data)
            self.data.extend(b"\0\0\0\0")
            self.pad(_align(kind[1:]))
            start = len(self.data)
            for item in value.items() if kind[1] == "{" else value:
                self._one(kind[1:], item)
            struct.pack_into("<I", self.data, length, len(self.data) - start)
        else:
            self.add(kind[1:-1], *value)


class Unpacker:
    """Reads a message. Dictionaries are returned as dict, other arrays and structures as list, variants as their
    value."""

    def __init__(self, data: bytes, position: int = 0, order: str = "<") -> None:
        self.data = data
        self.position = position
        self.order = order

    def take(self, signature: str) -> list[Any]:
        """Read the values of a signature."""
        values = []
        while signature:
            kind = first_type(signature)
            signature = signature[len(kind) :]
            values.append(self._one(kind))
        return values

    def pad(self, size: int) -> None:
        self.position += -self.position % size

    def _one(self, kind: str) -> Any:
        self.pad(_align(kind))
        if kind in _FIXED:
            number = self._number(_FIXED[kind])
            return bool(number) if kind == "b" else number
        if kind in ("s", "o", "g"):
            length = self._number("B" if kind == "g" else "I")
            start = self.position
            self.position += length + 1
            return self.data[start : start + length].decode("utf-8", "replace")
        if kind == "v":
            return self._one(self._one("g"))
        if kind[0] == "a":
            length = self._number("I")
            self.pad(_align(kind[1:]))
            end = self.position + length
            items = []
            while self.position < end:
                items.append(self._one(kind[1:]))
            return dict(items) if kind[1] == "{" else items
        return self.take(kind[1:-1])

    def _number(self, letter: str) -> Any:
        (number,) = struct.unpack_from(self.order + letter, self.data, self.position)
        self.position += struct.calcsize(letter)
        return number


def call_message(serial: int, target: tuple[str, str, str, str], signature: str, values: tuple[Any, ...]) -> bytes:
    """A method call to (destination, path, interface, member)."""
    body = Packer()
    body.add(signature, *values)
    destination, path, interface, member = target
    fields = [
        (_PATH, ("o", path)),
        (_INTERFACE, ("s", interface)),
        (_MEMBER, ("s", member)),
        (_DESTINATION, ("s", destination)),
    ]
    if signature:
        fields.append((_SIGNATURE, ("g", signature)))
    head = Packer()
    head.data.extend(struct.pack("<cBBBII", b"l", _CALL, _NO_AUTO_START, 1, len(body.data), serial))
    head.add("a(yv)", fields)
    head.pad(8)
    return bytes(head.data + body.data)


def sizes(beginning: bytes) -> tuple[str, int, int]:
    """From a message's first 16 bytes: the byte order, and the lengths of its header and its body."""
    order = "<" if beginning[:1] == b"l" else ">"
    body, _serial, fields = struct.unpack(order + "III", beginning[4:16])
    return order, 16 + fields + -fields % 8, body


def answer_to(serial: int, message: bytes) -> list[Any] | None:
    """The values of the answer to a call; None for any other message. Raises DBusError for an error."""
    order, head, _body = sizes(message[:16])
    kind = message[1]
    reader = Unpacker(message, 12, order)
    fields = dict(reader.take("a(yv)")[0])
    if kind not in (_REPLY, _ERROR) or fields.get(_REPLY_SERIAL) != serial:
        return None
    values = Unpacker(message, head, order).take(fields.get(_SIGNATURE, ""))
    if kind == _ERROR:
        raise DBusError(fields.get(_ERROR_NAME, ""), str(values[0]) if values else "")
    return values


class Bus:
    """A connection to a bus. Calls do not start daemons that are not running. Raises OSError where there is no bus."""

    def __init__(self, path: str = SYSTEM_BUS) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self.serial = 0
        try:
            self.socket.settimeout(SECONDS)
            self.socket.connect(path)
            self._log_in()
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self) -> Bus:
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.socket.close()

    def call(self, destination: str, path: str, method: str, signature: str = "", *values: Any) -> Any:
        """Call ``method`` (interface and member) and return its answer: None, a value, or a list of values."""
        self.serial += 1
        interface, _dot, member = method.rpartition(".")
        answer = None
        try:
            self.socket.sendall(call_message(self.serial, (destination, path, interface, member), signature, values))
            while answer is None:
                beginning = self._receive(16)
                _order, head, body = sizes(beginning)
                answer = answer_to(self.serial, beginning + self._receive(head - 16 + body))
        except OSError as error:
            raise EdgeError(f"{destination} did not answer the D-Bus call {member}: {os_reason(error)}.") from error
        return answer[0] if len(answer) == 1 else answer or None

    def running(self, name: str) -> bool:
        """Whether a name on the bus has an owner."""
        return bool(self._own("NameHasOwner", "s", name))

    def _own(self, member: str, signature: str = "", *values: Any) -> Any:
        bus = "org.freedesktop.DBus"
        return self.call(bus, "/org/freedesktop/DBus", f"{bus}.{member}", signature, *values)

    def _log_in(self) -> None:
        identity = str(os.geteuid()).encode().hex()
        self.socket.sendall(b"\0AUTH EXTERNAL " + identity.encode() + b"\r\n")
        reply = b""
        while not reply.endswith(b"\r\n"):
            reply += self._receive(1)
        if not reply.startswith(b"OK "):
            raise EdgeError(f"The system D-Bus refuses this user: {reply.decode('ascii', 'replace').strip()}.")
        self.socket.sendall(b"BEGIN\r\n")
        self._own("Hello")

    def _receive(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            part = self.socket.recv(length - len(data))
            if not part:
                raise EdgeError("D-Bus closed the connection in the middle of an answer.")
            data += part
        return data
