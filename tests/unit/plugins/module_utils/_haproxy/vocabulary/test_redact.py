# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret of a file is shown, and nothing else is hidden."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.plan.config import plan_backend
from ansible_collections.k8s_edge.ha.plugins.module_utils._haproxy.vocabulary.redact import redact

SECRET = "Geheim123"
LINES = [
    "stats auth admin:Geheim123",
    "    stats   auth\tadmin:Geheim123 # note",
    "    #stats auth admin:Geheim123",
    "stats auth \"admin\":'Geheim123'",
    "stats auth admin:'Geheim123 with blanks'",
    "stats auth admin:Geheim123\\ Geheim123",
    "  user joe insecure-password Geheim123 groups ops",
    "  user joe password $5$salt$Geheim123",
    "bind :443 ssl crt /a.pem ca-sign-file /b.pem ca-sign-pass Geheim123",
    "cluster-secret Geheim123",
    'setenv API_TOKEN "Geheim123"',
    "presetenv DB_PASSWORD Geheim123",
    "tcp-check send AUTH\\ Geheim123\\r\\n",
    'tcp-check send "AUTH Geheim123\\r\\n"',
    'http-request set-header Authorization "Basic Geheim123=="',
    "http-check send hdr Authorization Bearer\\ Geheim123",
    "http-request set-header X-Api-Key Geheim123",
    '    http-request set-header X-Auth-Token "Geheim123"',
    "user: insecure-password 'Geheim123",
]
OPEN = [
    "stats enable",
    "server a 10.0.0.1:80 check",
    "option http-keep-alive",
    "http-request auth realm x if !{ http_auth(people) }",
    "tcp-check send PING\\r\\n",
    "setenv LEVEL debug",
    "# authentication is done by the proxy",
    "stick on req.cook(token)",
]


@pytest.mark.parametrize("line", LINES)
def test_a_secret_is_masked(line):
    masked = redact(f"global\n{line}\nserver a 10.0.0.1:80\n")
    assert SECRET not in masked
    assert "********" in masked
    assert masked.startswith("global\n") and masked.endswith("\nserver a 10.0.0.1:80\n")


@pytest.mark.parametrize("line", OPEN)
def test_what_is_no_secret_is_shown(line):
    assert redact(line) == line


def test_summaries_hold_no_secrets():
    text = "backend b\n    stats auth a:Geheim123\n    tcp-check send AUTH\\ Geheim123\n"
    changed = plan_backend(text, {"name": "b", "directives": ["stats auth b:Geheim123"], "tcp_check": ["send QUIT"]})
    assert len(changed.summaries) == 2
    assert SECRET not in "".join(changed.summaries)
