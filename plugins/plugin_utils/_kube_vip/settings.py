# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the settings of role kube_vip once, and check them before objects are built from them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, ip_address
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._cluster.objects import text
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options import role_options as _role_options
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.bounds import (
    dns_label,
    dns_name,
    interface,
    labels,
    number,
    port,
    unicast,
)

ROLE = "kube_vip"
INSTANCES = ("control_plane", "services")

#: The default lease names of kube-vip.
LEASES = {"control_plane": "plndr-cp-lock", "services": "plndr-svcs-lock"}

#: Settings of an instance without a default, with the empty value of their type.
MISSING: dict[str, Any] = {
    "addresses": [],
    "interface": "",
    "subnet": "",
    "nodes": {},
    "tolerations": [],
    "load_balancer_class": "",
    "watch_namespace": "",
}
CONTROL_PLANE_NODES = {"node-role.kubernetes.io/control-plane": None}
ANYWHERE = [{"operator": "Exists", "effect": "NoSchedule"}, {"operator": "Exists", "effect": "NoExecute"}]

#: The highest number of an AS (RFC 6793).
LAST_AS = 4294967295

#: Environment variables that were removed or have changed their meaning, with the replacement.
GONE = {
    "vip_cidr": "subnet of the instance",
    "vipSubnet": "subnet of the instance",
    "vip_address": "addresses of the control plane",
    "enable_endpointslices": "nothing: kube-vip uses endpoint slices; enable_endpoints reverts that",
}

#: The sources that an environment variable's ``valueFrom`` may have.
SOURCES = ("fieldRef", "resourceFieldRef", "secretKeyRef", "configMapKeyRef")


class Settings(NamedTuple):
    """Durations are in seconds. ``control_plane`` and ``services`` are empty if that instance is not declared."""

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
        """The version in the image's tag; empty if the tag has none, which counts as the newest version."""
        found = re.search(r":v?(\d+)\.(\d+)(?:\.(\d+))?[^/:@]*(?:@|$)", self.image)
        return tuple(int(part) for part in found.groups("0")) if found else ()


def newer(version: tuple[int, ...], than: tuple[int, ...]) -> bool:
    """Whether ``version`` is ``than`` or later."""
    return not version or version >= than


def settings_of(given: Mapping[str, Any]) -> Settings:
    """The settings with their defaults. Raises InputError with every problem in them."""
    stated = _role_options.settings_of(ROLE, given)
    settings = Settings(
        image=stated["image"],
        namespace=stated["namespace"],
        mode=stated["mode"],
        control_plane=_instance("control_plane", stated.get("control_plane") or {}),
        services=_instance("services", stated.get("services") or {}),
        bgp=(stated.get("bgp") or {}) if stated["mode"] == "bgp" else {},
        lease_duration=stated["lease_duration"],
        renew_deadline=stated["renew_deadline"],
        retry_period=stated["retry_period"],
        resources=stated.get("resources") or {},
        environment=stated.get("environment") or {},
    )
    refuse(list(_unfit(settings)))
    return settings


def _instance(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    if not given:
        return {}
    made = {**MISSING, **given}
    made["lease_name"] = made["lease_name"] or LEASES[name]
    made["subnet"] = made["subnet"] if isinstance(made["subnet"], (list, Mapping)) else text(made["subnet"])
    if name == "control_plane":
        made["nodes"] = made["nodes"] or CONTROL_PLANE_NODES
        made["tolerations"] = made["tolerations"] or ANYWHERE
        # In kube-vip's settings the prefix length for IPv4 comes first, so the addresses must too.
        made["addresses"] = sorted(made["addresses"], key=lambda each: ":" in each)
        made["subnet"] = made["subnet"] or ",".join("128" if ":" in each else "32" for each in made["addresses"])
    return made


def _unfit(settings: Settings) -> Iterator[Problem]:
    if not settings.control_plane and not settings.services:
        remedy = "Set kube_vip_control_plane, kube_vip_services, or both."
        yield Problem("kube_vip", None, "has neither a control plane nor services to serve", remedy)
    yield from dns_label("kube_vip_namespace", settings.namespace)
    if settings.control_plane:
        yield from _common("kube_vip_control_plane", settings.control_plane)
        yield from port("kube_vip_control_plane.port", settings.control_plane["port"])
        yield from _addresses("kube_vip_control_plane.addresses", settings.control_plane["addresses"])
    if settings.services:
        yield from _common("kube_vip_services", settings.services)
        if settings.services["watch_namespace"]:
            yield from dns_label("kube_vip_services.watch_namespace", settings.services["watch_namespace"])
        if settings.services["load_balancer_class"]:
            yield from labels("kube_vip_services.load_balancer_class", {settings.services["load_balancer_class"]: None})
    if settings.control_plane and settings.services:
        for key, what in (("lease_name", "lease"), ("metrics_port", "port")):
            shared = settings.services[key]
            if shared == settings.control_plane[key]:
                reason = f"is the {what} of the control plane too: two elections that end as one (kube-vip issue 665)"
                if key == "metrics_port":
                    reason = "is the control plane's too, and both use the node's ports"
                yield Problem(f"kube_vip_services.{key}", shared, reason, "Give each instance its own.")
    if not settings.lease_duration > settings.renew_deadline > settings.retry_period > 0:
        times = (settings.lease_duration, settings.renew_deadline, settings.retry_period)
        reason = "do not decrease: a leader must renew before its lease ends, and retry more often than that"
        yield Problem("kube_vip lease_duration, renew_deadline, retry_period", times, reason, "Write 15, 10 and 2.")
    if not newer(settings.version, (0, 8)):
        remedy = "Use ghcr.io/kube-vip/kube-vip:v1.2.3."
        yield Problem("kube_vip_image", settings.image, "is older than what this role knows (0.8)", remedy)
    for name, value in settings.environment.items():
        yield from _variable(f"kube_vip_environment.{name}", name, value)
    if settings.mode == "bgp":
        yield from _bgp(settings.bgp)


def _common(path: str, own: Mapping[str, Any]) -> Iterator[Problem]:
    """Problems in the options that both instances have."""
    yield from port(f"{path}.metrics_port", own["metrics_port"])
    yield from interface(f"{path}.interface", own["interface"])
    yield from dns_name(f"{path}.lease_name", own["lease_name"], "a lease")
    yield from labels(f"{path}.nodes", own["nodes"])
    stated = own["subnet"]
    lengths = [each.strip() for each in stated.split(",")] if isinstance(stated, str) and stated else []
    # One prefix length applies to the family of a single address. Otherwise the first is for IPv4.
    highest = [128 if all(":" in each for each in own["addresses"]) and own["addresses"] else 32, 128]
    fits = [
        (length == "auto" and not own["addresses"]) or (re.fullmatch(r"[0-9]{1,3}", length) and int(length) <= most)
        for length, most in zip(lengths, highest)
    ]
    if (
        not isinstance(stated, str)
        or len(lengths) > 2
        or not all(fits)
        or (own["addresses"] and len(lengths) != len(own["addresses"]))
    ):
        remedy = "Write a number, 32 for IPv4 and 128 for IPv6, and of both families 32,128."
        yield Problem(f"{path}.subnet", own["subnet"], "is not a prefix length of these addresses", remedy)


def _addresses(path: str, addresses: list[str]) -> Iterator[Problem]:
    if not addresses:
        remedy = "Write the address that the API server is reached by, for example [10.0.0.100]."
        yield Problem(path, None, "is missing", remedy)
    wrong = [problem for index, each in enumerate(addresses) for problem in unicast(f"{path}[{index}]", each)]
    yield from wrong
    families = [] if wrong else [ip_address(each).version for each in addresses]
    for family in sorted({each for each in families if families.count(each) > 1}):
        reason = f"are {families.count(family)} of IPv{family}, and kube-vip holds one of each family"
        yield Problem(path, addresses, reason, "Keep one.")


def _variable(path: str, name: Any, value: Any) -> Iterator[Problem]:
    """Problems of an environment variable set by hand."""
    if name in GONE:
        yield Problem(path, value, "is silently ignored", f"Use {GONE[name]}.")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", str(name)):
        yield Problem(path, name, "cannot name an environment variable", "Use letters, digits and '_'.")
    if isinstance(value, Mapping):
        if len(value) != 1 or not set(value) <= set(SOURCES):
            remedy = "Write one of {}, as Kubernetes does below valueFrom.".format(", ".join(SOURCES))
            yield Problem(path, sorted(map(str, value)), "is not a source of a value", remedy)
    elif not isinstance(value, (str, int, float, type(None))):
        yield Problem(path, value, "is not a string", "Write a string, a number, true or false.")


def _bgp(bgp: Mapping[str, Any]) -> Iterator[Problem]:
    if not bgp.get("as") or not bgp.get("peers"):
        remedy = "Write as, router_id or router_interface, and peers with address and as."
        yield Problem("kube_vip_bgp", None, "lacks the local AS number, or peers", remedy)
    else:
        yield from number("kube_vip_bgp.as", bgp["as"], 1, LAST_AS, "an AS number")
    for index, peer in enumerate(bgp.get("peers") or ()):
        path = f"kube_vip_bgp.peers[{index}]"
        yield from unicast(f"{path}.address", peer["address"])
        yield from number(f"{path}.as", peer["as"], 1, LAST_AS, "an AS number")
        if re.search(r"[:,/\s]", peer.get("password") or ""):
            reason = "holds one of ':', ',', '/' and space, which would terminate it"
            yield Problem(f"{path}.password", None, reason, "Use another password.")
    yield from interface("kube_vip_bgp.router_interface", bgp.get("router_interface") or "")
    if bgp.get("router_id") and bgp.get("router_interface"):
        remedy = "Give one: router_interface lets each node find its own."
        yield Problem("kube_vip_bgp.router_id", bgp["router_id"], "is given as well as router_interface", remedy)
    elif bgp.get("router_id"):
        try:
            IPv4Address(bgp["router_id"])
        except ValueError:
            yield Problem("kube_vip_bgp.router_id", bgp["router_id"], "is not an IPv4 address", "Write as 10.0.0.1.")
    elif not bgp.get("router_interface"):
        remedy = "Set router_interface, so that each node takes its own address."
        yield Problem("kube_vip_bgp.router_id", None, "is missing, and so is router_interface", remedy)
