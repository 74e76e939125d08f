# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image from which all containers start."""

from __future__ import annotations

import hashlib
import re
import tempfile
from pathlib import Path

from lab import debian
from lab.command import run, succeeds

REPOSITORY = "localhost/k8s_edge-lab"
_IMPORT = ["--change", 'CMD ["/sbin/init"]', "--change", "STOPSIGNAL SIGRTMIN+3"]
_RECIPE = debian.recipe()


def name() -> str:
    """Name and tag. The tag is a digest of everything that the image is made of."""
    inputs = "\0".join(_RECIPE + _IMPORT)
    return f"{REPOSITORY}:{hashlib.sha256(inputs.encode()).hexdigest()[:12]}"


def built() -> bool:
    return succeeds("podman", "image", "exists", name())


def build(log: Path) -> None:
    """Build the image (about half a minute), and remove images of earlier recipes. The output of the tools goes to
    ``log``."""
    with tempfile.TemporaryDirectory(prefix="k8s_edge-lab-") as scratch:
        tarball = Path(scratch, "root.tar")
        debian.make(_RECIPE, tarball, log)
        run("podman", "import", "--quiet", *_IMPORT, str(tarball), name())
    for old in set(present()) - {name()}:
        succeeds("podman", "rmi", old)  # an image that another lab uses stays


def present() -> list[str]:
    """Every image of the lab, of the current and of earlier recipes."""
    listing = run("podman", "images", "--format", "{{.Repository}}:{{.Tag}}")
    return [line for line in listing.split() if re.match(re.escape(REPOSITORY) + ":", line)]


def remove() -> None:
    """Remove every image of the lab."""
    for image in present():
        run("podman", "rmi", "--force", image)
