"""What the prices of a plan say that one more GPU is worth, and what each policy costs.

Both are estimates at these prices, and bounds from one side: with the gap of the tier added,
neither one more node nor dropping the policy can save more, among plans that are as good in the
earlier tiers. See docs/certificate.md.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from placement.certificate import Bounds
from placement.plan.view import PlanView
from placement.policies.base import Enforcement
from placement.workspace.effective import resolve

if TYPE_CHECKING:
    from placement.objectives.mix import Mix
    from placement.plan.prices import TierPrices
    from placement.plan.rows import Tier


@dataclass(frozen=True, slots=True)
class GpuWorth:
    """What one more GPU, with its part of all else that a node has, is worth to a tier.

    Attributes
    ----------
    gpu, region : str
        GPU model, and region as ``provider/code``.
    node_group : str
        Where it is worth most, of that model in that region.
    worth : Fraction
        In the unit of the tier.
    """

    tier: str
    gpu: str
    region: str
    node_group: str
    worth: Fraction


@dataclass(frozen=True, slots=True)
class PolicyCost:
    """What a policy costs a tier; negative if the tier would lose without it.

    Attributes
    ----------
    deployments : int
        Enabled deployments that it binds.
    cost : Fraction
        In the unit of the tier.
    """

    tier: str
    policy: str
    deployments: int
    cost: Fraction


def gpu_worths(bounds: Bounds, prices: TierPrices, tier: Tier) -> tuple[GpuWorth, ...]:
    """Return what one more GPU is worth by model and region, the most first.

    Parameters
    ----------
    bounds : Bounds
        Of the snapshot that the plan answers.
    prices : TierPrices
    tier : Tier
        The tier of the prices, as it is counted again.

    Returns
    -------
    tuple of GpuWorth
        Only what is worth more than nothing.
    """
    best: dict[tuple[str, str], GpuWorth] = {}
    for g, worth in bounds.node_worths(prices).items():
        group = bounds.catalog.node_groups[g]
        if not worth or not group.gpu_count:
            continue
        each = Fraction(worth, (tier.scale << prices.scale) * group.gpu_count)
        found = GpuWorth(tier.name, group.flavor, group.region.key, group.name, each)
        known = best.setdefault((found.gpu, found.region), found)
        if known.worth < found.worth:
            best[found.gpu, found.region] = found
    return tuple(sorted(best.values(), key=lambda row: (-row.worth, row.gpu, row.region)))


def policy_costs(
    view: PlanView, objective: Mix, prices: TierPrices, tier: Tier
) -> tuple[PolicyCost, ...]:
    """Return what each policy that binds a deployment costs, the most first.

    Parameters
    ----------
    view : PlanView
        Of the catalog and the workspace that the plan answers, with what runs today.
    objective : Mix
        The last tier, with the billing that counts.
    prices : TierPrices
    tier : Tier
        The tier of the prices, as it is counted again.
    """
    # The values of the earlier tiers are the same on both sides.
    least = Bounds(view, objective).proved(prices, {})
    bound = _bound_by(view)
    found = []
    for policy in sorted(bound):
        without = Bounds(_without(view, policy), objective).proved(prices, {})
        cost = Fraction(least - without, tier.scale << prices.scale)
        found.append(PolicyCost(tier.name, policy, bound[policy], cost))
    return tuple(sorted(found, key=lambda row: (-row.cost, row.policy)))


def _bound_by(view: PlanView) -> Counter[str]:
    """Return how many enabled deployments each policy binds."""
    return Counter(
        name
        for deployment in view.workspace.deployments
        if deployment.enabled
        for name in {
            item.policy.name
            for item in resolve(view.workspace, deployment).attachments
            if item.binds
        }
    )


def _without(view: PlanView, policy: str) -> PlanView:
    """Return the view of a workspace in which a policy is only observed."""
    space = view.workspace
    observed = space.policies[policy].model_copy(update={"enforcement": Enforcement.OBSERVE})
    workspace = space.revised(policies={**space.policies, policy: observed})
    return PlanView(view.catalog, workspace, (), view.running)
