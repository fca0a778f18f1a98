"""The price of one policy in one environment, and how exactly it is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from placement.objectives.mix import parse_objective
from placement.plan.numbers import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from placement.options import Billing
    from placement.plan.rows import Tier
    from placement.simulation.removal import Attached


class Exactness(StrEnum):
    """What is proved about a price."""

    EXACT = "exact"  # both plans are proved, or no plan is needed
    BETWEEN = "between"  # the true price is from `least` to `most`
    UNLIKE = "unlike"  # without the policy something else is placed: no like with like
    OPEN = "open"  # the difference of two plans of which not enough is proved
    UNKNOWN = "unknown"  # not computed


@dataclass(frozen=True, slots=True)
class PolicyPrice:
    """What is given up because of a policy in an environment.

    Attributes
    ----------
    objective : str
        Name of the last tier: ``cost``, ``carbon``, ``latency`` or a mix.
    unit : str or None
    deployments : int
        Enabled deployments there that it binds.
    amount : Fraction or None
        Value of the plan with the policy less that of the plan without it; negative if less is
        allowed without it, as where it widens another one of its type.
    least, most : Fraction or None
        The best plan with the policy is at least and at most this much worse than the best one
        without it; None where nothing is proved.
    unplaced : Fraction
        Weight in GPUs that has no place because of the policy.
    exactness : Exactness
    seconds : float
        What the plan without it took.
    """

    policy: str
    environment: str
    objective: str
    unit: str | None
    deployments: int
    amount: Fraction | None
    least: Fraction | None
    most: Fraction | None
    unplaced: Fraction
    exactness: Exactness
    seconds: float = 0.0

    def words(self) -> str:
        """Return the price as people say it: ``41.20 USD/h, at most 42.00``."""
        if self.amount is None:
            return "unknown"
        unit = f" {self.unit}" if self.unit else ""
        parts = [f"{_rounded(self.amount)}{unit}"]
        if self.exactness is Exactness.BETWEEN:
            parts += [f"at least {_rounded(self.least)}"] if self.least != self.amount else []
            parts += [f"at most {_rounded(self.most)}"] if self.most != self.amount else []
        elif self.exactness is Exactness.OPEN:
            parts.append("nothing is proved")
        elif self.exactness is Exactness.UNLIKE:
            parts.append("but not with the same replicas placed")
        return ", ".join(parts)

    def to_document(self) -> dict[str, Any]:
        """Return the document: plain values, decimals exact."""
        return {
            "policy": self.policy,
            "environment": self.environment,
            "objective": self.objective,
            "unit": self.unit,
            "deployments": self.deployments,
            "amount": _number(self.amount),
            "least": _number(self.least),
            "most": _number(self.most),
            "unplacedGpus": _number(self.unplaced),
            "exactness": str(self.exactness),
            "seconds": round(self.seconds, 3),
        }


def worthless(pair: Attached, objective: str, billing: Billing) -> PolicyPrice:
    """Return the price of a policy without which nothing else is allowed: nothing."""
    mix = parse_objective(objective, billing=billing)
    zero = Fraction(0)
    return PolicyPrice(
        pair.policy,
        pair.environment,
        mix.name,
        mix.unit,
        pair.deployments,
        amount=zero,
        least=zero,
        most=zero,
        unplaced=zero,
        exactness=Exactness.EXACT,
    )


def priced(
    pair: Attached, whole: Sequence[Tier], less: Sequence[Tier], *, seconds: float
) -> PolicyPrice:
    """Return the price that two plans come to.

    Parameters
    ----------
    whole, less : sequence of Tier
        Of the plan with the policy, and of that without it.
    """
    dear, cheap = whole[-1], less[-1]
    exactness, least, most = _proved(whole, less)
    return PolicyPrice(
        pair.policy,
        pair.environment,
        dear.name,
        dear.unit,
        pair.deployments,
        amount=_value(dear) - _value(cheap),
        least=least,
        most=most,
        unplaced=_unplaced(whole) - _unplaced(less),
        exactness=exactness,
        seconds=seconds,
    )


def _proved(
    whole: Sequence[Tier], less: Sequence[Tier]
) -> tuple[Exactness, Fraction | None, Fraction | None]:
    """Return what is proved of the difference of the last tiers, from where to where."""
    dear, cheap = whole[-1], less[-1]
    first = [(tier.name, _value(tier)) for tier in whole[:-1]]
    if first != [(tier.name, _value(tier)) for tier in less[:-1]] or dear.scale != cheap.scale:
        return Exactness.UNLIKE, None, None
    if dear.bound is None or cheap.bound is None or not _are_proved(*whole[:-1], *less[:-1]):
        return Exactness.OPEN, None, None
    least = Fraction(dear.bound, dear.scale) - _value(cheap)
    most = _value(dear) - Fraction(cheap.bound, cheap.scale)
    return Exactness.EXACT if least == most else Exactness.BETWEEN, least, most


def _are_proved(*tiers: Tier) -> bool:
    return all(tier.proved for tier in tiers)


def _value(tier: Tier) -> Fraction:
    return Fraction(tier.value, tier.scale)


def _unplaced(tiers: Sequence[Tier]) -> Fraction:
    found = (_value(tier) for tier in tiers if tier.name.startswith("unplaced"))
    return sum(found, Fraction(0))


def _rounded(value: Fraction | None) -> str:
    return "unknown" if value is None else f"{float(value):,.4f}"


def _number(value: Fraction | None) -> Any:
    return None if value is None else shown(value.numerator, value.denominator)
