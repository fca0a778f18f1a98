"""Which rules leave a deployment no node group at all, whatever else runs: the fewest of them.

No solver is asked. Each node group is refused by a set of rules, and the answer is a smallest set
that hits all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from placement.conflicts.case import Rule
    from placement.workspace.refusal import Member


def smallest_emptying(rules: Sequence[Rule]) -> tuple[Member, ...] | None:
    """Return a smallest set of rules that have no node group in common, or None.

    Of several the first is taken, in the order of the rules. They are few: one for each type of
    policy and level, and up to three wishes of the deployment itself.
    """
    if not rules:
        return None
    refused = np.unique(~np.stack([rule.mask for rule in rules]), axis=1)
    if not refused.any(axis=0).all():
        return None
    for size in range(1, len(rules) + 1):
        for chosen in combinations(range(len(rules)), size):
            if refused[list(chosen)].any(axis=0).all():
                return tuple(rules[i].member for i in chosen)
    return None
