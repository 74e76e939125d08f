# shellcheck shell=bash
# Functions that prepare what bin/test and bin/demo need. To be sourced; sourcing it changes nothing.
#
#   need_root                stop unless we are root
#   need_apt PKG…            install the Debian packages that are missing
#   need_command NAME PKG    install PKG where the command NAME is missing
#   need_daemons             keepalived and haproxy, installed but not started, and systemctl
#   need_newer_daemons SUITE haproxy and keepalived of a newer Debian suite, in $K8S_EDGE_CACHE/daemons-SUITE/bin
#   as_plain_user COMMAND…   run it without root's rights, and without access to other programs
#   need_oldest_python       Python 3.9, in $K8S_EDGE_CACHE/python3.9/bin
#   need_core VERSION        that ansible-core, with what the unit tests import, in an environment of its own; sets CORE
#   have_uml                 User-Mode Linux, first in PATH; false, with the reason in $why, if it cannot run
#   prefer_unpacked_uml      put the User-Mode Linux that have_uml has unpacked first in PATH
#   need_lab PACKAGE…        install what a lab needs
#   skip REASON              end a part of bin/test that cannot run here
#   need_venv                the pinned controller tools; sets VENV and puts its bin first in PATH
#   need_collection          a copy of the checkout in Ansible's collection path; sets COLLECTION
#                            and ANSIBLE_COLLECTIONS_PATH
#
# Everything is stored in K8S_EDGE_CACHE (default: ${XDG_CACHE_HOME:-~/.cache}/k8s_edge.ha) and may be deleted at any time.

CHECKOUT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
K8S_EDGE_CACHE=${K8S_EDGE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/k8s_edge.ha}
export K8S_EDGE_CACHE

say() { printf '%s\n' "$*" >&2; }

# die MESSAGE…: print the reason, and end the script that sourced this file.
die() {
    say "$(basename "$0"): $*"
    exit 1
}

# skip REASON: end a part of bin/test that cannot run here.
skip() {
    echo "$*" >"$WORK/skipped"
    exit 0
}

need_root() {
    [ "$(id -u)" -eq 0 ] || die "needs root, to install packages and to build the lab. Run it with sudo."
}

_apt_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# _logged NAME COMMAND…: run quietly; on failure show the end of the output.
_logged() {
    local log=$K8S_EDGE_CACHE/log/$1.log
    shift
    mkdir -p "$K8S_EDGE_CACHE/log"
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 30 "$log" >&2
        die "failed: $* (all of it: $log)"
    fi
}

need_apt() {
    local package missing=()
    if ! command -v dpkg-query >/dev/null; then
        say "not a Debian or Ubuntu machine: taking it that these are installed: $*"
        return
    fi
    for package in "$@"; do
        _apt_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    need_root
    say "installing Debian packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    mkdir -p "$K8S_EDGE_CACHE"
    (
        flock 9 # for the lock of its lists apt-get does not wait; a daemon that it starts must not keep ours
        _logged apt-update apt-get -q -o DPkg::Lock::Timeout=300 update 9>&-
        _logged apt-install apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "${missing[@]}" 9>&-
    ) 9>"$K8S_EDGE_CACHE/apt.lock" || exit 1
}

need_command() {
    command -v "$1" >/dev/null || need_apt "$2"
    command -v "$1" >/dev/null || die "the command $1 is missing (Debian package $2)."
}

# The programs that tests/witness calls: keepalived and haproxy, installed but not started, and systemd's tools.
need_daemons() {
    local policy=/usr/sbin/policy-rc.d
    need_command systemctl systemd
    command -v keepalived >/dev/null && command -v haproxy >/dev/null && return
    need_root
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        (need_apt keepalived haproxy) && rm -f "$policy" || { rm -f "$policy"; exit 1; }
    else
        need_apt keepalived haproxy
    fi
}

# as_plain_user COMMAND…: run it as a user without root's rights, in namespaces without other programs in PATH and without
# other processes. Root's files appear as the user's own, so that the checkout and the controller's Python are readable.
# COMMAND is an absolute path.
as_plain_user() {
    local alone=()
    if [ "$(id -u)" -ne 0 ]; then
        :
    elif ! unshare --mount --pid --fork --user --map-user=1000 true 2>/dev/null; then
        echo "no namespaces for users here: as root, then"
    else
        alone=(unshare --mount --pid --fork --kill-child --mount-proc
            sh -ec 'for sbin in /usr/local/sbin /usr/sbin; do mount -t tmpfs tmpfs "$sbin"; done; exec "$@"' sh
            unshare --user --map-user=1000 --map-group=1000)
    fi
    "${alone[@]}" env PATH=/nonexistent "$@"
}

# _unpacked NAME SUITE PACKAGE[=PROGRAM]…: programs of another Debian suite in $K8S_EDGE_CACHE/NAME/bin, unpacked once.
_unpacked() {
    local name=$1
    shift
    [ ! -d "$K8S_EDGE_CACHE/$name" ] || return 0
    need_command patchelf patchelf
    mkdir -p "$K8S_EDGE_CACHE"
    (
        flock 9
        [ -d "$K8S_EDGE_CACHE/$name" ] ||
            _logged "$name" bash "$CHECKOUT/bin/unpack_debian.sh" "$1" "$K8S_EDGE_CACHE/$name" "${@:2}"
    ) 9>"$K8S_EDGE_CACHE/unpack.lock" || exit 1
}

# The daemons of a newer Debian suite, for further witness tests.
need_newer_daemons() {
    _unpacked "daemons-$1" "$1" haproxy=usr/sbin/haproxy keepalived=usr/sbin/keepalived
}

# The oldest Python that the modules support, from Debian 11.
need_oldest_python() {
    _unpacked python3.9 bullseye python3.9-minimal=usr/bin/python3.9 libpython3.9-stdlib
}

# Put the User-Mode Linux that have_uml has unpacked first in PATH, where there is one: a lab goes on with the kernel that
# its disks have modules for.
prefer_unpacked_uml() {
    [ ! -d "$K8S_EDGE_CACHE/uml/bin" ] || PATH=$K8S_EDGE_CACHE/uml/bin:$PATH
}

# need_lab PACKAGE…: what a lab needs, as `python3 -m lab up --packages` prints it.
need_lab() {
    local why packages=" $* "
    if [[ $packages == *" user-mode-linux "* ]]; then
        have_uml || die "$why"
        packages=${packages/ user-mode-linux / }
    fi
    # shellcheck disable=SC2086  # one word per package
    need_apt $packages
}

# User-Mode Linux, a Linux kernel that runs as a program: get it, put it first in PATH and test that it starts. False,
# with the reason in $why, if not. Debian forky has the first one that intercepts system calls with seccomp, not with ptrace:
# a program starts in a fifth of the time. Where there is none, it is the one of the installed release.
have_uml() {
    why=
    [ "$(uname -m)" = x86_64 ] || { why="User-Mode Linux is for x86_64 only"; return 1; }
    (need_apt e2fsprogs) || { why="the package e2fsprogs cannot be installed"; return 1; }
    if (_unpacked uml forky user-mode-linux=usr/bin/linux.uml); then
        prefer_unpacked_uml
    elif ! (need_apt user-mode-linux); then
        why="the package user-mode-linux can neither be unpacked from Debian forky nor be installed"
        return 1
    fi
    # It has no disk, so it ends with a panic. With less memory it sometimes ends without any output: it adds
    # a random amount of address space, up to 1 GiB, and needs memory to manage that.
    local said own=$K8S_EDGE_CACHE/uml.$BASHPID
    said=$(linux.uml mem=128M con=null con0=null,fd:1 uml_dir="$own/" </dev/null 2>/dev/null) || true
    rm -rf "$own"
    [[ $said == *"Linux version"* ]] ||
        { why="linux.uml does not start here (it needs ptrace, and a tmpfs that it may execute)"; return 1; }
}

# Print the path of the first Python that can run ansible-core 2.19 (the base interpreter, if it is in a venv).
_controller_python() {
    local candidate
    for candidate in python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
        "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || continue
        "$candidate" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))'
        return
    done
    return 1
}

need_venv() {
    local python wanted
    _controller_python >/dev/null || need_apt python3
    python=$(_controller_python) || die "needs Python 3.11, 3.12 or 3.13 on the controller."
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        need_apt "python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"

    wanted=$({
        "$python" -c 'import sys; print(sys.version)'
        cat "$CHECKOUT/requirements/controller.txt"
    } | sha256sum | cut -c1-12)
    VENV=$K8S_EDGE_CACHE/venv-$wanted
    mkdir -p "$K8S_EDGE_CACHE"
    if [ ! -e "$VENV/.compiled" ]; then
        (
            flock 9
            if [ ! -e "$VENV/.complete" ]; then
                say "making the controller's Python environment (once; a minute or two): $VENV"
                rm -rf "$VENV"
                _logged venv "$python" -m venv "$VENV"
                _logged pip "$VENV/bin/python" -m pip --disable-pip-version-check install --no-compile \
                    --requirement "$CHECKOUT/requirements/controller.txt"
                touch "$VENV/.complete"
            fi
            # With PYTHONDONTWRITEBYTECODE every process compiles everything that it imports. Ansible always compiles
            # collections itself.
            [ -e "$VENV/.compiled" ] ||
                _logged compile "$VENV/bin/python" -m compileall -q -j 0 -x /ansible_collections/ "$VENV/lib"
            touch "$VENV/.compiled"
        ) 9>"$K8S_EDGE_CACHE/venv.lock" || exit 1
    fi
    export VENV PATH="$VENV/bin:$PATH"
    unset PYTHONPATH PYTHONHOME
}

# _core_python VERSION: the Python for that ansible-core. From 2.20 on it needs 3.12 or later; Debian 13 has one.
_core_python() {
    if [[ $1 == 2.1?.* ]] || "$(_controller_python)" -c 'import sys; sys.exit(sys.version_info < (3, 12))'; then
        _controller_python
    else
        _unpacked python3.13 trixie python3.13-minimal=usr/bin/python3.13 libpython3.13-stdlib >&2
        echo "$K8S_EDGE_CACHE/python3.13/bin/python3.13"
    fi
}

# Another release of ansible-core than the one for development. kubernetes.core is that of the controller's environment;
# other packages that the unit tests import are pinned to the same versions. Call need_venv first.
need_core() {
    local python pins
    python=$(_core_python "$1") || exit 1
    pins=$(grep -vE '^(ansible|ansible-core|resolvelib)==' "$CHECKOUT/requirements/controller.txt")
    CORE=$K8S_EDGE_CACHE/core-$1-$(printf '%s\n' "$python" "$pins" | sha256sum | cut -c1-12)
    export CORE
    (
        flock 9
        [ ! -e "$CORE/.complete" ] || exit 0
        say "making an environment with ansible-core $1: $CORE"
        rm -rf "$CORE"
        _logged "core-$1" "$python" -m venv --without-pip "$CORE"
        printf '%s\n' "$pins" >"$CORE/pins.txt"
        _logged "core-$1" "$VENV/bin/python" -m pip --disable-pip-version-check --python "$CORE/bin/python" install \
            --constraint "$CORE/pins.txt" "ansible-core==$1" \
            hypothesis kubernetes kubernetes-validate netaddr packaging pytest pytest-xdist
        touch "$CORE/.complete"
    ) 9>"$CORE.lock" || exit 1
    # VENV changes with its pins.
    python=$(echo "$CORE"/lib/python*/site-packages)
    mkdir -p "$python/ansible_collections"
    ln -sfn "$(echo "$VENV"/lib/python*/site-packages/ansible_collections/kubernetes)" "$python/ansible_collections/kubernetes"
}

# A checkout may be anywhere; Ansible needs …/ansible_collections/k8s_edge/ha. Some tools would resolve a symbolic link
# there, so it is a copy of the files that git tracks or does not ignore.
need_collection() {
    local root
    need_command git git
    command -v python3 >/dev/null || need_apt python3
    root=$K8S_EDGE_CACHE/checkout-$(printf %s "$CHECKOUT" | sha256sum | cut -c1-12)
    COLLECTION=$root/ansible_collections/k8s_edge/ha
    python3 "$CHECKOUT/bin/copy_checkout.py" "$CHECKOUT" "$COLLECTION" || die "cannot copy $CHECKOUT to $COLLECTION"
    export COLLECTION ANSIBLE_COLLECTIONS_PATH="$root"
}
