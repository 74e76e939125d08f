# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The complete haproxy.cfg of a host as options of ``haproxy_config``, and the CA file that it names. Pure."""

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

#: The variable with the text of the file k8s_edge_kube_ca_file, which playbooks and the role read on the controller.
KUBE_CA = "k8s_edge_kube_ca"
CONFIG_PATH = "/etc/haproxy/haproxy.cfg"

#: The log target and socket of HAProxy by OS family. EL has no /dev/log inside the chroot and no /run/haproxy; the
#: values are those of the packaged haproxy.cfg.
LOGS = {"Debian": "/dev/log local0", "RedHat": "127.0.0.1 local2"}
SOCKETS = {"Debian": "/run/haproxy/admin.sock", "RedHat": "/var/lib/haproxy/stats"}

#: Addresses that any host can bind without ip_nonlocal_bind.
_ALWAYS_THERE = ("", "*", "0.0.0.0", "::", "127.0.0.1", "::1")  # noqa: S104  # compared, not bound

#: The maxconn of a listener that sets none (HAProxy's default for a frontend).
LISTENER_MAXCONN = 2000

DEFAULTS = {"log": ["global"], "timeouts": {"connect": "5s", "client": "50s", "server": "50s"}}


class KubeCa(NamedTuple):
    """The CA of the apiservers on a host. The file name contains a digest of the content. So another CA changes
    haproxy.cfg, which causes a reload, and the previous haproxy.cfg still finds its CA file."""

    path: str
    content: str


def verified_by(variables: Variables) -> Any:
    """The path on the controller of the CA by which a host verifies apiservers; False if it does not verify them."""
    if not truth(variables.get("haproxy_kube_verify", True)):
        return False
    return variables.get("haproxy_kube_ca_file", variables.get("k8s_edge_kube_ca_file"))


def kube_ca(variables: Variables, config_path: str) -> KubeCa | None:
    """The CA by which a host verifies apiservers; None if it does not. Raises InputError if the file on the controller
    holds no CA."""
    given = verified_by(variables)
    content = variables.get(KUBE_CA)
    if not given or content is None:
        return None
    refuse(ca_problems(str(content), str(given)))
    digest = sha256(str(content).rstrip().encode()).hexdigest()[:12]
    return KubeCa(f"{posixpath.dirname(config_path)}/kube-ca-{digest}.crt", str(content))


def global_options(family: str, listeners: Iterable[Section], by_hand: Variables) -> dict[str, Any]:
    """The options of the global section. Its ``maxconn`` is the sum over all listeners."""
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
    """The options of ``haproxy_config``: the ``derived`` frontends and backends, and those of the host's variables.
    ``by_hand`` has ``global``, ``defaults``, ``frontends``, ``listens``, ``backends``, ``sections`` and ``purge``."""
    frontends = [*derived["frontends"], *by_hand["frontends"]]
    defaults = overridden(DEFAULTS, by_hand["defaults"])
    return {
        "path": path,
        "global": global_options(family, [*frontends, *by_hand["listens"]], by_hand["global"]),
        # Left out if every derived option is removed by hand.
        "defaults": [defaults] if defaults else [],
        "frontends": frontends,
        "listens": list(by_hand["listens"]),
        "backends": [*derived["backends"], *by_hand["backends"]],
        "sections": list(by_hand["sections"]),
        "purge": by_hand["purge"],
    }


#: The addresses of a bind line that stand for every address of the host.
EVERYWHERE = ("*", "0.0.0.0", "::")  # noqa: S104  # compared, not bound


def left_alone(info: Mapping[str, Any], by_hand: Mapping[str, Any]) -> dict[str, Any]:
    """What happens to a HAProxy that serves no VIP. ``info``: the result of ``haproxy_info``.

    ``stops``: it serves nothing that is declared, and purge allows stopping it. ``bound``: the addresses that its file
    still binds, and that the kernel must let it bind."""
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
    """The sections that purge removes and that listen on every address, at a port of a ``derived`` frontend.

    When HAProxy closes a listener, it resets the connections in its accept queue. Connections to the VIP use the VIP's
    own frontend once it exists, so both must listen for a while."""
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
