"""What a plan says of its bounds: stated from its prices when made, judged when read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from placement.certificate.proofs import Proof, Recheck
from placement.constraints.base import Violation
from placement.plan.assembly import claimed
from placement.plan.numbers import shown
from placement.plan.rows import DUAL, PROOFS, SEARCH, Tier

if TYPE_CHECKING:
    from placement.objectives.mix import Mix
    from placement.plan.plan import Plan
    from placement.plan.prices import TierPrices
    from placement.plan.view import PlanView

RULE = "certificate"


def state(
    view: PlanView,
    plan: Plan,
    objective: Mix,
    prices: Sequence[TierPrices],
    *,
    recheck: Recheck | None = None,
) -> Plan:
    """Return a plan with price lists, and with the bounds that they prove where no better is known.

    Parameters
    ----------
    plan : Plan
        With the bounds that the solver proved.
    prices : sequence of TierPrices
        Those that prove nothing are left out.
    recheck : Recheck, optional
        To be asked by others later.
    """
    values = {tier.name: tier.value for tier in plan.tiers}
    found = (recheck or Recheck())(view, prices, objective, values)
    proofs = {proof.tier: proof.bound or 0 for proof in found}
    tiers = [_proved(tier, proofs.get(tier.name, 0)) for tier in plan.tiers]
    worth = tuple(row for row in prices if proofs[row.tier] > 0)
    return replace(claimed(plan, tiers), prices=worth)


def _proved(tier: Tier, proved: int) -> Tier:
    """Return a tier with the better one of its bound and what its prices prove."""
    if proved > 0 and proved >= (tier.bound or 0):
        return replace(tier, bound=proved, proof=DUAL)
    return replace(tier, proof=SEARCH if tier.bound else None)


def certificate_faults(
    plan: Plan, true: Sequence[Tier], proofs: Sequence[Proof]
) -> Iterator[Violation]:
    """Yield what a plan says of its bounds beyond what its prices prove.

    Parameters
    ----------
    true : sequence of Tier
        The tiers computed again.
    proofs : sequence of Proof
        What the prices of the plan prove.
    """
    scales = {tier.name: tier for tier in true}
    found: dict[str, Proof] = {}
    for proof in proofs:
        if proof.tier in found:
            yield Violation(RULE, proof.tier, "two price lists, one expected")
        found[proof.tier] = proof
        for fault in proof.faults:
            yield Violation(RULE, proof.tier, fault)
        if proof.tier in scales:
            yield from _too_good(scales[proof.tier], proof)
    for tier in plan.tiers:
        yield from _claim(tier, scales, found)


def _too_good(tier: Tier, proof: Proof) -> Iterator[Violation]:
    if proof.bound is not None and proof.bound > tier.value:
        bound, value = shown(proof.bound, tier.scale), shown(tier.value, tier.scale)
        message = f"its prices prove {bound} of any plan, the value is {value}"
        yield Violation(RULE, tier.name, message)


def _claim(
    tier: Tier, scales: Mapping[str, Tier], proofs: Mapping[str, Proof]
) -> Iterator[Violation]:
    if tier.proof is not None and tier.proof not in PROOFS:
        yield Violation(RULE, tier.name, f"unknown proof `{tier.proof}`")
    if tier.proof != DUAL or tier.bound is None or tier.name not in scales or tier.scale < 1:
        return
    proof = proofs.get(tier.name)
    if proof is None:
        yield Violation(RULE, tier.name, "a bound is stated as proved by prices, there are none")
    elif proof.bound is not None:
        # As people see them: a mean in ms has no exact decimal form.
        proved, bound = shown(proof.bound, scales[tier.name].scale), shown(tier.bound, tier.scale)
        if Fraction(bound) > Fraction(proved):
            message = f"bound {bound} is stated as proved by prices, they prove {proved}"
            yield Violation(RULE, tier.name, message)
