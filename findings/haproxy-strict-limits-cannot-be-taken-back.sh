#!/usr/bin/env bash
# In haproxy.cfg a later `strict-limits` does not take an earlier `no strict-limits` back.
#
# Input: a global section with `no strict-limits`, then `strict-limits` (as when a file of one's own comes after another's).
# Guess: of two contrary lines of a global section the last one counts, as it does for maxconn, and as `no option x`
#   followed by `option x` does.
# Seen: limits stay lax: with 2,000 open files allowed and maxconn 1000000 the process starts, with a warning. With the
#   second line alone it ends, as it does by default. `haproxy -c` is silent about both files, exit status 0.
# With: haproxy 3.0.11 (Debian 13) and 3.4.7 (Debian experimental); 2.6.12 alike.
# Needs: root, apt-get, dpkg-deb, patchelf, prlimit and setpriv, and Debian's packages.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for lines in "no strict-limits,strict-limits" "strict-limits"; do
    {
        echo global
        tr , '\n' <<<"$lines" | sed 's/^/    /'
        printf '    maxconn 1000000\ndefaults\n    mode tcp\n    timeout connect 1s\n    timeout client 1s\n'
        printf '    timeout server 1s\nlisten l\n    bind unix@%s/listener\n' "$work"
    } >"$work/${lines//[, ]/_}.cfg"
done

# starts PROGRAM FILE: yes where the process still runs after two seconds with few files allowed.
starts() {
    local rc=0
    timeout 2 setpriv --bounding-set=-sys_resource --inh-caps=-sys_resource prlimit --nofile=2000:2000 \
        "$1" -db -f "$2" >/dev/null 2>&1 || rc=$?
    [ "$rc" -eq 124 ] && echo yes || echo no
}

for each in trixie=3.0.11 experimental=3.4.7; do
    suite=${each%=*} version=${each#*=}
    bash "$here/../bin/unpack_debian.sh" "$suite" "$work/$suite" haproxy=usr/sbin/haproxy >/dev/null 2>&1
    program=$work/$suite/bin/haproxy
    [[ $("$program" -v) == *"version $version"* ]] || { echo "$suite has another version than $version now" >&2; exit 1; }
    for file in no_strict-limits_strict-limits strict-limits; do
        "$program" -c -f "$work/$file.cfg" >/dev/null 2>&1 || { echo "changed: $version refuses $file" >&2; exit 1; }
        declare "seen_${file//-/_}=$(starts "$program" "$work/$file.cfg")"
    done
    echo "$version: starts with both lines: $seen_no_strict_limits_strict_limits, with the second alone: $seen_strict_limits"
    [ "$seen_no_strict_limits_strict_limits $seen_strict_limits" = "yes no" ] || { echo "changed" >&2; exit 1; }
done
