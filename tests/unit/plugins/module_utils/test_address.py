# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses: one spelling for one meaning."""

from __future__ import annotations

import ipaddress

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._address import bracketed, packed, parse_address
from hypothesis import given
from hypothesis import strategies as st


@given(st.ip_addresses(), st.integers(0, 32))
def test_agrees_with_the_standard_library(address, prefix):
    for text in (str(address), address.exploded):
        parsed = parse_address(f"{text}/{prefix}")
        assert (ipaddress.ip_address(parsed.host), parsed.family, parsed.prefix) == (address, address.version, prefix)
        assert packed(parsed) == address.packed


@pytest.mark.parametrize(
    "text",
    ["", "x", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/-1", "10.0.0.1/a", "10.0.0.1 ",
     "fe80::1%eth0", "fd00::1/129", "::g", "10.0.0.1\n", "10.0.0.1/2/3", "10.0.0.1\0", "10.0.0.1/٣"],
)  # fmt: skip
def test_anything_else_is_not_an_address(text):
    assert parse_address(text) is None


def test_spellings_of_one_address_are_equal():
    assert parse_address("FD00:0::1/64") == parse_address("fd00::1/64")
    assert str(parse_address("FD00:0::1/64")) == "fd00::1/64"
    assert parse_address("10.0.0.1").prefix is None
    assert (parse_address("10.0.0.1").full_prefix, parse_address("::1").full_prefix) == (32, 128)
    assert parse_address("10.0.0.1/24").full_prefix == 24


def test_brackets_only_where_a_port_would_be_misread():
    assert [bracketed(host) for host in ("10.0.0.1", "fd00::1", "[fd00::1]", "name")] == [
        "10.0.0.1", "[fd00::1]", "[fd00::1]", "name",
    ]  # fmt: skip
