# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The narrowest customisations that give programs the access they need, determined by queries to the policy. Pure
except for these.

For a port: none where the policy allows it already; a label where the port belongs to no service; a rule for this
program and this type where the port belongs to another service, so that its label stays. For a path: a type that the
program may use. Customisations of ours that are still needed stay, since the policy's answers include them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from ansible_collections.k8s_edge.ha.plugins.module_utils._errors import Problem, refuse
from ansible_collections.k8s_edge.ha.plugins.module_utils._selinux.model import (
    PORT_TYPE,
    Custom,
    Desired,
    Program,
    Rule,
)

#: Types of ports that belong to no service: those of the policy for ranges.
NOBODYS = {"port_t", "reserved_port_t", "hi_reserved_port_t", "unreserved_port_t", "ephemeral_port_t"}
#: Labels for a port: the first one that all programs concerned may use.
PORT_TYPES = ("http_port_t", "http_cache_port_t")


class Use(NamedTuple):
    """A way to use a path: the permissions it needs on a class, and types that may give them, the narrowest first."""

    verb: str
    target_class: str
    permissions: frozenset[str]
    types: tuple[str, ...]


USES = {
    "reads": Use("read", "file", frozenset({"open", "read", "getattr"}), ("cert_t", "etc_t")),
    "runs": Use(
        "run",
        "file",
        frozenset({"open", "read", "getattr", "execute"}),
        ("keepalived_unconfined_script_exec_t", "bin_t"),
    ),
    "sockets": Use(
        "make a socket in",
        "dir",
        frozenset({"search", "write", "add_name", "remove_name"}),
        ("haproxy_var_run_t", "keepalived_var_run_t", "var_run_t"),
    ),
}


class Policy(Protocol):
    """The queries to the host."""

    def boolean(self, name: str) -> bool | None: ...

    def allowed(self, domain: str, target: str, target_class: str) -> frozenset[str]: ...

    def is_domain(self, kind: str) -> bool: ...

    def domain_of(self, program: str) -> str: ...

    def port_type(self, port: str) -> str: ...

    def path_type(self, path: str) -> str:
        """The type that the policy gives to a path, whether or not it exists."""

    def labels(self, path: str) -> Sequence[tuple[str, str]]:
        """The existing objects, the file itself or what is in a directory, each with the type in its label."""


class Decision(NamedTuple):
    """The desired customisations; paths whose labels differ from the policy's and have to be restored; and messages:
    notes are for information, warnings need action."""

    custom: Custom
    mislabelled: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def decide(desired: Desired, ours: Custom, policy: Policy) -> Decision:
    """The customisations for the desired state. ``ours`` are those that we have added and that still exist.

    Raises InputError for an unknown domain that should be permissive.
    """
    notes: list[str] = []
    warnings: list[str] = []
    domains = {program.path: policy.domain_of(program.path) for program in desired.programs}
    booleans = _booleans(desired, policy, warnings)
    ports, rules = _ports(desired.programs, domains, booleans, ours, policy)
    files, mislabelled = _files(desired.programs, domains, ours, policy, warnings)
    _refuse_unknown(desired.permissive, policy)
    for domain in desired.permissive:
        warnings.append(
            f"The domain {domain} is made permissive, as asked: SELinux logs what it does and denies none of it. "
            f"SELinux no longer confines programs in that domain. Remove it from permissive "
            "when its denials are understood."
        )
    for path, domain in domains.items():
        if policy.allowed(domain, "unreserved_port_t", "tcp_socket") >= {"name_bind", "name_connect"} and not (
            any(booleans.values()) or rules
        ):
            notes.append(f"The policy lets {path} use any port (it runs as {domain}), so no port needs a label.")
    custom = Custom(ports, booleans, files, frozenset(rules), frozenset(desired.permissive))
    return Decision(custom, tuple(mislabelled), tuple(notes), tuple(warnings))


def _booleans(desired: Desired, policy: Policy, warnings: list[str]) -> dict[str, bool]:
    booleans = dict(desired.booleans)
    booleans.update({program.boolean: True for program in desired.programs if program.boolean})
    for name in [name for name in booleans if policy.boolean(name) is None]:
        del booleans[name]
        warnings.append(
            f"The SELinux policy of this host has no boolean {name}. Ports get labels instead, where they need any."
        )
    return booleans


def _ports(
    programs: Iterable[Program], domains: dict[str, str], booleans: dict[str, bool], ours: Custom, policy: Policy
) -> tuple[dict[str, str], set[Rule]]:
    needs: dict[str, set[tuple[str, str]]] = {}
    for program in programs:
        if not (program.boolean and booleans.get(program.boolean)):
            for permission, numbers in (("name_bind", program.binds), ("name_connect", program.connects)):
                for number in numbers:
                    needs.setdefault(f"tcp/{number}", set()).add((domains[program.path], permission))
    labels: dict[str, str] = {}
    rules: set[Rule] = set()
    # While a boolean of ours that is to be reset is still on, the kernel's answers include what it allows.
    doubtful = not ours.booleans.keys() <= booleans.keys()
    for port in sorted(needs, key=lambda name: int(name[4:])):
        kind = ours.ports.get(port) or policy.port_type(port)
        missing = {
            (domain, what)
            for domain, what in needs[port]
            if not _may(domain, kind, what, policy) or (doubtful and kind not in PORT_TYPES)
        }
        kept = {(domain, kind, what) for domain, what in needs[port]} & ours.rules
        if port in ours.ports and not missing:
            labels[port] = kind
        elif missing and (kind in NOBODYS or port in ours.ports):
            kind = labels[port] = next(
                (each for each in PORT_TYPES if all(_may(domain, each, what, policy) for domain, what in needs[port])),
                PORT_TYPE,
            )
            missing = needs[port] if kind == PORT_TYPE else set()
        rules |= kept | {(domain, kind, what) for domain, what in missing}
    return labels, rules


def _may(domain: str, kind: str, permission: str, policy: Policy) -> bool:
    return permission in policy.allowed(domain, kind, "tcp_socket")


def _files(
    programs: Iterable[Program], domains: dict[str, str], ours: Custom, policy: Policy, warnings: list[str]
) -> tuple[dict[str, str], list[str]]:
    """Path -> type, and the paths that have to be relabelled."""
    files: dict[str, str] = {}
    mislabelled: list[str] = []
    for program in programs:
        domain = domains[program.path]
        for use, path in ((USES[field], path) for field in USES for path in getattr(program, field)):

            def fits(kind: str, domain: str = domain, use: Use = use) -> bool:
                return use.permissions <= policy.allowed(domain, kind, use.target_class)

            found = files.get(path) or ours.files.get(path) or policy.path_type(path)
            if not fits(found):
                fitting = next(filter(fits, use.types), None)
                if fitting is None:
                    warnings.append(
                        f"SELinux does not let {program.path} ({domain}) {use.verb} {path}, whose type is {found}, and "
                        f"none of {', '.join(use.types)} would change that. Move it to where the policy expects it."
                    )
                    continue
                files[path] = found = fitting
            elif path in ours.files:
                files[path] = found
            for each, label in policy.labels(path):
                if fits(label):
                    continue
                called = found if path in files and path not in ours.files else policy.path_type(each)
                if fits(called):
                    mislabelled.append(path)
                else:
                    warnings.append(
                        f"SELinux does not let {program.path} ({domain}) {use.verb} {each}, which the policy calls "
                        f"{called}, not {found} as the rest of {path}. Give it the type {found}, or move it elsewhere."
                    )
    return files, mislabelled


def _refuse_unknown(permissive: Iterable[str], policy: Policy) -> None:
    refuse(
        [
            Problem(
                f"permissive[{number}]",
                domain,
                "is not a domain of this host's SELinux policy",
                "Give the domain as `ps -eZ` shows it, for example haproxy_t, or leave it out.",
            )
            for number, domain in enumerate(permissive)
            if not policy.is_domain(domain)
        ]
    )
