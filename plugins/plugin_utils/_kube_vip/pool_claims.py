# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of pools that the cluster already uses, on nodes or in Services that the provider does not count. Pure.

The provider (0.0.12, pkg/provider/loadBalancer.go) counts an address as used if a Service with the provider's label has
it in the annotation. For the global pool it looks at all such Services, for a namespace's pool at those of the
namespace. It labels Services with an address that was annotated by others, but not those with
``spec.loadBalancerIP``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple, Union

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import Object, identity
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.address_pools import DHCP, GLOBAL, Pool, Span
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._kube_vip.provider_services import ANNOTATION, LABEL

Address = Union[IPv4Address, IPv6Address]


class Holder(NamedTuple):
    """A user of an address in the cluster. ``field``: the field with the address. ``namespace`` is empty for a node.

    ``counted``: the provider counts the address. ``annotated``: the address is in kube-vip's annotation, and the
    provider does not count it."""

    who: str
    namespace: str
    address: Address
    field: str
    counted: bool
    annotated: bool


def claims(found: Sequence[Object], pools: Sequence[Pool]) -> tuple[list[Problem], list[str]]:
    """The problems that forbid a pool, and notes on kube-vip's addresses that the provider does not count."""
    holders = [holder for each in found for holder in _holders(each)]
    problems: list[Problem] = []
    notes: list[str] = []
    for pool in pools:
        known = {each.address for each in holders if each.counted and pool.namespace in (GLOBAL, each.namespace)}
        for span in pool.spans:
            for holder in _within(span, holders):
                if holder.address in known:
                    continue
                if holder.annotated:
                    notes.append(_uncounted(pool, holder))
                else:
                    problems.append(_claim(pool, span, holder))
    return problems, list(dict.fromkeys(notes))


def _within(span: Span, holders: Iterable[Holder]) -> Iterator[Holder]:
    seen = set()
    for holder in holders:
        if span.stated != DHCP and span.holds(holder.address) and (holder.who, holder.address) not in seen:
            seen.add((holder.who, holder.address))
            yield holder


def _claim(pool: Pool, span: Span, holder: Holder) -> Problem:
    path = f"{pool.path}.{pool.by}"
    if not holder.namespace:
        reason = f"contains {holder.address}, the address of {holder.who} itself: both would answer for it"
        return Problem(path, span.stated, reason, "Use addresses that no node has.")
    reason = f"holds {holder.address}, which {holder.who} has ({holder.field}), and the provider would assign it again"
    remedy = (
        f"Leave it out of the pool, or give that Service the label {'='.join(LABEL)} and the annotation {ANNOTATION}."
    )
    return Problem(path, span.stated, reason, remedy)


def _uncounted(pool: Pool, holder: Holder) -> str:
    return (
        f"{holder.who} has {holder.address} of {pool.path} ({holder.field}), which the provider does not count and "
        f"may assign again. Give it the label {'='.join(LABEL)}."
    )


def _holders(each: Object) -> Iterator[Holder]:
    if each["kind"] == "Node":
        for stated in (each.get("status") or {}).get("addresses") or ():
            for address in _addresses(stated.get("address")):
                yield Holder(str(identity(each)), "", address, "status.addresses", counted=False, annotated=False)
    if each["kind"] == "Service":
        yield from _of_service(each)


def _of_service(each: Object) -> Iterator[Holder]:
    which, metadata, spec = identity(each), each["metadata"], each.get("spec") or {}
    labelled = LABEL in (metadata.get("labels") or {}).items()
    annotated = (metadata.get("annotations") or {}).get(ANNOTATION)
    # The provider labels a Service with a hand-written annotation as soon as it sees it.
    counted = bool(annotated) and (labelled or not spec.get("loadBalancerIP"))
    ingress = ((each.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    fields = [
        (f"annotation {ANNOTATION}", annotated, counted, True),
        ("spec.loadBalancerIP", spec.get("loadBalancerIP"), False, bool(annotated)),
        ("status.loadBalancer", ",".join(str(one.get("ip") or "") for one in ingress), False, bool(annotated)),
        ("spec.externalIPs", ",".join(map(str, spec.get("externalIPs") or ())), False, False),
        ("spec.clusterIPs", ",".join(map(str, spec.get("clusterIPs") or [spec.get("clusterIP") or ""])), False, False),
    ]
    for field, text, known, ours in fields:
        for address in _addresses(text):
            yield Holder(str(which), which.namespace, address, field, counted=known, annotated=ours)


def _addresses(text: object) -> Iterator[Address]:
    for each in str(text or "").split(","):
        try:
            address = ip_address(each.strip())
        except ValueError:
            continue  # A host name, None for a headless Service, or empty
        if not address.is_unspecified:
            yield address
