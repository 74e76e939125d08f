# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any table in the real kernel: it is made as asked, read as made, and any other is made over it."""

from __future__ import annotations

import hypothesis
from hypothesis import strategies as st

SCHEDULERS = ("rr", "wrr", "lc", "wlc", "sh", "mh", "sed", "nq", "lblc", "lblcr", "dh", "fo", "ovf")
HOSTS = {4: [f"10.0.0.{number}" for number in range(1, 6)], 6: [f"fd00::{number}" for number in range(1, 6)]}


@st.composite
def servers(draw, family, port):
    found = {}
    for address in draw(st.lists(st.sampled_from(HOSTS[family]), max_size=4, unique=True)):
        method = draw(st.sampled_from(["dr", "nat", "tun"]))
        upper = draw(st.integers(0, 2**31 - 1))
        server = {
            "address": address,
            "forwarding_method": method,
            "weight": draw(st.integers(0, 65535)),
            "upper_threshold": upper,
            "lower_threshold": draw(st.integers(0, upper)),
        }
        if method == "nat":
            server["port"] = draw(st.integers(0, 65535))
        if method == "tun":
            server.update(
                draw(
                    st.sampled_from(
                        [
                            {"tunnel_type": "ipip"},
                            {"tunnel_type": "gre", "tunnel_checksum": "csum"},
                            {"tunnel_type": "gre", "tunnel_checksum": "none"},
                            {"tunnel_type": "gue", "tunnel_port": 6080, "tunnel_checksum": "remcsum"},
                            {"tunnel_type": "gue", "tunnel_port": 1, "tunnel_checksum": "none"},
                        ]
                    )
                )
            )
        found[address, server.get("port", port)] = server
    return list(found.values())


@st.composite
def services(draw):
    family = draw(st.sampled_from([4, 6]))
    timeout = draw(st.sampled_from([0, 1, 300]))
    port = draw(st.integers(0 if timeout else 1, 3))
    scheduler = draw(st.sampled_from(SCHEDULERS))
    protocol = draw(st.sampled_from(["tcp", "udp", "sctp", None]))
    flags = [f"{scheduler}-port", f"{scheduler}-fallback"] if scheduler in ("sh", "mh") else ["flag-1", "flag-3"]
    service = {
        "scheduler": scheduler,
        "flags": draw(st.lists(st.sampled_from(flags), unique=True)),
        "persistence_timeout": timeout,
        "purge_real_servers": True,
    }
    if timeout:
        service["persistence_netmask"] = str(draw(st.integers(1, 32 if family == 4 else 128)))
    if protocol is None:
        service.update(fwmark=draw(st.integers(1, 3)), family=f"ipv{family}")
        port = 0
    else:
        service.update(protocol=protocol, address=draw(st.sampled_from(HOSTS[family])), port=port)
        if protocol == "udp":
            service["persistence_engine"] = draw(st.sampled_from(["", "sip"])) if timeout else ""
    service["real_servers"] = draw(servers(family, port))
    return service


def identity(service):
    return tuple(str(service.get(name)) for name in ("fwmark", "family", "protocol", "address", "port"))


TABLES = st.lists(services(), max_size=5, unique_by=identity)


@hypothesis.settings(
    max_examples=30, suppress_health_check=list(hypothesis.HealthCheck), database=None, derandomize=True
)
@hypothesis.given(TABLES, TABLES)
def test_any_table_over_any_other(table, ipvsadm, first, second):
    tables = []
    for asked in (first, second):
        table.config(virtual_servers=asked, purge=True)
        assert not table.config(virtual_servers=asked, purge=True)["changed"]
        tables.append((table.info()["virtual_servers"], ipvsadm("-Sn")))
        # What is read is what is asked for.
        read = table.info()["virtual_servers"]
        assert sorted(map(identity, read)) == sorted(
            identity({"family": None, **one} if "fwmark" not in one else one) for one in asked
        )
        assert not table.config(virtual_servers=read, purge=True)["changed"]
    ipvsadm("-C")
    table.config(virtual_servers=second, purge=True)
    afresh = table.info()["virtual_servers"]

    def by_name(found):
        ordered = [
            {**one, "real_servers": sorted(one["real_servers"], key=lambda server: (server["address"], server["port"]))}
            for one in found
        ]
        return sorted(ordered, key=identity)

    assert by_name(afresh) == by_name(tables[1][0])
