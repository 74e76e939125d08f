# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a certificate says: one of the lab's, made by openssl with both families and a name."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._preflight.certificate import Certificate, parse

NAMED = base64.b64decode(
    "MIIB3zCCAYagAwIBAgIUE0Ek7vwVXVgwq3hz13+4c6EjMJwwCgYIKoZIzj0EAwIwHTEKMAgGA1UECgwBeDEPMA0GA1UEAwwGa3Vi"
    "ZS0xMB4XDTI2MTEzMDE1MjIzOFoXDTI2MTIxMDE1MjIzOFowHTEKMAgGA1UECgwBeDEPMA0GA1UEAwwGa3ViZS0xMFkwEwYHKoZI"
    "zj0CAQYIKoZIzj0DAQcDQgAEe1inJttDgV3yv8c0DLrfH32r1pqbuzVLrZUoSASEw1FD1aVxJVwt0QCXUMWTbGITEg8R4/ujECIJ"
    "+QUFxZlwv6OBozCBoDAdBgNVHQ4EFgQUz0ANj9wQDz+vA7U/chDSCnNz80gwHwYDVR0jBBgwFoAUz0ANj9wQDz+vA7U/chDSCnNz"
    "80gwDwYDVR0TAQH/BAUwAwEB/zA4BgNVHREEMTAvggZrdWJlLTGCDSouZXhhbXBsZS5vcmeHBApNAGSHEP0AAHcAAAAAAAAAAAAA"
    "AQAwEwYDVR0lBAwwCgYIKwYBBQUHAwEwCgYIKoZIzj0EAwIDRwAwRAIgcmf1aNOHqf/CE2In8r58hEkdf0lnmz+keZlPm8PeyeoC"
    "IFJkdIAaVWNAbI3To2Wpj/X1EKSNqLjBc0IbcfERSBn0"
)
#: Without names, and valid into the second half of the century: its end is a GeneralizedTime.
BARE = base64.b64decode(
    "MIIBdjCCAR2gAwIBAgIUCZZhUtNyCPhL2yrYHKkl9fn/1bowCgYIKoZIzj0EAwIwEDEOMAwGA1UEAwwFd3JvbmcwIBcNMjYxMTMw"
    "MTUyMjM5WhgPMjA3NjAzMTIxNTIyMzlaMBAxDjAMBgNVBAMMBXdyb25nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAECnI2C/Jt"
    "prxgzZ39dq+VKgGWv83LVOdFtQbK7vvHhcTI1Z1A77JSQrhgrBxbRdXeHdoiMII33leeFED/YHj/6qNTMFEwHQYDVR0OBBYEFPyx"
    "IdMUaaMhcyy7OaTKX/F0xfwjMB8GA1UdIwQYMBaAFPyxIdMUaaMhcyy7OaTKX/F0xfwjMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI"
    "zj0EAwIDRwAwRAIgStsW84jYozUGOBRE8nTWjW/MkaaS0buJoMy6/u5vbt4CIERRCOrv5xRBBwQ0GHzxBx7MqrdISIIyaFL73eoT"
    "RG3W"
)


def test_names_and_times():
    names, addresses = ("kube-1", "*.example.org"), ("10.77.0.100", "fd00:77::100")
    assert parse(NAMED) == Certificate("kube-1", "kube-1", names, addresses, 1796052158, 1796916158)


def test_without_names():
    assert parse(BARE) == Certificate("wrong", "wrong", (), (), 1796052159, 3351252159)


@pytest.mark.parametrize("der", [b"", b"no certificate", NAMED[1:], b"0\x82"])
def test_what_is_none_is_refused(der):
    with pytest.raises(ValueError, match="certificate"):
        parse(der)


def test_no_cut_certificate_raises_anything_else():
    for length in range(len(NAMED)):
        with pytest.raises(ValueError, match="certificate"):
            parse(NAMED[:length])
