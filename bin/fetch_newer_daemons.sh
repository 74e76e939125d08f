#!/usr/bin/env bash
# HAProxy and keepalived of a newer Debian suite, unpacked beside the installed ones: fetch_newer_daemons.sh SUITE FOLDER
#
# Nothing is installed and no service is made. The programs bring their own C library, which patchelf writes into them,
# so that they run, and start themselves anew at a reload, like any other. FOLDER/bin is for PATH. Called by need_newer_daemons of bootstrap.sh.
set -euo pipefail

suite=$1 folder=$2
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m 1 -E '/debian/?$' || echo http://deb.debian.org/debian)
build=$folder.new
rm -rf "$build"
mkdir -p "$build"/apt/{none,state/lists/partial,cache/archives/partial} "$build/root"
touch "$build/apt/status"
signed='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]'
echo "deb $signed $mirror $suite main" >"$build/apt/sources.list"
[ "$suite" != experimental ] || echo "deb $signed $mirror sid main" >>"$build/apt/sources.list"
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
target=()
[ "$suite" != experimental ] || target=(--target-release experimental)
apt-get -q -y --download-only --no-install-recommends "${target[@]}" install haproxy keepalived
for package in "$build"/apt/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x --directory "$build/root" --keep-directory-symlink --no-same-owner
done
rm -rf "$build/apt"

# Their loader and libraries by absolute path: where the folder will lie, not where it is built.
inside=$folder/root
library=usr/lib/$(uname -m)-linux-gnu
loader=$(cd "$build/root" && find usr/lib -name 'ld-linux*.so.*' | head -n 1)
for program in haproxy keepalived; do
    patchelf --set-interpreter "$inside/$loader" --force-rpath --set-rpath "$inside/$library:$inside/$library/systemd" \
        "$build/root/usr/sbin/$program"
done
# A folder for PATH with these two only. keepalived looks for its build options beside the path that it was called by.
mkdir "$build/bin"
cp "$build/root/etc/keepalived/keepalived.config-opts" "$build/root/usr/sbin/"
for program in haproxy keepalived; do
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$inside/usr/sbin/$program" >"$build/bin/$program"
    chmod 755 "$build/bin/$program"
done
rm -rf "$folder"
mv "$build" "$folder"
"$folder/bin/haproxy" -v | head -n 1
"$folder/bin/keepalived" --version 2>&1 | head -n 1
