#!/usr/bin/env bash
# keepalived applies some changes of an address that it holds at a reload, and silently leaves out others.
#
# Input: a MASTER that holds an address; then `preferred_lft 0` or `brd 192.0.2.255` is added to its line, and SIGHUP.
# Guess: as with label, scope and prefix length, whose change takes the address away and adds it anew, the reload makes the
#   address what the file says.
# Seen: label, scope and prefix length are changed. preferred_lft and brd are not, without a message, though both are
#   applied to an address that is new. An IPv6 VIP that is to become deprecated, so that its holder does not send from it,
#   stays the source of what the holder sends until it has moved away and back.
# With: keepalived 2.2.7 (Debian 12) and 2.3.3 (Debian 13) on Linux 6.18.
# Needs: root (a network namespace), apt-get, dpkg-deb, patchelf, ip, unshare, and Debian's packages.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# look PROGRAM FIRST SECOND: the address as the kernel has it, with the first line, and after a reload with the second.
look() {
    timeout 60 unshare --net --mount --pid --fork --mount-proc bash -c '
        ip link add one type veth peer name other
        ip address add 192.0.2.100/24 dev one
        ip -6 address add 2001:db8::100/64 dev one nodad
        ip link set one up
        ip link set other up
        mount -t tmpfs none /run
        write() {
            printf "vrrp_instance V {\n interface one\n virtual_router_id 51\n priority 100\n version 3\n advert_int 0.1\n" >/run/k.conf
            printf " virtual_ipaddress {\n  %s\n }\n}\n" "$1" >>/run/k.conf
        }
        has() { ip -o address show dev one | grep -E "192\.0\.2\.1/|2001:db8::1/" | grep -qF -- "$1" && echo -n "$2" || echo -n "-"; }
        state() { has "brd 192" b; has "one:v" l; has "scope link" s; has "1/24" p; has "preferred_lft 0sec" d; }
        write "$2"
        "$1" --dont-fork --log-console --vrrp --use-file /run/k.conf --pid /run/k.pid --vrrp_pid /run/v.pid >/run/log 2>&1 &
        sleep 2.5
        state
        echo -n " "
        write "$3"
        kill -HUP "$(cat /run/k.pid)"
        sleep 2.5
        state' bash "$@"
}

for each in bookworm=2.2.7 trixie=2.3.3; do
    suite=${each%=*} version=${each#*=}
    bash "$here/../bin/unpack_debian.sh" "$suite" "$work/$suite" keepalived=usr/sbin/keepalived >/dev/null 2>&1
    program=$work/$suite/bin/keepalived
    [[ $("$program" --version 2>&1) == *"v$version"* ]] || { echo "$suite has another version than $version now" >&2; exit 1; }
    while IFS='|' read -r first second wanted; do
        seen=$(look "$program" "$first" "$second")
        echo "$version: $first, then $second: $seen"
        [ "$seen" = "$wanted" ] || { echo "changed: wanted $wanted" >&2; exit 1; }
    done <<'CASES'
192.0.2.1/32|192.0.2.1/32 label one:v|----- -l---
192.0.2.1/32|192.0.2.1/32 scope link|----- --s--
192.0.2.1/32|192.0.2.1/24|----- ---p-
192.0.2.1/32|192.0.2.1/32 brd 192.0.2.255|----- -----
192.0.2.1/32 brd 192.0.2.255|192.0.2.1/32 brd 192.0.2.255|b---- b----
2001:db8::1/64|2001:db8::1/64 preferred_lft 0|----- -----
2001:db8::1/64 preferred_lft 0|2001:db8::1/64 preferred_lft 0|----d ----d
CASES
done
