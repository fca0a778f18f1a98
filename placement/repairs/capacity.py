"""More nodes where a conflict is short of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from placement.plan.row_text import MICRO
from placement.pricing import NANO_PER_MICRO
from placement.repairs.candidate import Candidate, Ladder
from placement.workspace.refusal import MemberKind, RepairKind

if TYPE_CHECKING:
    from placement.catalog.rows import NodeGroup
    from placement.repairs.trouble import Trouble

MOST_GROUPS = 4
"""Node groups that are tried, the cheapest nodes first."""


def more_nodes(trouble: Trouble) -> Iterator[Ladder]:
    """Yield, for each node group of the conflict, one more node, two more, and so on."""
    names = {member.owner[0] for member in trouble.members(MemberKind.CAPACITY)}
    groups = [group for group in trouble.catalog.node_groups if group.name in names]
    for group in sorted(groups, key=lambda group: (group.price, group.name))[:MOST_GROUPS]:
        yield Ladder(trouble.missing, partial(_with_more, group))


def _with_more(group: NodeGroup, more: int) -> Candidate:
    each = round(group.price / NANO_PER_MICRO)
    nodes = "1 node" if more == 1 else f"{more} nodes"
    price = f"{each / MICRO:,.4f} USD/h" + (" each" if more > 1 else "")
    return Candidate(
        RepairKind.CAPACITY,
        f"add {nodes} to node group `{group.name}` ({price})",
        cost=each * more,
        size=more,
        counts={group.name: group.count + more},
    )
