#!/usr/bin/env bash
# keepalived 2.3.3 (Debian 13) does not start where its directory in /etc holds the configuration only.
#
# Guess: the program carries all that it was built with; /etc/keepalived holds configuration, so a volume or a ConfigMap
#   mounted there with a valid keepalived.conf is enough, and `--version` needs no file at all.
# Seen: the package keeps the build's options in /etc/keepalived/keepalived.config-opts. Without that file every call
#   ends with exit status 1 and one line, `--version` and `-f /elsewhere.conf` too, before the configuration is read.
#   The file is also found beside the program, but only when it is called by a path: by its bare name it is not.
# With: keepalived 1:2.3.3-1 of Debian 13. 2.2.7 of Debian 12 had no such file.
# Needs: root (chroot), apt-get and dpkg-deb, and Debian's packages.
set -euo pipefail

version=1:2.3.3-1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/apt/{none,state/lists/partial,cache/archives/partial} "$work/root"
touch "$work/apt/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main" \
    >"$work/apt/sources.list"
cat >"$work/apt/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/apt/sources.list";
Dir::Etc::sourceparts "$work/apt/none";
Dir::State "$work/apt/state";
Dir::State::status "$work/apt/status";
Dir::Cache "$work/apt/cache";
APT::Sandbox::User "root";
CONF
export APT_CONFIG=$work/apt/apt.conf
apt-get -qq update
apt-get -qq -y --download-only --no-install-recommends install "keepalived=$version" >/dev/null
for package in "$work"/apt/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x --directory "$work/root" --keep-directory-symlink --no-same-owner
done

root=$work/root
for directory in bin sbin lib lib64; do
    [ -e "$root/$directory" ] || ln -s "usr/$directory" "$root/$directory"
done
mkdir -p "$root/srv" "$root/dev" "$root/proc"
: >"$root/dev/null"
printf 'global_defs {\n    router_id one\n}\n' >"$root/srv/keepalived.conf"

# call WORD…: what one call says, on one line, with its exit status.
call() {
    local said rc=0
    said=$(chroot "$root" "$@" 2>&1) || rc=$?
    echo "$rc $(head -n 1 <<<"$said")"
}

# expect SEEN WANTED WHAT
expect() {
    echo "$3: $1"
    [[ $1 == $2 ]] || {
        echo "changed: wanted $2" >&2
        exit 1
    }
}

expect "$(call keepalived --version)" "0 Keepalived v2.3.3*" "as packaged, --version"
expect "$(call keepalived -t -f /srv/keepalived.conf)" "0 *" "as packaged, a valid file"

mv "$root/etc/keepalived/keepalived.config-opts" "$root/srv/"
cp "$root/srv/keepalived.conf" "$root/etc/keepalived/keepalived.conf"
missing="1 Unable to read build config options file"
expect "$(call keepalived -t)" "$missing" "only the configuration in its directory"
expect "$(call keepalived -t -f /srv/keepalived.conf)" "$missing" "the configuration elsewhere"
expect "$(call keepalived --version)" "$missing" "only the configuration in its directory, --version"

cp "$root/srv/keepalived.config-opts" "$root/usr/sbin/"
expect "$(call /usr/sbin/keepalived --version)" "0 Keepalived v2.3.3*" "the options beside the program, called by its path"
expect "$(call keepalived --version)" "$missing" "the options beside the program, called by its name"
