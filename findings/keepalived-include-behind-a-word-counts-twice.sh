#!/usr/bin/env bash
# keepalived reads an include that does not begin its line twice.
#
# Input: virtual_ipaddress { include vips      (the brace and the include on one line; a file with two addresses)
# Guess: white space and line ends both separate words, as everywhere else in the file, so it makes no difference where the
#   line breaks.
# Seen: with the include on a line of its own the instance has the two addresses. Behind the brace the file is read twice:
#   2.2.7 then has four addresses, and `keepalived -t` ends with 0. 2.3.3 says of both that they are there already and
#   ignores them, so that `keepalived -t` ends with 5 for a file in which nothing stands twice.
# With: keepalived 2.2.7 (Debian 12) and 2.3.3 (Debian 13).
# Needs: root (a network namespace), apt-get, dpkg-deb, patchelf, ip, unshare, and Debian's packages.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf '192.0.2.1/32\n192.0.2.2/32\n' >"$work/vips"
for place in own_line behind; do
    {
        printf 'vrrp_instance V {\n    interface one\n    virtual_router_id 51\n    priority 100\n    virtual_ipaddress {'
        [ "$place" = behind ] && printf ' ' || printf '\n        '
        printf 'include vips\n    }\n}\n'
    } >"$work/$place.conf"
done

# look PROGRAM FILE: how keepalived -t ends, and how many addresses the instance has in keepalived's own dump.
look() {
    timeout 60 unshare --net --mount bash -c '
        ip link add one type veth peer name other
        ip address add 192.0.2.100/24 dev one
        ip link set one up
        ip link set other up
        mount -t tmpfs none /run
        "$1" -t -f "$2" >/dev/null 2>&1
        echo -n "$? "
        timeout 3 "$1" --dont-fork --log-console --log-detail --dump-conf --vrrp --use-file "$2" \
            --pid /run/k.pid --vrrp_pid /run/v.pid >/run/log 2>&1
        grep -cE "192\.0\.2\.[12] dev one scope global" /run/log' bash "$1" "$2"
}

# expect SUITE VERSION OWN-LINE BEHIND
expect() {
    local program=$work/$1/bin/keepalived seen
    bash "$here/../bin/unpack_debian.sh" "$1" "$work/$1" keepalived=usr/sbin/keepalived >/dev/null 2>&1
    [[ $("$program" --version 2>&1) == *"v$2"* ]] || { echo "$1 has another version than $2 now" >&2; exit 1; }
    seen="$(look "$program" "$work/own_line.conf"), $(look "$program" "$work/behind.conf")"
    echo "$2: -t ends with, addresses: on a line of its own and behind the brace: $seen"
    [ "$seen" = "$3, $4" ] || { echo "changed: wanted $3, $4" >&2; exit 1; }
}

expect bookworm 2.2.7 "0 2" "0 4"
expect trixie 2.3.3 "0 2" "5 2"
