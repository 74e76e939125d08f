# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS options without effect, because the server or listener does not use TLS. HAProxy does not report them, and
``verify required`` gives a false sense of security."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.document import Document, Section
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.text.lexer import meanings

_SERVER = frozenset(
    "verify verifyhost ca-file crl-file crt sni alpn ciphers ciphersuites ssl-min-ver ssl-max-ver".split()
)
_BIND = frozenset(
    "verify ca-file ca-verify-file crl-file crt crt-list alpn ciphers ciphersuites curves ecdhe ssl-min-ver ssl-max-ver"
    " strict-sni tls-ticket-keys".split()
)
#: With any of these a server's TLS options have an effect: ``no-ssl`` can be switched on at runtime.
_SPEAKS = frozenset(("ssl", "check-ssl", "no-ssl"))


def idle_tls(document: Document, lines: list[tuple[Section, int]]) -> Iterator[str]:
    """A message for each of these lines whose TLS options have no effect. A server may also get TLS from a
    default-server of its section or of any defaults section."""
    by_default: dict[int, bool] = {}
    for section, index in lines:
        keyword = document.lines[index].keyword
        if keyword not in ("server", "bind"):
            continue
        words = meanings(document.content(index))
        idle = [word for word in words[2:] if word in (_SERVER if keyword == "server" else _BIND)]
        if not idle or _SPEAKS.intersection(words[2:]):
            continue
        if keyword == "server" and section.header not in by_default:
            by_default[section.header] = _by_default(document, section)
        if keyword == "bind" or not by_default[section.header]:
            options, remedy = ", ".join(dict.fromkeys(idle)), "ssl" if keyword == "bind" else "ssl or check_ssl"
            yield (
                f"{section.title}: {keyword} {words[1]}: without ssl, HAProxy silently does nothing with {options}. "
                f"Add {remedy}, or leave it out."
            )


def _by_default(document: Document, section: Section) -> bool:
    others = [other for other in document.sections if other.kind == "defaults"]
    return any(
        document.lines[index].keyword == "default-server"
        and _SPEAKS.intersection(meanings(document.content(index))[1:])
        for each in [section, *others]
        for index in document.body(each)
    )
