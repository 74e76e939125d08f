# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which defaults a proxy inherits from because of its position in the files (manual, section 4). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import (
    PROXY_KEYWORDS,
    Document,
    Section,
)


def inherited(documents: Sequence[Document]) -> Iterator[tuple[Section, Section | None]]:
    """Each proxy without ``from`` in the files that HAProxy reads, in order, with the defaults section above it."""
    last: Section | None = None
    for section in (section for document in documents for section in document.sections):
        if section.kind == "defaults":
            last = section
        elif section.kind in PROXY_KEYWORDS and section.words[-2:-1] != ("from",):
            yield section, last
