#!/usr/bin/env bash
# Programs of another Debian suite, unpacked beside the installed ones: unpack_debian.sh SUITE FOLDER PACKAGE[=PROGRAM]…
#
#   unpack_debian.sh trixie ~/trixie haproxy=usr/sbin/haproxy keepalived=usr/sbin/keepalived
#
# Nothing is installed and no service is made. The programs bring their own C library, which patchelf writes into them,
# so that they run, and start themselves anew at a reload, like any other. FOLDER/bin is for PATH. Called by bootstrap.sh.
set -euo pipefail

suite=$1 folder=$2
shift 2
# What this machine's own packages come from: a mirror, or Debian.
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m 1 -E '/debian/?$' || echo http://deb.debian.org/debian)
build=$folder.new
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

# Their loader and libraries by absolute path: where the folder will lie, not where it is built.
inside=$folder/root
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
# keepalived looks for its build options beside the path that it was called by.
options=$build/root/etc/keepalived/keepalived.config-opts
[ ! -e "$options" ] || cp "$options" "$build/root/usr/sbin/"
rm -rf "$folder"
mv "$build" "$folder"
