# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""D-Bus: what is packed is read again."""

from __future__ import annotations

import pytest
from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.dbus import (
    Packer,
    Unpacker,
    answer_to,
    call_message,
    first_type,
)
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(TEXT, st.booleans(), st.lists(TEXT), st.dictionaries(TEXT, st.lists(TEXT)), st.integers(0, 255))
def test_what_is_packed_is_read_again(text, flag, texts, table, byte):
    packer = Packer()
    packer.add("ysbasa{sas}(sy)v", byte, text, flag, texts, table, [text, byte], ("as", texts))
    reader = Unpacker(bytes(packer.data))
    assert reader.take("ysbasa{sas}(sy)v") == [byte, text, flag, texts, table, [text, byte], texts]
    assert reader.position == len(packer.data)


@pytest.mark.parametrize(
    ("signature", "first"),
    [("a{sv}s", "a{sv}"), ("aas", "aas"), ("(s(ii))b", "(s(ii))"), ("sa", "s"), ("a(yv)", "a(yv)")],
)
def test_the_first_type_of_a_signature(signature, first):
    assert first_type(signature) == first


def test_a_message_that_is_no_answer_to_ours_is_passed_over():
    call = call_message(7, ("a.b", "/a", "a.b", "C"), "s", ("text",))
    assert answer_to(7, call) is None
