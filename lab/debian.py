# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small Debian with systemd and sshd, built by mmdebstrap: the common base of containers and machines.

The packages that roles install are included as a local apt repository, not installed. So a role runs the real apt, with
an update of its lists, and needs no network."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from lab.command import LabError

SUITE = "bookworm"
INSTALLED = (
    "systemd systemd-sysv dbus openssh-server python3 python3-apt iproute2 iputils-ping procps netbase "
    "ca-certificates nftables sudo"
).split()
INSTALLABLE = (
    "haproxy keepalived ipvsadm firewalld python3-firewall socat openssl rsyslog logrotate tcpdump curl acl"
).split()
# Units that are useless in a lab, that would wait for a missing network, or that use inotify instances, of which all
# containers together have 128.
MASKED = (
    "systemd-networkd.service systemd-resolved.service systemd-udevd.service getty.target console-getty.service "
    "apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer "
    "systemd-ask-password-console.path systemd-ask-password-wall.path"
).split()

# The recipe, run by mmdebstrap with sh outside the new root directory, which is "$1".
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


def recipe(more: Iterable[str] = (), hooks: Iterable[str] = (), options: Iterable[str] = ()) -> list[str]:
    """The arguments of mmdebstrap, without the target. ``more``: further packages to install; ``hooks``: scripts to run
    at the end."""
    return [
        *("mmdebstrap", "--variant=minbase", '--aptopt=Acquire::Retries "3"'),
        *options,
        *(f"--include={','.join([*INSTALLED, *more])}", "--skip=cleanup/apt/lists"),
        *(f"--customize-hook={hook}" for hook in (_SEED, _SYSTEM, *hooks)),
        SUITE,
    ]


def make(argv: list[str], target: Path, log: Path) -> None:
    """Run a recipe. The output of the tools goes to ``log``.

    It runs in a mount namespace of its own: mmdebstrap mounts directories of this machine, /dev/shm among them, below
    its target. If it were killed, these mounts would remain, and removing the directory would delete their content."""
    with open(log, "ab") as diary:
        alone = ["unshare", "--mount", *argv, str(target)]
        made = subprocess.run(alone, stdin=subprocess.DEVNULL, stdout=diary, stderr=diary)
    if made.returncode != 0:
        end = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise LabError(f"mmdebstrap could not make a Debian:\n{end}\nAll of it: {log}")
