"""The answer about one place: whether a replica could run there, what is against it, who is there.

What is against a place is gathered over its node groups; what it would cost is that of the best.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from placement.explanation.holders import Holders, Use
from placement.explanation.values import Place, Reason, Rule, Verdict
from placement.policies.registry import POLICY_TYPES
from placement.workspace.effective import Level

if TYPE_CHECKING:
    from placement.explanation.question import Meant
    from placement.explanation.standing import Standing


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason, and how much of a candidate it is against.

    Attributes
    ----------
    reason : Reason
        That of the first node group, or for capacity of the one where the least is short.
    varies : bool
        Whether it reads differently elsewhere in the candidate.
    node_groups : int
        Against how many it is.
    first : int
        For how many it is the first reason.
    users : tuple of Use
        Of ``capacity``: who holds what is short, most first.
    reserved : int
        Of ``capacity``: how much of it others hold, by the catalog.
    """

    reason: Reason
    varies: bool
    node_groups: int
    first: int
    users: tuple[Use, ...] = ()
    reserved: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that was asked for.

    Attributes
    ----------
    region, country, node : str or None
        In the words of the catalog; None if it was not asked for.
    flavors : tuple of str
    node_groups, feasible : int
        How many node groups it has, and how many could take one more replica by itself.
    verdict : Verdict
        That of the node group that gets furthest.
    causes : tuple of Cause
        All that is against it anywhere, in the order in which it is asked.
    needs : tuple of Reason
        Of a place that is feasible together: what more replicas would satisfy.
    best : Place or None
        The best feasible node group by the objective.
    above_cheapest : int or None
        What a replica in ``best`` adds more than in the cheapest place of the fleet.
    above_running : Fraction or None
        What it adds more than the mean of the replicas that run; None if none runs.
    """

    region: str | None
    country: str | None
    flavors: tuple[str, ...]
    node: str | None
    node_groups: int
    feasible: int
    verdict: Verdict
    causes: tuple[Cause, ...]
    needs: tuple[Reason, ...]
    best: Place | None
    above_cheapest: int | None
    above_running: Fraction | None


def best_of(places: Iterable[Place]) -> Place | None:
    """Return the best place for one more replica by the objective; None if none is free."""
    free = (place for place in places if place.verdict is not Verdict.REFUSED)
    return min(free, key=_preference, default=None)


def _preference(place: Place) -> tuple[bool, int, str]:
    return (place.verdict is Verdict.TOGETHER, place.value, place.node_group)


def candidate(
    asked: Meant,
    places: Sequence[Place],
    standing: Standing,
    *,
    cheapest: Place | None,
    running: Fraction | None,
) -> Candidate:
    """Return the answer about a place whose node groups have been judged.

    Parameters
    ----------
    asked : Meant
    places : sequence of Place
        Its node groups.
    standing : Standing
    cheapest : Place or None
        The best place of the fleet.
    running : Fraction or None
        The mean value of the replicas that run.
    """
    verdicts = Counter(place.verdict for place in places)
    best = best_of(places)
    return Candidate(
        region=asked.region,
        country=asked.country,
        flavors=asked.flavors,
        node=asked.node,
        node_groups=len(places),
        feasible=verdicts[Verdict.FEASIBLE],
        verdict=next((one for one in Verdict if verdicts[one]), Verdict.ABSENT),
        causes=tuple(_causes(places, Holders(standing, asked.index))),
        needs=() if best is None else best.needs,
        best=best,
        above_cheapest=None if best is None or cheapest is None else best.value - cheapest.value,
        above_running=None if best is None or running is None else best.value - running,
    )


def _causes(places: Sequence[Place], holders: Holders) -> Iterator[Cause]:
    """Yield the reasons against places, alike ones together, in the order of asking."""
    found: dict[Kind, list[tuple[Place, Reason]]] = {}
    for place in places:
        for reason in place.reasons:
            found.setdefault(_kind(reason), []).append((place, reason))
    for kind in sorted(found):
        lot = found[kind]
        _, reason = min(lot, key=lambda pair: [one.short for one in pair[1].shortages])
        held = holders.of(reason, [place.node_group for place, _ in lot])
        yield Cause(
            reason=reason,
            varies=len({one.message for _, one in lot}) > 1,
            node_groups=len({place.node_group for place, _ in lot}),
            first=sum(place.reasons[0] is one for place, one in lot),
            users=held.users,
            reserved=held.reserved,
        )


Kind = tuple[int, int, int]
"""Rule, type of policies and level by their places in their order: 0 where there is none."""
_RULES, _TYPES, _LEVELS = list(Rule), [None, *POLICY_TYPES], [None, *Level]


def _kind(reason: Reason) -> Kind:
    rule, type_name, level = reason.rule, reason.type, reason.level
    return _RULES.index(rule), _TYPES.index(type_name), _LEVELS.index(level)
