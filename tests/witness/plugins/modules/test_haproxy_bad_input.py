# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HAProxy's own judgement of what is in its file, through the modules' front door."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from unit.plugins.modules import test_haproxy_bad_input
from unit.plugins.modules.test_haproxy_bad_input import TEXT, server

call = test_haproxy_bad_input.call
path = test_haproxy_bad_input.path


# HAProxy's own judgement, and HAProxys that do not judge.


needs_haproxy = pytest.mark.skipif(
    shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin") is None, reason="needs haproxy"
)


REFUSED = "listen tls\n    mode tcp\n    bind 127.0.0.1:8443 ssl crt /no/such.pem\n\nbackend twice\n"


@needs_haproxy
def test_a_file_that_was_refused_before_can_still_be_edited(call, path):
    """The change makes nothing worse, so it is made, and what HAProxy says is passed on."""
    path.write_text(REFUSED)
    result = call("haproxy_backend", path=str(path), name="new", mode="tcp")
    assert result["changed"] is True
    assert "/no/such.pem" in json.dumps(result["warnings"])
    assert "as it did before this change" in json.dumps(result["warnings"])
    assert path.read_text().startswith(REFUSED)


@needs_haproxy
def test_a_new_reason_to_refuse_is_told_without_the_old_ones(call, path):
    path.write_text(REFUSED)
    result = call("haproxy_backend", path=str(path), name="new", directives=["no-such-keyword"])
    expect = "unknown keyword 'no-such-keyword'"
    assert result["failed"] is True
    assert expect in result["msg"]
    assert "/no/such.pem" not in result["msg"]
    assert path.read_text() == REFUSED


@needs_haproxy
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"directives": ["no-such-keyword"]}, ["unknown keyword 'no-such-keyword'", "haproxy.cfg:"]),
        (server(check=True, check_ssl=True), ["verify is enabled by default but no CA file"]),
        (server(ssl=True, verify="required", ca_file="/no/such/file"), ["/no/such/file"]),
        ({"servers": [{"name": "n", "address": "10.0.0.1", "check": True}]}, ["neither service port nor check port"]),
        (server(address="no.such.host.invalid"), ["no.such.host.invalid"]),
    ],
)
def test_what_haproxy_refuses_is_not_written(options, words, call, path):
    text = TEXT.replace("backend twice\n", "", 1)
    path.write_text(text)
    result = call("haproxy_backend", path=str(path), name="new", mode="tcp", **options)
    assert result["failed"] is True
    for word in words:
        assert word in result["msg"]
    assert path.read_text() == text
    assert os.listdir(path.parent) == [path.name]


@needs_haproxy
@pytest.mark.parametrize("end", ["backend z\n    server q 127.0.0.1:1", "# the end"])
def test_a_last_line_without_a_line_feed_comes_back_though_haproxy_refuses_it(end, call, path):
    text = TEXT.replace("backend twice\n", "") + end
    path.write_text(text)
    for name in ("one", "two"):
        assert call("haproxy_backend", path=str(path), name=name)["changed"] is True
    assert call("haproxy_backend", path=str(path), name="one", state="absent")["changed"] is True
    last = call("haproxy_backend", path=str(path), name="two", state="absent")
    assert path.read_bytes() == text.encode()
    assert "Missing LF" in json.dumps(last["warnings"])
