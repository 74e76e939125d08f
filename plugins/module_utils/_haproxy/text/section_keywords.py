# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keywords that begin a section, as data: those that HAProxy 2.6, 3.0, 3.2 and 3.4 accept, and those of the manuals
(chapters 3, 4, 10 and 12) in between. A version that does not know a keyword refuses its line."""

from __future__ import annotations

#: Keyword -> the version that introduced it; empty where all versions still in use have it.
SECTIONS: dict[str, str] = {
    **dict.fromkeys(
        "global defaults frontend backend listen peers resolvers userlist mailers cache program ring http-errors"
        " fcgi-app namespace_list".split(),
        "",
    ),
    "log-forward": "2.3",
    "crt-store": "3.0",
    "log-profile": "3.1",
    "traces": "3.1",
    "acme": "3.2",
    "healthcheck": "3.4",
}
