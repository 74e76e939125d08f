# Copyright: k8s_edge contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nftables: the text of our file. Pure.

A verdict ``accept`` ends one base chain only; a later one can still drop the packet. So a table of our own is enough to
close. To open, each table whose own input chain drops by default needs a chain of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.k8s_edge.ha.plugins.module_utils._firewall.model import WITHOUT_PORT, Desired, Opening

TABLE = "k8s_edge"
COMMENT = "k8s_edge.ha"
PATH = "/etc/k8s_edge-firewall.nft"
UNIT = "k8s_edge-nftables.service"


class Chain(NamedTuple):
    """A base chain that is not ours, that input passes through and that ends in drop or reject. ``last`` is True where
    its last rule does that, so that our jump must come before it; else it is the chain's policy. ``jumps`` are the
    handles of our jumps. ``ours`` is our chain in that table as nft lists it."""

    family: str
    table: str
    name: str
    last: bool
    jumps: tuple[int, ...] = ()
    ours: str = ""

    @property
    def place(self) -> str:
        """The table's family and name."""
        return f"{self.family} {self.table}"

    @property
    def iptables(self) -> bool:
        """Whether the table is one of iptables, which cannot read rules in nft's own syntax."""
        return self.family in ("ip", "ip6") and self.table == "filter" and self.name == "INPUT"

    def __str__(self) -> str:
        return f"{self.place} {self.name}"


def accepts(openings: Iterable[Opening], family: str = "inet") -> list[str]:
    """A rule for each opening that applies to a table of this family."""
    lines = []
    for opening in openings:
        if family != "inet" and opening.version not in (None, 4 if family == "ip" else 6):
            continue
        name = {4: "ip", 6: "ip6", None: ""}[opening.version]
        words = [f"{name} saddr {opening.source}"] if opening.source else []
        words += [f"{name} daddr {opening.destination}"] if opening.destination else []
        if opening.port:
            words.append(f"{opening.protocol} dport {opening.port}")
        else:
            words.append(f"meta l4proto {WITHOUT_PORT[opening.protocol]}")
        lines.append(" ".join([*words, "accept"]))
    return lines


def table_text(desired: Desired) -> str:
    """Our own table: the openings; everything else to the guarded addresses is refused. Replaced as a whole."""
    peers = [each for each in desired.openings if not each.port and each.source and each.destination]
    lines = [
        'iifname "lo" accept',
        "ct state established,related accept",
        *accepts(desired.openings),
        *(f"{_at(place)} meta l4proto {{ 51, 112 }} drop" for place in _unique(each.destination for each in peers)),
        *(
            f"{_at(place)} meta l4proto != {{ 1, 58 }} reject with icmpx type admin-prohibited"
            for place in desired.guarded
        ),
    ]
    chain = "\n".join(f"\t\t{line}" for line in lines)
    return (
        f"table inet {TABLE}\ndelete table inet {TABLE}\ntable inet {TABLE} {{\n\tchain input {{\n"
        f"\t\ttype filter hook input priority -10; policy accept;\n{chain}\n\t}}\n}}\n"
    )


def chain_text(chain: Chain, desired: Desired) -> str:
    """Our chain in a table that is not ours, and the jump to it. The rest of that table is unchanged. Loading at boot
    must not fail where that table no longer exists."""
    rules = "".join(f"add rule {chain.place} {TABLE} {line}\n" for line in accepts(desired.openings, chain.family))
    verb = "insert" if chain.last else "add"
    return (
        f"add table {chain.place}\nadd chain {chain}\n{_emptied(chain)}{rules}"
        f'{verb} rule {chain} jump {TABLE} comment "{COMMENT}"\n'
    )


def removal_text(chain: Chain) -> str:
    """Removes our jumps and our chain from a table that is not ours."""
    jumps = "".join(f"delete rule {chain} handle {handle}\n" for handle in chain.jumps)
    return f"{jumps}{_emptied(chain)}delete chain {chain.place} {TABLE}\n"


def transaction(current: Iterable[Chain], desired: Desired, chains: Sequence[Chain]) -> str:
    """The commands that replace whatever is ours in the kernel by ``file_text``; only removals where there are no
    openings."""
    removals = "".join(removal_text(chain) for chain in current if chain.jumps or chain.ours)
    if not desired.openings and not desired.guarded:
        return f"{removals}table inet {TABLE}\ndelete table inet {TABLE}\n"
    return removals + file_text(desired, chains)


def file_text(desired: Desired, chains: Sequence[Chain]) -> str:
    """The whole file, loaded at boot and whenever the host's own rules are loaded again."""
    head = f"# What the edge needs, written by k8s_edge.ha and loaded by {UNIT}, after the host's own rules.\n"
    return head + table_text(desired) + "".join(chain_text(chain, desired) for chain in chains)


def unit_text(nft: str) -> str:
    """The unit that loads the file. nftables.service flushes all rules when it loads or stops; our unit follows it."""
    return f"""# Written by k8s_edge.ha.
[Unit]
Description=What the edge needs of nftables
After=nftables.service
PartOf=nftables.service
ReloadPropagatedFrom=nftables.service
Before=network-pre.target
Wants=network-pre.target
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={nft} -f {PATH}
ExecReload={nft} -f {PATH}

[Install]
WantedBy=sysinit.target
"""


def input_chains(listing: Mapping[str, Any]) -> list[tuple[str, str, str, bool]]:
    """(family, table, name, whether its policy is drop) of every base chain that filters input and is not ours, from
    the output of ``nft -j list chains``."""
    found = []
    for item in listing.get("nftables", ()):
        chain = item.get("chain") or {}
        ours = chain.get("table") == TABLE
        if chain.get("hook") == "input" and chain.get("type") == "filter" and not ours and chain["family"] in FAMILIES:
            found.append((chain["family"], chain["table"], chain["name"], chain.get("policy") == "drop"))
    return found


FAMILIES = ("inet", "ip", "ip6")


def jumps_in(listing: Mapping[str, Any]) -> tuple[int, ...]:
    """The handles of our jumps in the output of ``nft -j list chain``."""
    rules = [item["rule"] for item in listing.get("nftables", ()) if "rule" in item]
    return tuple(rule["handle"] for rule in rules if rule.get("comment") == COMMENT)


def ends_in_no(listing: Mapping[str, Any]) -> bool:
    """Whether a chain's last rule drops or rejects every packet."""
    return _last_word(listing)[0] in ("drop", "reject")


def ends_in_chain(listing: Mapping[str, Any]) -> str | None:
    """The chain that a chain's last rule jumps to for every packet, or None."""
    word, value = _last_word(listing)
    return str(value["target"]) if word in ("jump", "goto") else None


def _last_word(listing: Mapping[str, Any]) -> tuple[str, Any]:
    """(verdict, its argument) of a chain's last rule; empty where it applies to some packets only."""
    rules = [item["rule"] for item in listing.get("nftables", ()) if "rule" in item]
    words = [next(iter(part.items())) for part in (rules[-1]["expr"] if rules else ()) if isinstance(part, dict)]
    return words[-1] if words and "match" not in dict(words) else ("", None)


def _emptied(chain: Chain) -> str:
    """Our chain in a table that is not ours, created and empty."""
    return f"add chain {chain.place} {TABLE}\nflush chain {chain.place} {TABLE}\n"


def _at(place: str) -> str:
    return f"{'ip6' if ':' in place else 'ip'} daddr {place}"


def _unique(texts: Iterable[str | None]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]
