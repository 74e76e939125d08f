# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes ``ansible_collections.k8s_edge.ha`` importable from the checkout, wherever it lies."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def _collection_root() -> Path:
    """A folder for sys.path whose ansible_collections/k8s_edge/ha is this checkout."""
    if CHECKOUT.parts[-3:] == ("ansible_collections", "k8s_edge", "ha"):
        return CHECKOUT.parents[2]
    root = Path(tempfile.mkdtemp(prefix="k8s_edge-unit-"))
    namespace = root / "ansible_collections" / "k8s_edge"
    namespace.mkdir(parents=True)
    (namespace / "ha").symlink_to(CHECKOUT)
    return root


COLLECTION_ROOT = _collection_root()
sys.path.insert(0, str(COLLECTION_ROOT))
