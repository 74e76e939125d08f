# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to one family of generic netlink over its own socket."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Iterator, Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, os_reason
from ansible_collections.k8s_edge.ha.plugins.module_utils._ipvs.netlink import wire as netlink

#: How much of an answer is read at once; the kernel fills it as far as it can.
_READ = 1 << 16
#: How many requests go in one datagram: their errors must fit into the socket's receive buffer.
_TOGETHER = 128
_GENERIC, _SOL_NETLINK, _CAP_ACK, _SECONDS = 16, 270, 10, 30.0


class NoFamily(EdgeError):
    """The kernel does not have the family."""


class Channel:
    """Requests and answers. Raises OSError with the kernel's errno, or NoFamily where the kernel does not know the
    family."""

    def __init__(self, name: str) -> None:
        try:
            self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _GENERIC)
        except OSError as error:
            raise EdgeError(
                f"Netlink is not available, so the kernel cannot be queried: {os_reason(error)}."
            ) from error
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
        """The answers to a request about one object."""
        return list(self._answers(command, netlink.ACK, body))

    def dump(self, command: int, body: bytes = b"") -> Iterator[bytes]:
        """The answers to a request about all objects of a kind."""
        return self._answers(command, netlink.DUMP, body)

    def order(self, requests: Sequence[tuple[int, bytes]]) -> dict[int, int]:
        """Send requests in order and return which of them failed: index -> errno.

        The kernel continues after a failed request, to the end of the datagram; later datagrams are not sent. It
        reports failures without being asked, except EINTR: that gets no answer, not even with NLM_F_ACK
        (netlink_rcv_skb), and it occurs when a sync daemon is stopped before it ever ran. So the message that requests
        an acknowledgement is a no-op at the end of the datagram.
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
        """How many of ``count`` requests were sent by the time that the one at ``index`` was answered."""
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
        """The kernel's messages about some requests, up to the acknowledgement of the last one. Answers to earlier
        requests that were not waited for are skipped."""
        while True:
            try:
                received = self.socket.recv(_READ)
            except socket.timeout as error:
                raise EdgeError(
                    f"The kernel did not answer in {self.socket.gettimeout():g} seconds: it is not known whether "
                    "it carried out the request. Look at its log (dmesg), and run again."
                ) from error
            except OSError as error:
                raise EdgeError(f"The kernel's answers were lost: {error.strerror}. Run again.") from error
            for answer in netlink.answers(received):
                if first <= answer.sequence <= last:
                    yield answer
                    if answer.sequence == last and answer.error is not None:
                        return
