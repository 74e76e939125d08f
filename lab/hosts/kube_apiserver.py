#!/usr/bin/python3
# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's stand-in for a kube-apiserver: TLS on 6443, /livez, /readyz, /version; / returns the host's name.

After `touch /run/kube-apiserver/not-ready`, /readyz answers 500, as on an apiserver that shuts down.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PKI = "/etc/kubernetes/pki"
NOT_READY = "/run/kube-apiserver/not-ready"
NAME = socket.gethostname()


def answer(path: str) -> tuple[int, str, str]:
    """Status, content type and body for a path."""
    if path in ("/livez", "/healthz"):
        return 200, "text/plain", "ok"
    if path == "/readyz":
        if os.path.exists(NOT_READY):
            return 500, "text/plain", "[-]shutdown failed: reason withheld\nreadyz check failed\n"
        return 200, "text/plain", "ok"
    if path == "/version":
        return 200, "application/json", json.dumps({"major": "1", "minor": "0", "gitVersion": "v1.0.0-lab"})
    if path == "/":
        return 200, "text/plain", NAME
    return 404, "text/plain", "404 page not found\n"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 300

    def setup(self) -> None:
        # Handled in the connection's own thread, so that a slow client does not block others.
        self.request.settimeout(10)
        self.request.do_handshake()
        super().setup()

    def do_GET(self) -> None:
        status, kind, text = answer(self.path.partition("?")[0])
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Served-By", NAME)
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Not logged: a probe sends a hundred requests per second."""


class Server(ThreadingHTTPServer):
    address_family = socket.AF_INET6  # accepts IPv4 too
    allow_reuse_port = True  # like --permit-port-sharing: HAProxy on this host may bind a VIP at the same port
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that close their connection early are not logged."""


def main() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{PKI}/apiserver.crt", f"{PKI}/apiserver.key")
    with Server(("::", 6443), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.serve_forever()


if __name__ == "__main__":
    main()
