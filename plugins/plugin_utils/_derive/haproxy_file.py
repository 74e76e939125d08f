# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole haproxy.cfg of one host, as ``haproxy_config`` takes it, and the CA that it names. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import refuse
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._inventory.kube_ca import ca_problems
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.arguments import truth
from ansible_collections.k8s_edge.ha.plugins.plugin_utils._options.override import overridden

Variables = Mapping[str, Any]
Section = Mapping[str, Any]

#: The text of the file that k8s_edge_kube_ca_file names, as playbooks and the role have read it on the controller.
KUBE_CA = "k8s_edge_kube_ca"
CONFIG_PATH = "/etc/haproxy/haproxy.cfg"

#: Where HAProxy logs to and has its socket, by the family of the system. EL has no /dev/log inside the chroot, and no
#: /run/haproxy; the package's own file says the same.
LOGS = {"Debian": "/dev/log local0", "RedHat": "127.0.0.1 local2"}
SOCKETS = {"Debian": "/run/haproxy/admin.sock", "RedHat": "/var/lib/haproxy/stats"}

#: What any host may bind without leave.
_ALWAYS_THERE = ("", "*", "0.0.0.0", "::", "127.0.0.1", "::1")  # noqa: S104  # compared, not bound

#: What a listener allows that says nothing (HAProxy's own default for a frontend).
LISTENER_MAXCONN = 2000

DEFAULTS = {"log": ["global"], "timeouts": {"connect": "5s", "client": "50s", "server": "50s"}}


class KubeCa(NamedTuple):
    """The CA of the apiservers on a host. The file is named by what is in it: another CA is another line in
    haproxy.cfg, which asks for a reload, and the last good haproxy.cfg still finds the CA that it names."""

    path: str
    content: str


def verified_by(variables: Variables) -> Any:
    """The file on the controller that a host is to verify apiservers by; False where it is not to."""
    if not truth(variables.get("haproxy_kube_verify", True)):
        return False
    return variables.get("haproxy_kube_ca_file", variables.get("k8s_edge_kube_ca_file"))


def kube_ca(variables: Variables, config_path: str) -> KubeCa | None:
    """The CA by which a host verifies apiservers, if it does; InputError where the file on the controller is none."""
    given = verified_by(variables)
    content = variables.get(KUBE_CA)
    if not given or content is None:
        return None
    refuse(ca_problems(str(content), str(given)))
    digest = sha256(str(content).rstrip().encode()).hexdigest()[:12]
    return KubeCa(f"{posixpath.dirname(config_path)}/kube-ca-{digest}.crt", str(content))


def global_options(family: str, listeners: Iterable[Section], by_hand: Variables) -> dict[str, Any]:
    """The global section. Its ``maxconn`` is what all listeners together allow."""
    derived = {
        "log": [LOGS[family]],
        "chroot": "/var/lib/haproxy",
        "user": "haproxy",
        "group": "haproxy",
        "daemon": True,
        "stats_socket": [f"{SOCKETS[family]} mode 660 level admin"],
        "stats_timeout": "30s",
        "ssl_default_bind_options": "ssl-min-ver TLSv1.2",
        "maxconn": sum(int(each.get("maxconn", LISTENER_MAXCONN)) for each in listeners),
        "hard_stop_after": "1h",
    }
    return overridden(derived, by_hand)


def whole_haproxy_cfg(
    path: str, family: str, derived: Mapping[str, Sequence[Section]], by_hand: Mapping[str, Any]
) -> dict[str, Any]:
    """The options of ``haproxy_config``: the ``derived`` frontends and backends, and what the host's variables add.
    ``by_hand`` has ``global``, ``defaults``, ``frontends``, ``listens``, ``backends``, ``sections`` and ``purge``."""
    frontends = [*derived["frontends"], *by_hand["frontends"]]
    defaults = overridden(DEFAULTS, by_hand["defaults"])
    return {
        "path": path,
        "global": global_options(family, [*frontends, *by_hand["listens"]], by_hand["global"]),
        # Who takes all of it away has no such section.
        "defaults": [defaults] if defaults else [],
        "frontends": frontends,
        "listens": list(by_hand["listens"]),
        "backends": [*derived["backends"], *by_hand["backends"]],
        "sections": list(by_hand["sections"]),
        "purge": by_hand["purge"],
    }


#: Addresses of a bind line at which a listener has every address of the host.
EVERYWHERE = ("*", "0.0.0.0", "::")  # noqa: S104  # compared, not bound


def left_alone(info: Mapping[str, Any], by_hand: Mapping[str, Any]) -> dict[str, Any]:
    """What becomes of a HAProxy that no VIP leads to; ``info`` is what ``haproxy_info`` said of it.

    ``stops``: it serves nothing that is declared, and purge allows to stop it. ``bound``: the addresses that its file
    still binds otherwise, and that the kernel must let it bind.
    """
    stops = by_hand["purge"] and not by_hand["frontends"] and not by_hand["listens"]
    written = info.get("config") or {}
    binds = [
        bind.get("address", "")
        for kind in ("frontends", "listens")
        for section in written.get(kind) or ()
        for bind in section.get("bind") or ()
    ]
    return {
        "stops": bool(stops and info.get("installed") and (info.get("active") or info.get("enabled"))),
        "bound": [] if stops else [each for each in dict.fromkeys(binds) if each not in _ALWAYS_THERE],
    }


def giving_way(info: Mapping[str, Any], derived: Sequence[Mapping[str, Any]], by_hand: Mapping[str, Any]) -> list[str]:
    """The sections that purge takes out while they listen at every address on a port of a ``derived`` frontend.

    Where HAProxy stops to listen, it resets the connections that wait to be accepted there. Those of the VIP go to its
    own frontend as soon as that is there: so both have to be there for a while.
    """
    if not by_hand["purge"]:
        return []
    ours = {each["name"] for each in (*derived, *by_hand["frontends"], *by_hand["listens"])}
    ports = {str(bind.get("port")) for each in derived for bind in each.get("bind") or ()}
    return [
        str(section.get("name"))
        for kind in ("frontends", "listens")
        for section in (info.get("config") or {}).get(kind) or ()
        if section.get("name") not in ours and any(_everywhere(bind, ports) for bind in section.get("bind") or ())
    ]


def _everywhere(bind: Mapping[str, Any], ports: Collection[str]) -> bool:
    return str(bind.get("address") or "*") in EVERYWHERE and str(bind.get("port")) in ports
