# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disks that machines start from: the containers' Debian with kernel modules, and either IPVS or SELinux.

A disk is never changed: each machine writes to a copy-on-write file of its own. The disk with SELinux is labelled when
it is built, which needs no SELinux on this machine, and boots in enforcing mode. Its policy is Debian's, which has no
rules for HAProxy, plus lab/machine/haproxy.cil with those of Enterprise Linux."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from lab import debian
from lab.command import LabError, run
from lab.declaration import STATE

DIRECTORY = STATE / "disks"
KERNEL = "linux.uml"
SIZE = "3G"  # sparse: empty blocks take no space
_PARTS = Path(__file__).parent / "machine"
# The packages that roles install are already there, with their services disabled: installing one takes a machine half a
# minute.
_IPVS = "keepalived ipvsadm".split()
_SELINUX = "selinux-policy-default policycoreutils policycoreutils-python-utils auditd haproxy".split()

_MACHINE = """
set -eu
mkdir -p "$1/usr/lib/modules"
cp -a "$MODULES"/* "$1/usr/lib/modules/"
install -m 755 "$PARTS/luggage.sh" "$1/usr/local/sbin/luggage"
install -m 644 "$PARTS/luggage.service" "$1/etc/systemd/system/luggage.service"
chroot "$1" systemctl --quiet enable luggage.service
for unit in e2scrub_reap.service dpkg-db-backup.timer fstrim.timer systemd-random-seed.service; do
    ln -sf /dev/null "$1/etc/systemd/system/$unit"
done
: > "$1/etc/fstab"
echo 6b38735f656467652e6861206c616200 > "$1/etc/machine-id"  # an empty one means a long first boot
"""
_DIRECTING = """
set -eu
chroot "$1" systemctl --quiet disable keepalived.service ipvsadm.service
"""
_ENFORCING = """
set -eu
chroot "$1" systemctl --quiet disable haproxy.service
printf 'SELINUX=enforcing\\nSELINUXTYPE=default\\n' > "$1/etc/selinux/config"
install -m 644 "$PARTS/haproxy.cil" "$1/usr/share/selinux/default/haproxy.cil"
chroot "$1" semodule --noreload --install /usr/share/selinux/default/haproxy.cil
chroot "$1" setfiles -F -e /proc -e /sys -e /dev /etc/selinux/default/contexts/files/file_contexts /
"""


def modules() -> Path:
    """The directory with the modules of the kernel in PATH. Raises LabError if there is none."""
    program = shutil.which(KERNEL)
    if program is None:
        raise LabError(f"Not installed: {KERNEL}.")
    return Path(program).resolve().parent.parent / "lib/uml/modules"


def path(selinux: bool) -> Path:
    """The path of the disk. The name contains a digest of everything that the disk is made of."""
    inputs = [*_recipe(selinux), *sorted(modules().glob("*")), *(part.read_text() for part in sorted(_PARTS.iterdir()))]
    return DIRECTORY / f"{hashlib.sha256(repr(inputs).encode()).hexdigest()[:12]}{'-selinux' * selinux}.ext4"


def build(say: Callable[[str], None], log: Path, selinux: bool) -> None:
    """Build the disk unless it exists, and remove disks of earlier recipes. The output of the tools goes to ``log``."""
    disk = path(selinux)
    if disk.exists():
        return
    say(f"building the disk {disk.name} (once, about {'two minutes' if selinux else 'a minute'})")
    DIRECTORY.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ |= {"PARTS": str(_PARTS), "MODULES": str(modules())}
    with tempfile.TemporaryDirectory(dir=DIRECTORY) as scratch:
        root, fresh = Path(scratch, "root"), Path(scratch, "disk")
        debian.make(_recipe(selinux), root, log)
        run("mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", "-d", str(root), str(fresh), SIZE)
        fresh.replace(disk)
    for old in DIRECTORY.glob(f"*[0-9a-f]{'-selinux' * selinux}.ext4"):
        if old != disk and not _in_use(old):
            old.unlink()


def _recipe(selinux: bool) -> list[str]:
    packages, hook = (_SELINUX, _ENFORCING) if selinux else (_IPVS, _DIRECTING)
    return debian.recipe(["kmod", *packages], [_MACHINE, hook], ["--skip=cleanup/reproducible"])


def _in_use(disk: Path) -> bool:
    """Whether a machine uses the disk: the header of a copy-on-write file names its base."""
    heads = (machine.open("rb").read(4096) for machine in STATE.glob("*/*.disk"))
    return any(bytes(disk) in head for head in heads)
