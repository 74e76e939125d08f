# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A conversation with one family of generic netlink over a socket of its own."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Iterator, Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, told
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import wire as netlink

#: How much of an answer is read at once; the kernel fills that much of it where it can.
_READ = 1 << 16
#: How many requests go in one datagram: their errors have to fit into the buffer of the socket.
_TOGETHER = 128
_GENERIC, _SOL_NETLINK, _CAP_ACK, _SECONDS = 16, 270, 10, 30.0


class NoFamily(EdgeError):
    """The kernel does not have the family."""


class Channel:
    """Requests and answers. OSError carries the kernel's errno; NoFamily where it does not know the family."""

    def __init__(self, name: str) -> None:
        try:
            self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _GENERIC)
        except OSError as error:
            raise EdgeError(f"Netlink is not available, so the kernel cannot be queried: {told(error)}.") from error
        try:
            self.socket.bind((0, 0))
            self.socket.settimeout(_SECONDS)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
            self.socket.setsockopt(_SOL_NETLINK, _CAP_ACK, 1)
            self.sequence = 0
            self.family = netlink.CONTROLLER
            self.family = self._named(name)
        except BaseException:
            self.socket.close()
            raise

    def __enter__(self) -> Channel:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.socket.close()

    def ask(self, command: int, body: bytes = b"") -> list[bytes]:
        """The answers to a question about one thing."""
        return list(self._answers(command, netlink.ACK, body))

    def dump(self, command: int, body: bytes = b"") -> Iterator[bytes]:
        """The answers to a question about all things of a kind."""
        return self._answers(command, netlink.DUMP, body)

    def order(self, requests: Sequence[tuple[int, bytes]]) -> dict[int, int]:
        """Carry out requests in their order, and tell which of them failed: index to errno.

        The kernel goes on after one that fails, to the end of the datagram; the datagrams after that are not sent.
        It speaks of failures unasked, but for one: EINTR gets no answer at all, not even where one is asked for
        (netlink_rcv_skb), and a sync daemon stopped before it ever ran ends so. So what asks for an answer is a
        message that orders nothing, at the end of the datagram.
        """
        failed: dict[int, int] = {}
        for start in range(0, len(requests), _TOGETHER):
            together = requests[start : start + _TOGETHER]
            first = self.sequence + 1
            self.sequence = closing = first + len(together)
            self.socket.send(
                b"".join(
                    [
                        netlink.message(self.family, command, 0, number, body)
                        for number, (command, body) in enumerate(together, first)
                    ]
                )
                + netlink.nothing(closing)
            )
            for answer in self._until(first, closing):
                if answer.error:
                    failed[start + answer.sequence - first] = answer.error
            if failed:
                break
        return failed

    @staticmethod
    def sent_with(index: int, count: int) -> int:
        """How many of ``count`` requests were sent by the time that the one at ``index`` had its answer."""
        return min(count, (index // _TOGETHER + 1) * _TOGETHER)

    def _named(self, name: str) -> int:
        body = netlink.attribute(netlink.FAMILY_NAME, name.encode() + b"\0")
        try:
            (answer,) = self._answers(netlink.GET_FAMILY, netlink.ACK, body)
        except OSError as error:
            if error.errno == errno.ENOENT:
                raise NoFamily(f"The kernel does not have {name}.") from error
            raise
        return int.from_bytes(netlink.attributes(answer)[netlink.FAMILY_ID], sys.byteorder)

    def _answers(self, command: int, flags: int, body: bytes) -> Iterator[bytes]:
        self.sequence += 1
        self.socket.send(netlink.message(self.family, command, flags, self.sequence, body))
        for answer in self._until(self.sequence, self.sequence):
            if answer.error:
                raise OSError(answer.error, os.strerror(answer.error))
            if answer.error is None:
                yield answer.data

    def _until(self, first: int, last: int) -> Iterator[netlink.Answer]:
        """What the kernel says about some requests, up to its verdict on the last of them. What belongs to others,
        which nobody waited for, is left out."""
        while True:
            try:
                said = self.socket.recv(_READ)
            except socket.timeout as error:
                raise EdgeError(
                    f"The kernel did not answer in {self.socket.gettimeout():g} seconds: it is not known whether "
                    "it carried out the request. Look at its log (dmesg), and run again."
                ) from error
            except OSError as error:
                raise EdgeError(f"The kernel's answers were lost: {error.strerror}. Run again.") from error
            for answer in netlink.answers(said):
                if first <= answer.sequence <= last:
                    yield answer
                    if answer.sequence == last and answer.error is not None:
                        return
