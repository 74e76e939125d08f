# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""auth_hmac and a keepalived that is too old for it."""

from __future__ import annotations

import json
import shutil

import pytest
from unit.plugins.module_utils._keepalived.faults import test_hmac
from unit.plugins.module_utils._keepalived.faults.test_hmac import HEX, keys

call = test_hmac.call


@pytest.mark.skipif(shutil.which("keepalived", path="/usr/sbin:/sbin:/usr/bin") is None, reason="needs keepalived")
def test_a_keepalived_that_is_too_old_says_so(call):
    unicast = {"interface": None, "unicast_src_ip": "127.0.0.1", "unicast_peer": [{"address": "127.0.0.2"}]}
    addresses = [{"address": "10.0.0.1/24", "dev": "lo"}]
    result = call({"keys": keys(k1=HEX)}, validate=True, virtual_ipaddress=addresses, **unicast)
    assert result["failed"] is True
    if "needs keepalived 2.4.0" not in result["msg"]:
        pytest.skip("this keepalived knows auth_hmac: " + result["msg"])
    assert "vrrp_instance kubeapi: auth_hmac: needs keepalived 2.4.0, and this host has 2." in result["msg"]
    assert "install keepalived 2.4.0 or a newer one" in result["msg"]
    assert not call.path.exists()
    unchecked = call({"keys": keys(k1=HEX)}, virtual_ipaddress=addresses, **unicast)
    assert unchecked["changed"] is True
    assert "needs keepalived 2.4.0" in json.dumps(unchecked["warnings"])
