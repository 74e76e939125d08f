#!/usr/bin/env bash
# HAProxy 2.6 leaves some idle sessions of the runtime API open, whatever `stats timeout` says.
#
# Input: `stats timeout 500ms`, and sixty sessions in interactive mode (`prompt`) that say nothing more.
# Guess: each is closed after half a second. The manual (section 3.1) calls it the time after which an idle session is cut,
#   and a client that keeps its session open relies on that, since a stats socket takes ten sessions by default.
# Seen: 2.6.12 closes some after half a second, and others are still open eight times as long after. Which ones is chance.
#   3.0.11 closes every one.
# With: HAProxy 2.6.12 (Debian 12) and 3.0.11 (Debian 13) on Linux 6.18.
# Needs: root (apt-get), dpkg-deb, patchelf, python3, and Debian's packages.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/ask.py" <<'PYTHON'
import select
import socket
import subprocess
import sys
import time

program, directory = sys.argv[1:]
path = directory + "/admin.sock"
with open(directory + "/haproxy.cfg", "w") as file:
    file.write(f"global\n stats socket {path} level admin\n stats timeout 500ms\n stats maxconn 100\n")
    file.write("defaults\n mode tcp\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n")
    file.write("backend b\n server one 127.0.0.1:1\n")
haproxy = subprocess.Popen([program, "-db", "-f", directory + "/haproxy.cfg"], stderr=subprocess.DEVNULL)
time.sleep(1)
sessions = []
for _ in range(60):
    session = socket.socket(socket.AF_UNIX)
    session.connect(path)
    session.sendall(b"prompt\n")
    time.sleep(0.02)
    session.recv(100)
    sessions.append(session)
end = time.monotonic() + 4
still = set(sessions)
while still and time.monotonic() < end:
    for session in select.select(still, [], [], 0.2)[0]:
        if session.recv(100) == b"":
            still.discard(session)
print(len(still))
haproxy.terminate()
haproxy.wait(10)
PYTHON

for each in bookworm=2.6.12=some trixie=3.0.11=none; do
    IFS='=' read -r suite version wanted <<<"$each"
    bash "$here/../bin/unpack_debian.sh" "$suite" "$work/$suite" haproxy=usr/sbin/haproxy >/dev/null 2>&1
    program=$work/$suite/bin/haproxy
    [[ $("$program" -v) == *"$version"* ]] || { echo "$suite has another version than $version now" >&2; exit 1; }
    mkdir "$work/$suite/run"
    open=$(timeout 60 python3 "$work/ask.py" "$program" "$work/$suite/run")
    echo "$version: $open of 60 idle sessions are open after four seconds"
    seen=none
    [ "$open" -eq 0 ] || seen=some
    [ "$seen" = "$wanted" ] || { echo "changed: wanted $wanted" >&2; exit 1; }
done
