#!/usr/bin/env bash
# A VIP with `scope link` and the prefix of the host's own network is never there, and its holder is MASTER all the same.
#
# Input: virtual_ipaddress { 192.0.2.1/24 scope link }     on an interface that has 192.0.2.100/24
# Guess: scope only says how far the address is valid; keepalived's manual lists it beside dev and label, so it is added,
#   or the instance goes to FAULT.
# Seen: the kernel takes no second address of one network whose scope is another (`ip address add` says Invalid argument).
#   keepalived -t ends with 0, the instance becomes MASTER, sends adverts and so keeps every peer from taking over, and no
#   host has the address. With /32, or without scope, it is there.
# With: keepalived 2.2.7 (Debian 12) and 2.3.3 (Debian 13) on Linux 6.18.
# Needs: root (a network namespace), apt-get, dpkg-deb, patchelf, ip, unshare, and Debian's packages.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# look PROGRAM ADDRESS: how -t ends, whether it became MASTER, whether the address is there.
look() {
    timeout 60 unshare --net --mount --pid --fork --mount-proc bash -c '
        ip link add one type veth peer name other
        ip address add 192.0.2.100/24 dev one
        ip link set one up
        ip link set other up
        mount -t tmpfs none /run
        printf "vrrp_instance V {\n interface one\n virtual_router_id 51\n priority 100\n version 3\n advert_int 0.1\n" >/run/k.conf
        printf " virtual_ipaddress {\n  %s\n }\n}\n" "$2" >>/run/k.conf
        "$1" -t -f /run/k.conf >/dev/null 2>&1
        echo -n "$? "
        "$1" --dont-fork --log-console --log-detail --vrrp --use-file /run/k.conf --pid /run/k.pid --vrrp_pid /run/v.pid \
            >/run/log 2>&1 &
        sleep 3
        grep -q "Entering MASTER" /run/log && echo -n "MASTER " || echo -n "not-MASTER "
        ip -o -4 address show dev one | grep -q "192\.0\.2\.1/" && echo there || echo gone' bash "$@"
}

for each in bookworm=2.2.7 trixie=2.3.3; do
    suite=${each%=*} version=${each#*=}
    bash "$here/../bin/unpack_debian.sh" "$suite" "$work/$suite" keepalived=usr/sbin/keepalived >/dev/null 2>&1
    program=$work/$suite/bin/keepalived
    [[ $("$program" --version 2>&1) == *"v$version"* ]] || { echo "$suite has another version than $version now" >&2; exit 1; }
    for wanted in "192.0.2.1/24 scope link=0 MASTER gone" "192.0.2.1/32 scope link=0 MASTER there" "192.0.2.1/24=0 MASTER there"; do
        seen=$(look "$program" "${wanted%=*}")
        echo "$version: ${wanted%=*}: $seen"
        [ "$seen" = "${wanted#*=}" ] || { echo "changed: wanted ${wanted#*=}" >&2; exit 1; }
    done
done
