# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of ``edge_adoption``: files, faults, what stays unmanaged, and the next steps. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.k8s_edge.ha.plugins.plugin_utils._adopt.adoption import Adoption
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._faults.fault import line
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._preflight.finding import SEVERITIES

#: Modes of the files: secrets are readable by their owner only.
_MODE, _VAULT_MODE = "0644", "0600"


def report(adoption: Adoption) -> dict[str, Any]:
    """``files``, each with ``path``, ``content`` and ``mode``; ``faults``; ``counts`` by severity; ``foreign`` by host;
    ``vips``, the names of the recognized ones; ``text``, lines for a terminal."""
    faults, foreign = adoption.faults, adoption.foreign
    written = [
        {"path": path, "content": content, "mode": _VAULT_MODE if path.endswith("/vault.yml") else _MODE}
        for path, content in adoption.files.items()
    ]
    counts = {severity: sum(each.severity == severity for each in faults) for severity in SEVERITIES}
    return {
        "files": written,
        "faults": [each.as_dict() for each in faults],
        "counts": counts,
        "foreign": foreign,
        "vips": [vip.entry["name"] for vip in adoption.vips],
        "text": [
            _first(adoption, counts),
            *(line(each, adoption.mended) for each in faults),
            *(f"stays as it is: {host}: {each}" for host, lines in foreign.items() for each in lines),
        ],
    }


def _first(adoption: Adoption, counts: dict[str, int]) -> str:
    hosts = len(adoption.sources)
    counted = ", ".join(f"{number} {name}{'s' if number != 1 else ''}" for name, number in counts.items() if number)
    whole = hosts - len(adoption.foreign)
    text = f"{hosts} host{'s' if hosts != 1 else ''} read, {whole} of them translated completely; "
    text += f"faults: {counted or 'none'}."
    if adoption.mended:
        names = ", ".join(vip.entry["name"] for vip in adoption.vips)
        text += f" VIPs: {names or 'none'}."
    return text
