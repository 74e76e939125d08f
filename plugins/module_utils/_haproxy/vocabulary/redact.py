# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masks the secrets of a haproxy.cfg, wherever they occur: in managed lines, in other lines, in comments.

Works line by line on the raw text, so it also works on a file that cannot be parsed, and on the daemon's messages.
"""

from __future__ import annotations

import re

from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.lines import BIND, SERVER
from ansible_collections.k8s_edge.ha.plugins.module_utils._secrets import MASK

#: One word, quoted or not, with escaped blanks; after a quote that is never closed, the rest of the line.
_WORD = r"""(?:"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\\.|[^\s"'\\]|["'][^\n]*)+"""

#: The keywords whose rows say that their value is secret.
_KEYWORDS = [
    argument.word
    for argument in (*SERVER.values(), *BIND.values())
    if argument.kind is not None and argument.kind.argument.get("no_log")
]

#: In each pattern the group ``keep`` is shown; what follows it is the secret.
_SECRETS = (
    rf"(?P<keep>\bstats[ \t]+auth[ \t]+[^\s:]+:){_WORD}",
    rf"(?P<keep>\b(?:insecure-)?password[ \t]+){_WORD}",
    rf"(?P<keep>\b(?:{'|'.join(_KEYWORDS)})[ \t]+){_WORD}",
    rf"(?P<keep>\bcluster-secret[ \t]+){_WORD}",
    rf"(?P<keep>\b(?:pre)?setenv[ \t]+\w*(?:PASS|PWD?|SECRET|TOKEN|KEY|CRED|AUTH)\w*[ \t]+){_WORD}",
    r"(?P<keep>\btcp-check[ \t]+send(?:-lf|-binary)?[ \t]+[\"']?(?:AUTH|USER|PASS)\b(?:\\ |[ \t]))"
    r"[^\n]+?(?=[\"']?[ \t]*$)",
    r"(?P<keep>\b(?:Proxy-)?Authorization[\"']?[ \t]+)[^\n]+",
    r"(?P<keep>\b(?:Basic|Bearer)(?:\\ |[ \t])+)[A-Za-z0-9+/=._~-]{6,}",
    rf"(?P<keep>\b(?:X-)?(?:Api|Auth|Access|Secret)[-_]?(?:Key|Token|Secret)[\"']?[ \t]+){_WORD}",
)
_HINTS = ("auth", "pass", "secret", "setenv", "basic", "bearer", "key", "token", *_KEYWORDS)


def redact(text: str, mask: str = MASK) -> str:
    """The text with every secret masked; unchanged where it has none."""
    lowered = text.lower()
    if not any(hint in lowered for hint in _HINTS):
        return text
    for pattern in _SECRETS:
        text = re.sub(pattern, lambda match: match.group("keep") + mask, text, flags=re.MULTILINE | re.IGNORECASE)
    return text
