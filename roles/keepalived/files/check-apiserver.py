"""Asks the kube-apiserver of this host whether it is ready: exit status 0 where it says 200.

Usage: check-apiserver ADDRESS PORT. Managed by k8s_edge.ha; keepalived runs it as an ordinary user, under a time limit.
For Python alone, which every host has that Ansible reaches: bash speaks no TLS, and curl is not always there.
Its certificate is not verified: this is about a process of this host, and only root could stand in for it.
"""

import socket
import ssl
import sys

tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
try:
    with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as plain, tls.wrap_socket(plain) as apiserver:
        apiserver.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
        status = apiserver.recv(64).split(b" ")[1]
except (OSError, IndexError) as error:
    sys.exit(str(error))
sys.exit(status != b"200")
