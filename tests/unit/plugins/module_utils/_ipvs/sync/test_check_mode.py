# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is asked of whatever table: check mode says what is then done, and after that nothing is left to do."""

from __future__ import annotations

import hypothesis
from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import EdgeError, InputError
from hypothesis import strategies as st

STATES = st.sampled_from(["present", "present", "absent", "drained"])
HOSTS = {"ipv4": ["10.0.0.1", "10.0.0.2", "10.0.0.3"], "ipv6": ["fd00::1", "fd00::2", "fd00::3"]}


def some(**options):
    """Each option or none of it."""
    return st.fixed_dictionaries({}, optional=options)


@st.composite
def asked_server(draw, family):
    server = draw(
        some(
            port=st.sampled_from([80, 81, 0]),
            forwarding_method=st.sampled_from(["dr", "nat", "tun"]),
            weight=st.integers(0, 3),
            upper_threshold=st.integers(0, 3),
            lower_threshold=st.integers(0, 3),
            tunnel_type=st.sampled_from(["ipip", "gue", "gre"]),
            tunnel_port=st.integers(1, 3),
            tunnel_checksum=st.sampled_from(["none", "csum", "remcsum"]),
            state=STATES,
        )
    )
    return {"address": draw(st.sampled_from(HOSTS[family])), **server}


@st.composite
def asked_service(draw):
    family = draw(st.sampled_from(["ipv4", "ipv6"]))
    if draw(st.booleans()):
        service = {"fwmark": draw(st.integers(1, 2)), "family": family}
    else:
        service = {
            "protocol": draw(st.sampled_from(["tcp", "udp", "sctp"])),
            "address": draw(st.sampled_from(HOSTS[family])),
            "port": draw(st.sampled_from([80, 1, 65535])),
        }
    service.update(
        draw(
            some(
                scheduler=st.sampled_from(["rr", "wlc", "sh", "mh"]),
                flags=st.lists(st.sampled_from(["ops", "sh-port", "mh-fallback", "flag-1", "flag-3"]), max_size=2),
                persistence_timeout=st.integers(0, 2),
                persistence_netmask=st.sampled_from(["24", "64"]),
                persistence_engine=st.sampled_from(["", "sip"]),
                state=STATES,
            )
        )
    )
    if draw(st.booleans()):
        service["real_servers"] = draw(st.lists(asked_server(family), max_size=3))
        service["purge_real_servers"] = draw(st.booleans())
    return service


@hypothesis.settings(
    max_examples=300, suppress_health_check=list(hypothesis.HealthCheck), database=None, deadline=None, derandomize=True
)
@hypothesis.given(st.data(), st.booleans())
def test_check_mode_says_what_is_done(played, config, virtual_server, any_table, data, whole):
    table = data.draw(any_table)
    played.put(table._replace(daemons={}))
    if whole:
        services = data.draw(st.lists(asked_service(), max_size=3))
        timeouts = data.draw(some(tcp=st.integers(1, 2), udp=st.integers(1, 2)))
        call, asked = config, {"virtual_servers": services, "purge": data.draw(st.booleans()), "timeouts": timeouts}
    else:
        call, asked = virtual_server, data.draw(asked_service())
    orders = played.orders
    try:
        said = call(check_mode=True, **asked)
    except InputError as refused:
        assert played.orders == orders
        try:
            call(**asked)
        except EdgeError as again:
            assert str(again) == str(refused)
        else:
            raise AssertionError(f"check mode refused: {refused}") from None
        hypothesis.reject()
    assert played.orders == orders
    assert call(**asked) == said
    for check_mode in (True, False):
        again = call(check_mode=check_mode, **asked)
        assert (again["changed"], again["steps"]) == (False, [])
