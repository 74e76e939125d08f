#!/usr/bin/env bash
# What stands behind an unset variable in double quotes counts, or does not, by HAProxy's version.
#
# Input: server s 127.0.0.1:1 "$NOT_SET" disabled
# Guess: the variable is an empty word or none; `disabled` counts in both cases, and in every version.
# Seen: 2.6.12 takes the empty word for the end of the line: the server is not disabled, the check says "Configuration file
#   is valid" with exit status 0, and nothing is logged. 3.0.11 leaves the word out and reads on: the same file makes a
#   disabled server. 3.4.7 refuses the line, exit status 1, even where nothing stands behind the word.
#   So a package upgrade changes what an unchanged file means, and then forbids it.
# With: haproxy 2.6.12 (Debian 12), 3.0.11 (Debian 13), 3.4.7 (Debian experimental).
# Needs: root, apt-get, dpkg-deb, patchelf, python3, and Debian's packages.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
running=
trap '[ -z "$running" ] || kill "$running" 2>/dev/null || true; rm -rf "$work"' EXIT

cat >"$work/haproxy.cfg" <<CFG
global
    stats socket $work/socket level admin
defaults
    mode tcp
    timeout connect 1s
    timeout client 1s
    timeout server 1s
listen l
    bind unix@$work/listener
    server s 127.0.0.1:1 "\$NOT_SET" disabled
CFG

# state PROGRAM: the server's administrative state in the process: 0 is none, 5 is maintenance by the file.
state() {
    "$1" -db -f "$work/haproxy.cfg" >/dev/null 2>&1 &
    running=$!
    for _ in $(seq 50); do [ ! -S "$work/socket" ] || break; sleep 0.1; done
    python3 - "$work/socket" <<'PY'
import socket
import sys

with socket.socket(socket.AF_UNIX) as asked:
    asked.connect(sys.argv[1])
    asked.sendall(b"show servers state l\n")
    answer = b"".join(iter(lambda: asked.recv(65536), b"")).decode()
print(next(line.split()[6] for line in answer.splitlines() if line.split()[3:4] == ["s"]))
PY
    kill "$running"
    wait "$running" 2>/dev/null || true
    running=
    rm -f "$work/socket"
}

# expect SUITE VERSION CHECK-STATUS ADMIN-STATE
expect() {
    local program=$work/$1/bin/haproxy rc=0 seen
    bash "$here/../bin/unpack_debian.sh" "$1" "$work/$1" haproxy=usr/sbin/haproxy >/dev/null 2>&1
    [[ $("$program" -v) == *"version $2"* ]] || { echo "$1 has another version than $2 now" >&2; exit 1; }
    "$program" -c -f "$work/haproxy.cfg" >/dev/null 2>&1 || rc=$?
    seen=none
    [ "$rc" -ne 0 ] || seen=$(state "$program")
    echo "$2: check ends with $rc, administrative state of the server: $seen"
    [ "$rc $seen" = "$3 $4" ] || { echo "changed: wanted $3 $4" >&2; exit 1; }
}

unset NOT_SET
expect bookworm 2.6.12 0 0
expect trixie 3.0.11 0 5
expect experimental 3.4.7 1 none
