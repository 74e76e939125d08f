#!/usr/bin/env bash
# Runs a command on a Linux kernel of its own that has IPVS, and ends as the command did:
#
#   tests/kernel/inside.sh WORK COMMAND…
#
# The kernel is a program (User-Mode Linux), its root the host's own tree, read-only but for the directory WORK. It has no
# network but what the command makes there. What the command says comes when it has ended.
set -euo pipefail

work=$(realpath "$1")
shift
rm -rf "$work/kernel"
mkdir -p "$work/kernel"
export -p >"$work/kernel/environment"
printf '%q ' cd "$PWD" >"$work/kernel/command"
printf '\n' >>"$work/kernel/command"
printf '%q ' "$@" >>"$work/kernel/command"

modules=$(realpath "$(dirname "$(command -v linux.uml)")/../lib/uml/modules")
linux.uml mem=1024M rootfstype=hostfs rootflags=/ ro quiet con=null con0=null,fd:1 uml_dir="$work/kernel/uml/" \
    seccomp=auto     init="$(realpath "$(dirname "$0")/init.sh")" WORK="$work" MODULES="$modules" </dev/null >"$work/kernel/console" 2>&1 || true

cat "$work/kernel/output" 2>/dev/null || true
if [ ! -e "$work/kernel/rc" ]; then
    echo "The kernel ended before the command did. The end of its console ($work/kernel/console):" >&2
    tail -n 30 "$work/kernel/console" >&2
    exit 1
fi
exit "$(cat "$work/kernel/rc")"
