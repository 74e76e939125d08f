# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keepalived would silently change or drop within one instance, although every single value is valid (see
vrrp_complete_instance and vrrp_parser.c). A conflict is (option, value, reason, remedy)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Callable

from ansible_collections.k8s_edge.ha.plugins.module_utils._address import parse_address

#: What strict_mode overrides: the option, and a test for the values that it overrides (vrrp_complete_instance).
_NOT_STRICT: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    ("authentication", bool),
    ("unicast_peer", bool),
    ("preempt_delay", bool),
    ("down_timer_adverts", lambda value: value != 3),
    ("garp_lower_prio_delay", bool),
    ("garp_lower_prio_repeat", bool),
    ("lower_prio_no_advert", lambda value: value is False),
    ("higher_prio_send_advert", lambda value: value is True),
)
#: Options that need unicast peers: without them keepalived uses multicast all the same.
_WITH_PEERS = ("unicast_src_ip", "check_unicast_src", "old_unicast_checksum")
#: Placeholder for the options of an instance that is only partly known: nothing follows from their absence.
UNKNOWN = "unknown"


def instance_faults(values: dict[str, Any], default_version: int = 2) -> Iterator[tuple[str, Any, str, str]]:
    """Conflicts within one instance, as (option, value, reason, remedy)."""
    families = families_of(values)
    version = values.get("version") or (3 if 6 in families else default_version)
    state, priority = values.get("initial_state"), values.get("priority")
    yield from _version_faults(values, version, families)
    yield from _address_faults(values, families, version)
    if values.get("nopreempt") is True:
        if state == "MASTER":
            yield "nopreempt", True, "is cleared by keepalived where the state is MASTER", "Set initial_state: BACKUP."
        if priority == 255:
            yield "nopreempt", True, "is cleared by keepalived where the priority is 255", "Set a priority below 255."
    if values.get("preempt_delay"):
        if state == "MASTER":
            remedy = "Set initial_state: BACKUP."
            yield "preempt_delay", values["preempt_delay"], "is cleared by keepalived where the state is MASTER", remedy
        if values.get("nopreempt") is True:
            remedy = "Use one of the two."
            yield "preempt_delay", values["preempt_delay"], "is cleared by keepalived where nopreempt is set", remedy
    if state == "MASTER" and _missing(values, "priority"):
        reason = "is missing, and keepalived would take 255 where the state is MASTER: with 255 it tracks nothing"
        yield "priority", None, reason, "Give one from 1 to 254."
    yield from _unicast_faults(values)
    yield from _interface_faults(values)
    if values.get("strict_mode") is True:
        for option, taken_back in _NOT_STRICT:
            if option in values and taken_back(values[option]):
                shown = "(given)" if option == "authentication" else values[option]
                yield (
                    option,
                    shown,
                    "does not go with strict_mode: keepalived would reset it",
                    "Use one of the two.",
                )


def _missing(values: dict[str, Any], option: str) -> bool:
    return values.get(option) is None and option not in values.get(UNKNOWN, ())


def _unicast_faults(values: dict[str, Any]) -> Iterator[tuple[str, Any, str, str]]:
    unicast = bool(values.get("unicast_peer")) or "unicast_peer" in values.get(UNKNOWN, ())
    if values.get("unicast_ttl") is not None and not unicast:
        yield "unicast_ttl", values["unicast_ttl"], "is reset by keepalived without unicast_peer", "Name the peers."
    if not unicast and not values.get("unicast_fault_no_peer"):
        for option in _WITH_PEERS:
            if option in values and values[option] is not False:
                reason = "means multicast all the same, as there is no unicast_peer (keepalived says: deprecated)"
                yield option, values[option] or True, reason, "Name the peers in unicast_peer."
    if values.get("mcast_dst_ip"):
        group = parse_address(values["mcast_dst_ip"])
        if unicast:
            reason = "is ignored by keepalived where there are unicast peers"
            yield "mcast_dst_ip", values["mcast_dst_ip"], reason, "Use one of the two."
        elif group is not None and not is_group(group.host, group.family):
            reason = "is not a multicast group that VRRP may use, and keepalived would skip it"
            yield "mcast_dst_ip", values["mcast_dst_ip"], reason, "Give one like 224.0.0.18 or ff02::12."
    if values.get("track_src_ip") is True and not (
        values.get("unicast_src_ip") or values.get("mcast_src_ip") or values.get("use_ipvlan") or UNKNOWN in values
    ):
        reason = "is silently cleared by keepalived if no source address is given"
        yield "track_src_ip", True, reason, "Give unicast_src_ip or mcast_src_ip."
    if values.get("vrf") and (values.get("interface") or not unicast):
        yield "vrf", values["vrf"], "is cleared by keepalived unless unicast runs without an interface", "Leave it out."


def _interface_faults(values: dict[str, Any]) -> Iterator[tuple[str, Any, str, str]]:
    if _missing(values, "virtual_router_id"):
        reason = "is missing, and keepalived drops such an instance"
        yield "virtual_router_id", None, reason, "Give a number from 1 to 255."
    if _missing(values, "interface") and not (values.get("unicast_src_ip") or values.get("mcast_src_ip")):
        yield "interface", None, "is missing, and keepalived drops such an instance", "Name the interface."
    for tracked in dicts(values.get("track_interface")):
        if tracked.get("name") == values.get("interface"):
            reason = "is ignored by keepalived: an instance tracks its own interface anyway"
            yield "track_interface", tracked.get("name"), reason, "Leave it out."
    vmac = values.get("use_vmac")
    if values.get("vmac_xmit_base") and _missing(values, "use_vmac"):
        yield "vmac_xmit_base", True, "is cleared by keepalived without use_vmac", "Set use_vmac too."
    if vmac is not None and values.get("unicast_peer") and not values.get("vmac_xmit_base"):
        yield "vmac_xmit_base", None, "is missing, and keepalived would set it for unicast with use_vmac", "Set it."
    address = vmac.get("address") if isinstance(vmac, dict) else None
    if address:
        octets = [int(one or "0", 16) for one in address.split(":")]
        if octets[0] & 1 or (octets[:4] == [0, 0, 0x5E, 0] and octets[4] in (1, 2)):
            reason = "is a multicast address or one that VRRP keeps for itself, and keepalived would ignore it"
            yield "use_vmac.address", address, reason, "Give one of your own, such as 02:00:5e:00:01:33."


def _version_faults(values: dict[str, Any], version: int, families: set[int]) -> Iterator[tuple[str, Any, str, str]]:
    interval = values.get("advert_int")
    authentication = values.get("authentication")
    if version == 2 and 6 in families:
        yield "version", 2, "cannot carry IPv6", "Set version: 3."
    if isinstance(interval, float):
        if version == 2 and interval != int(interval):
            reason = "is rounded by keepalived: VRRP version 2 has whole seconds only"
            yield "advert_int", interval, reason, "Give whole seconds, or set version: 3."
        if version == 3 and interval > 40.95:
            yield "advert_int", interval, "is cut by keepalived: VRRP version 3 ends at 40.95", "Give at most 40.95."
        if version == 3 and abs(interval * 100 - round(interval * 100)) > 1e-6:
            reason = "is rounded by keepalived: VRRP version 3 counts in steps of 0.01 s"
            yield "advert_int", interval, reason, "Give at most two digits after the point."
    if isinstance(authentication, dict) and authentication:
        if version == 3:
            reason = "is ignored by keepalived: VRRP version 3 has no authentication"
            yield "authentication", "(given)", reason, "Leave it out, or set version: 2."
        elif authentication.get("auth_type") and not authentication.get("auth_pass"):
            yield "authentication.auth_pass", None, "is missing, so keepalived ignores the rest", "Give it."
        elif authentication.get("auth_pass") and not authentication.get("auth_type"):
            yield "authentication.auth_type", None, "is missing, so keepalived ignores the rest", "Give PASS or AH."
        elif authentication.get("auth_type") == "AH" and values.get("initial_state") == "MASTER":
            reason = "makes keepalived start as BACKUP all the same"
            yield "authentication.auth_type", "AH", reason, "Set initial_state: BACKUP."
    if isinstance(values.get("auth_hmac"), dict):
        yield from _hmac_faults(values["auth_hmac"], bool(authentication))


def _hmac_faults(hmac: dict[str, Any], authentication: bool) -> Iterator[tuple[str, Any, str, str]]:
    """auth_hmac by keepalived's manual (keepalived.conf(5), from 2.4)."""
    if authentication:
        yield "auth_hmac", "(given)", "and authentication exclude each other", "Remove one of the two blocks."
    keys = [key.get("id") for key in dicts(hmac.get("keys"))]
    if not keys:
        yield "auth_hmac.keys", None, "is missing, so there is nothing to sign with", "Give at least one key."
    elif hmac.get("active_key") is not None and hmac["active_key"] not in keys:
        there = ", ".join(str(key) for key in keys)
        yield "auth_hmac.active_key", hmac["active_key"], "is none of the keys", f"Use one of: {there}."
    if hmac.get("time_window") is not None and hmac.get("anti_replay") == "monotonic":
        reason = "has no effect if anti_replay is monotonic"
        yield "auth_hmac.time_window", hmac["time_window"], reason, "Leave it out, or set anti_replay: time."


def _address_faults(values: dict[str, Any], families: set[int], version: int) -> Iterator[tuple[str, Any, str, str]]:
    if len(families) > 1:
        reason = "mixes IPv4 and IPv6, and keepalived would drop one family"
        remedy = "Make one instance for each family, or put the other family into virtual_ipaddress_excluded."
        yield "virtual_ipaddress", _spelled(values), reason, remedy
    addresses = dicts(values.get("virtual_ipaddress"))
    none_wanted = values.get("no_virtual_ipaddress") or "virtual_ipaddress" in values.get(UNKNOWN, ())
    if not values.get("virtual_ipaddress") and not none_wanted:
        yield "virtual_ipaddress", None, "is missing: an instance without an address serves nothing", "Name one."
    family = min(families) if len(families) == 1 else None
    for option in ("unicast_src_ip", "mcast_src_ip", "mcast_dst_ip"):
        found = parse_address(values.get(option) or "")
        if found is not None and family is not None and found.family != family and not values.get("native_ipv6"):
            reason = "is not of the family of the virtual addresses, and keepalived would drop one or the other"
            yield option, values[option], reason, "Give an IPv{0} address.".format(family)
    for peer in dicts(values.get("unicast_peer")):
        found = parse_address(peer.get("address") or "")
        if found is not None and family is not None and found.family != family and not values.get("native_ipv6"):
            reason = "is not of the family of the virtual addresses, and keepalived would drop it"
            yield "unicast_peer", peer["address"], reason, "Give an IPv{0} address.".format(family)
        if peer.get("min_ttl", 0) > peer.get("max_ttl", 255):
            yield "unicast_peer", peer["address"], "has min_ttl above max_ttl: every packet is dropped", "Swap them."
        if found is not None and peer["address"] == values.get("unicast_src_ip"):
            yield "unicast_peer", peer["address"], "is this host's own unicast_src_ip", "List the other hosts only."
    held = (
        {str(entry.get("address")).partition("/")[0] for entry in addresses} if values.get("priority") != 255 else set()
    )
    ends = [("unicast_peer", peer.get("address")) for peer in dicts(values.get("unicast_peer"))]
    for option, host in [*ends, *((one, values.get(one)) for one in ("unicast_src_ip", "mcast_src_ip"))]:
        found = parse_address(host or "")
        kind = useless(found.host, found.family) if found is not None else ""
        if kind and "loopback" not in kind:
            yield option, host, "is {0}".format(kind), "Give the address of one host."
        elif host in held:
            reason = "is a virtual address: only the MASTER has it, so adverts would not reach the others"
            yield option, host, reason, "Give the host's own address."
    for entry in addresses + dicts(values.get("virtual_ipaddress_excluded")):
        yield from _virtual_address_faults(entry)


def _virtual_address_faults(entry: dict[str, Any]) -> Iterator[tuple[str, Any, str, str]]:
    found = parse_address(entry.get("address") or "")
    kind = useless(found.host, found.family) if found is not None else ""
    if kind:
        reason = "is {0}, and keepalived would silently accept it".format(kind)
        yield "virtual_ipaddress", str(found), reason, "Give an address of the network that clients reach."
    for reason, remedy in address_faults(entry):
        yield "virtual_ipaddress", str(found), reason, remedy


def address_faults(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Options of one address that exclude each other, as (reason, remedy) (alloc_ipaddress)."""
    found = parse_address(entry.get("address") or "")
    if found is None:
        return
    if found.family == 6:
        for part in ("brd", "scope", "label"):
            if part in entry:
                yield "has a {0}, which keepalived does not take for IPv6".format(part), "Leave {0} out.".format(part)
    if "brd" in entry and "peer" in entry:
        yield "has both brd and peer: keepalived ignores brd", "Use one of the two."
    if "peer" in entry and found.full_prefix != (32 if found.family == 4 else 128):
        remedy = "Give {0}/{1}.".format(found.host, 32 if found.family == 4 else 128)
        yield "has a prefix length beside a peer, and keepalived would ignore it", remedy
    if entry.get("brd") in ("+", "-") and found.full_prefix > 30:
        yield "is too narrow for a broadcast address", "Leave brd out."


def useless(host: str, family: int) -> str:
    """Why an address cannot be the address of a host, as a noun phrase; empty where it can."""
    if family == 4:
        first = int(host.split(".", 1)[0])
        if first == 127:
            return "a loopback address"
        if first >= 224:
            return "a multicast or reserved address"
        return "no host's address" if first == 0 else ""
    if host == "::1":
        return "a loopback address"
    if host == "::":
        return "no host's address"
    return "a multicast address" if host.startswith("ff") else ""


def is_group(host: str, family: int) -> bool:
    """Whether VRRP may send to an address: IPv4 multicast, or IPv6 link-local multicast."""
    if family == 4:
        return 224 <= int(host.split(".", 1)[0]) <= 239
    return host.startswith("ff") and host[3:4] == "2"


def families_of(values: dict[str, Any]) -> set[int]:
    """The address families (4, 6) of an instance's virtual addresses."""
    found = (parse_address(entry.get("address") or "") for entry in dicts(values.get("virtual_ipaddress")))
    return {one.family for one in found if one is not None}


def _spelled(values: dict[str, Any]) -> str:
    return ", ".join(str(entry.get("address")) for entry in dicts(values.get("virtual_ipaddress")))


def dicts(items: Any) -> list[dict[str, Any]]:
    """The dictionaries in a list that may be None or contain unparsed texts."""
    return [item for item in items or () if isinstance(item, dict)]
