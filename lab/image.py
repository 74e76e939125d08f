# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one image all hosts start from: a small Debian with systemd and sshd.

Packages that roles install are in the image too, not installed, as an apt repository of the image's own: so a
role runs the real apt, its update included, and needs no network.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
from pathlib import Path

from lab.command import LabError, run, succeeds

REPOSITORY = "localhost/k8s_edge-lab"
SUITE = "bookworm"
INSTALLED = (
    "systemd systemd-sysv dbus openssh-server python3 python3-apt iproute2 iputils-ping procps netbase "
    "ca-certificates nftables sudo"
).split()
INSTALLABLE = (
    "haproxy keepalived ipvsadm firewalld python3-firewall socat openssl rsyslog logrotate tcpdump curl acl"
).split()
# Units that have no place in a container, that would look for a network we do not have, or that use up inotify
# instances, of which the kernel gives all containers together 128.
MASKED = (
    "systemd-networkd.service systemd-resolved.service systemd-udevd.service getty.target console-getty.service "
    "apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer "
    "systemd-ask-password-console.path systemd-ask-password-wall.path"
).split()

# The recipe: run by mmdebstrap with sh, outside the new root, which is "$1".
_SEED = f"""
set -eu
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
apt-get clean
apt-get install --yes --download-only {" ".join(INSTALLABLE)}
mkdir -p "$1/opt/packages"
mv "$1"/var/cache/apt/archives/*.deb "$1/opt/packages/"
cd "$1/opt/packages"
for deb in *.deb; do
    dpkg-deb --field "$deb"
    echo "Filename: ./$deb"
    echo "Size: $(stat --format %s "$deb")"
    echo "SHA256: $(sha256sum "$deb" | cut -d ' ' -f 1)"
    echo
done > Packages
rm -f "$1"/etc/apt/sources.list.d/* "$1"/var/lib/apt/lists/*_*
echo 'deb [trusted=yes] file:/opt/packages ./' > "$1/etc/apt/sources.list"
unset APT_CONFIG
chroot "$1" apt-get update
"""
_SYSTEM = f"""
set -eu
rm -f "$1"/etc/hostname "$1"/etc/ssh/ssh_host_*
ln -sf /lib/systemd/system/multi-user.target "$1/etc/systemd/system/default.target"
for unit in {" ".join(MASKED)}; do ln -sf /dev/null "$1/etc/systemd/system/$unit"; done
"""
_IMPORT = ["--change", 'CMD ["/sbin/init"]', "--change", "STOPSIGNAL SIGRTMIN+3"]
_RECIPE = [
    *("mmdebstrap", "--variant=minbase", '--aptopt=Acquire::Retries "3"', f"--include={','.join(INSTALLED)}"),
    *("--skip=cleanup/apt/lists", f"--customize-hook={_SEED}", f"--customize-hook={_SYSTEM}", SUITE),
]


def name() -> str:
    """Name and tag; the tag follows from everything the image is made of."""
    inputs = "\0".join(_RECIPE + _IMPORT)
    return f"{REPOSITORY}:{hashlib.sha256(inputs.encode()).hexdigest()[:12]}"


def built() -> bool:
    return succeeds("podman", "image", "exists", name())


def build(log: Path) -> None:
    """Build the image, about half a minute, and drop those of earlier recipes. What the tools say goes to log."""
    with tempfile.TemporaryDirectory(prefix="k8s_edge-lab-") as scratch, open(log, "ab") as diary:
        tarball = os.path.join(scratch, "root.tar")
        made = subprocess.run([*_RECIPE, tarball], stdin=subprocess.DEVNULL, stdout=diary, stderr=diary)
        if made.returncode != 0:
            raise LabError(f"mmdebstrap could not build the image:\n{_tail(log)}\nAll of it: {log}")
        run("podman", "import", "--quiet", *_IMPORT, tarball, name())
    for old in set(present()) - {name()}:
        succeeds("podman", "rmi", old)  # one that another lab still uses stays


def present() -> list[str]:
    """Every image of ours, this recipe's or an earlier one's."""
    listing = run("podman", "images", "--format", "{{.Repository}}:{{.Tag}}")
    return [line for line in listing.split() if re.match(re.escape(REPOSITORY) + ":", line)]


def remove() -> None:
    """Remove every image of ours."""
    for image in present():
        run("podman", "rmi", "--force", image)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
