#!/usr/bin/env bash
# Unpack programs of another Debian suite without installing them: unpack_debian.sh SUITE DIRECTORY PACKAGE[=PROGRAM]…
#
#   unpack_debian.sh trixie ~/trixie haproxy=usr/sbin/haproxy keepalived=usr/sbin/keepalived
#
# Nothing is installed and no service is created. The programs use their own C library, whose path patchelf writes into them,
# so that they can be run, and can execute themselves again at a reload. Add DIRECTORY/bin to PATH; DIRECTORY/lib is their usr/lib.
# Called by bootstrap.sh.
set -euo pipefail

suite=$1 directory=$2
shift 2
# The source of this machine's own packages: a mirror, or Debian.
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m 1 -E '/debian/?$' || echo http://deb.debian.org/debian)
build=$directory.new
rm -rf "$build"
mkdir -p "$build"/apt/{none,state/lists/partial,cache/archives/partial} "$build"/{root,bin}
touch "$build/apt/status"
signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
echo "deb $signed $mirror $suite main" >"$build/apt/sources.list"
target=()
if [ "$suite" = experimental ]; then
    echo "deb $signed $mirror sid main" >>"$build/apt/sources.list"
    target=(--target-release experimental)
fi
cat >"$build/apt/apt.conf" <<CONF
Dir::Etc::sourcelist "$build/apt/sources.list";
Dir::Etc::sourceparts "$build/apt/none";
Dir::Etc::preferencesparts "$build/apt/none";
Dir::State "$build/apt/state";
Dir::State::status "$build/apt/status";
Dir::Cache "$build/apt/cache";
APT::Sandbox::User "root";
CONF
export APT_CONFIG=$build/apt/apt.conf DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -q -y --download-only --no-install-recommends "${target[@]}" install "${@%%=*}"
for package in "$build"/apt/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x --directory "$build/root" --keep-directory-symlink --no-same-owner
done
rm -rf "$build/apt"

# Loader and libraries have absolute paths in the final directory, not in the one where it is built.
inside=$directory/root
machine=$(uname -m)-linux-gnu
loader=$(find "$build/root" -path "*lib/$machine/ld-linux*.so.*" -printf '%P' -quit)
for program in "$@"; do
    [[ $program == *=* ]] || continue
    program=${program#*=}
    patchelf --set-interpreter "$inside/$loader" --force-rpath \
        --set-rpath "$inside/usr/lib/$machine:$inside/lib/$machine:$inside/usr/lib/$machine/systemd" "$build/root/$program"
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$inside/$program" >"$build/bin/${program##*/}"
    chmod 755 "$build/bin/${program##*/}"
done
# keepalived searches for its build options next to the path by which it was called.
options=$build/root/etc/keepalived/keepalived.config-opts
[ ! -e "$options" ] || cp "$options" "$build/root/usr/sbin/"
ln -s root/usr/lib "$build/lib"
rm -rf "$directory"
mv "$build" "$directory"
