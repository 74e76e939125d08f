# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role kube_vip is told, read once and checked before an object is made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse

#: The lease names that kube-vip takes by itself.
LEASES = {"control_plane": "plndr-cp-lock", "services": "plndr-svcs-lock"}

#: Keys of each instance, with what they are where they are not given.
COMMON: dict[str, Any] = {
    "interface": "",
    "subnet": None,
    "lease_name": "",
    "nodes": {},
    "tolerations": [],
    "metrics_port": None,
}
KEYS: dict[str, dict[str, Any]] = {
    "control_plane": {**COMMON, "addresses": [], "port": 6443, "load_balancer": False, "static_pod": False},
    "services": {**COMMON, "subnet": "32", "election": False, "load_balancer_class": "", "watch_namespace": ""},
}
CONTROL_PLANE_NODES = {"node-role.kubernetes.io/control-plane": None}
ANYWHERE = [{"operator": "Exists", "effect": "NoSchedule"}, {"operator": "Exists", "effect": "NoExecute"}]

#: Environment variables that are gone or mean something else now, with what took their place.
GONE = {
    "vip_cidr": "subnet of the instance",
    "vipSubnet": "subnet of the instance",
    "vip_address": "addresses of the control plane",
    "enable_endpointslices": "nothing: endpoint slices are what kube-vip uses; enable_endpoints turns back",
}


class Settings(NamedTuple):
    """Durations are in seconds. ``control_plane`` and ``services`` are empty where that instance is not wanted."""

    image: str
    namespace: str
    mode: str
    control_plane: Mapping[str, Any]
    services: Mapping[str, Any]
    bgp: Mapping[str, Any]
    lease_duration: int
    renew_deadline: int
    retry_period: int
    resources: Mapping[str, Any]
    environment: Mapping[str, Any]

    @property
    def version(self) -> tuple[int, ...]:
        """The version that the image's tag says; empty where it says none, which counts as the newest."""
        found = re.search(r":v?(\d+)\.(\d+)(?:\.(\d+))?[^/:@]*(?:@|$)", self.image)
        return tuple(int(part) for part in found.groups("0")) if found else ()


def newer(version: tuple[int, ...], than: tuple[int, ...]) -> bool:
    """Whether a version is that one or later."""
    return not version or version >= than


def settings_of(given: Mapping[str, Any]) -> Settings:
    """The settings with their defaults; InputError with everything that is wrong with them."""
    problems: list[Problem] = []
    parts = {name: _instance(name, given.get(name) or {}, problems) for name in KEYS}
    settings = Settings(
        image=str(given["image"]),
        namespace=str(given["namespace"]),
        mode=str(given["mode"]),
        control_plane=parts["control_plane"],
        services=parts["services"],
        bgp=(given.get("bgp") or {}) if given["mode"] == "bgp" else {},
        lease_duration=int(given["lease_duration"]),
        renew_deadline=int(given["renew_deadline"]),
        retry_period=int(given["retry_period"]),
        resources=given.get("resources") or {},
        environment=given.get("environment") or {},
    )
    refuse([*problems, *_unfit(settings)])
    return settings


def _instance(name: str, given: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    path = f"kube_vip_{name}"
    if not given:
        return {}
    for key in given:
        if key not in KEYS[name]:
            remedy = "Use: {}.".format(", ".join(KEYS[name]))
            problems.append(Problem(path, key, "is not a key of this instance", remedy))
    made = {**KEYS[name], **given}
    made["lease_name"] = made["lease_name"] or LEASES[name]
    if name == "control_plane":
        made["nodes"] = made["nodes"] or CONTROL_PLANE_NODES
        made["tolerations"] = made["tolerations"] or ANYWHERE
        made["addresses"] = list(made["addresses"])
        if not made["addresses"]:
            remedy = "Write the address that the API server is reached by, for example [10.0.0.100]."
            problems.append(Problem(f"{path}.addresses", None, "is missing", remedy))
        for index, address in enumerate(made["addresses"]):
            problems += _address(f"{path}.addresses[{index}]", address)
        if made["subnet"] is None:
            made["subnet"] = ",".join("128" if ":" in str(each) else "32" for each in made["addresses"])
    return made


def _address(path: str, value: Any) -> Iterator[Problem]:
    try:
        address = ip_address(str(value))
    except ValueError:
        yield Problem(path, value, "is not an address", "Write it without a prefix; subnet says the prefix.")
        return
    if address.is_multicast or address.is_loopback or address.is_unspecified or address.is_link_local:
        yield Problem(path, value, "is an address that no host can serve others with", "Take a free unicast address.")


def _unfit(settings: Settings) -> Iterator[Problem]:
    if not settings.control_plane and not settings.services:
        remedy = "Set kube_vip_control_plane, kube_vip_services, or both."
        yield Problem("kube_vip", None, "has neither a control plane nor services to serve", remedy)
    if settings.control_plane and settings.services:
        for key, what in (("lease_name", "lease"), ("metrics_port", "port")):
            shared = settings.services[key]
            if shared and shared == settings.control_plane[key]:
                reason = f"is the {what} of the control plane too: two elections that end as one (kube-vip issue 665)"
                if key == "metrics_port":
                    reason = "is the control plane's too, and both use the node's ports"
                yield Problem(f"kube_vip_services.{key}", shared, reason, "Give each instance its own.")
    if not settings.lease_duration > settings.renew_deadline > settings.retry_period > 0:
        times = (settings.lease_duration, settings.renew_deadline, settings.retry_period)
        reason = "do not fall: a leader must renew in less than its lease lasts, and try more often than that"
        yield Problem("kube_vip lease_duration, renew_deadline, retry_period", times, reason, "Write 15, 10 and 2.")
    if not newer(settings.version, (0, 8)):
        remedy = "Take ghcr.io/kube-vip/kube-vip:v1.2.3."
        yield Problem("kube_vip_image", settings.image, "is older than what this role knows (0.8)", remedy)
    for name, value in settings.environment.items():
        if name in GONE:
            yield Problem(f"kube_vip_environment.{name}", value, "is ignored without a word", f"Use {GONE[name]}.")
    if settings.mode == "bgp":
        yield from _bgp(settings.bgp)


def _bgp(bgp: Mapping[str, Any]) -> Iterator[Problem]:
    if not bgp.get("as") or not bgp.get("peers"):
        remedy = "Write as, router_id or router_interface, and peers with address and as."
        yield Problem("kube_vip_bgp", None, "lacks the own AS, or peers to talk to", remedy)
    for index, peer in enumerate(bgp.get("peers") or ()):
        path = f"kube_vip_bgp.peers[{index}]"
        yield from _address(f"{path}.address", peer.get("address"))
        if not str(peer.get("as", "")).isdigit():
            yield Problem(f"{path}.as", peer.get("as"), "is not the number of an AS", "Write for example 65000.")
        if re.search(r"[:,/\s]", str(peer.get("password") or "")):
            reason = "holds one of ':', ',', '/' and space, which would end it"
            yield Problem(f"{path}.password", None, reason, "Take another password.")
    if bgp.get("router_id") and bgp.get("router_interface"):
        remedy = "Give one: router_interface lets each node find its own."
        yield Problem("kube_vip_bgp.router_id", bgp["router_id"], "is given beside router_interface", remedy)
    elif not bgp.get("router_id") and not bgp.get("router_interface"):
        remedy = "Set router_interface, so that each node takes its own address."
        yield Problem("kube_vip_bgp.router_id", None, "is missing, and so is router_interface", remedy)
