#!/usr/bin/python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server behind the lab's Traefik. Each answer has the node's name and the client address that Traefik saw.

The answer for /slow is delayed.
"""

from __future__ import annotations

import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NAME = socket.gethostname()
SLOW_SECONDS = 3


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 300
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(SLOW_SECONDS)
        body = f"{NAME} to {self.headers.get('X-Real-Ip', 'nobody')}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Not logged: a probe sends many requests per second."""


class Server(ThreadingHTTPServer):
    daemon_threads = True


def main() -> None:
    with Server(("127.0.0.1", 8000), Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
