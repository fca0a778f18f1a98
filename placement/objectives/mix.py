"""The objective of the last tier: one of cost, carbon and latency, or a weighted sum of them.

Weights are exact decimals. A mix is an integer: every value is brought to millionths of its unit
and multiplied by weight x 10^k, k the most decimals of a weight.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from placement.objectives.base import Objective
from placement.objectives.cost import Cost
from placement.objectives.registry import OBJECTIVES
from placement.options import Billing

if TYPE_CHECKING:
    from placement.plan.view import PlanView

PREFIX = "mix:"
MILLION = 1_000_000
WEIGHT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Term:
    """One objective of a mix.

    ``weight`` is what the user wrote, ``factor`` what one integer step of the objective counts
    in steps of the mix.
    """

    objective: Objective
    weight: Decimal
    factor: int


@dataclass(frozen=True, slots=True)
class Mix:
    """A parsed objective.

    Attributes
    ----------
    name : str
        The tier's name: ``cost``, or ``mix:`` and the terms sorted by name.
    terms : tuple of Term
        Sorted by name; a single objective has one term of factor 1.
    unit : str or None
        None for a mix, which has no unit of its own.
    scale : int
        Integer steps per unit and per 1 of ``denominator``.
    """

    name: str
    terms: tuple[Term, ...]
    unit: str | None
    scale: int

    def check(self, view: PlanView) -> int:
        """Return the integer value of a whole plan, by names."""
        return sum(term.objective.check(view) * term.factor for term in self.terms)

    def denominator(self, view: PlanView) -> int:
        """Return what the value is divided by when it is shown; 1 for a mix."""
        return self.terms[0].objective.denominator(view) if self.unit is not None else 1


def parse_objective(text: str, *, billing: Billing = Billing.SHARE) -> Mix:
    """Read ``cost``, ``carbon``, ``latency`` or ``mix:cost=1,carbon=0.05``.

    Parameters
    ----------
    text : str
        What the user wrote. Case and spaces around words do not matter.
    billing : Billing
        How cost is counted.

    Returns
    -------
    Mix

    Raises
    ------
    ValueError
        With a message for the user that says what is wrong and what is legal.
    """
    words = text.strip().casefold()
    if not words.startswith(PREFIX):
        objective = _objective(words, billing)
        return Mix(
            objective.name, (Term(objective, Decimal(1), 1),), objective.unit, objective.scale
        )
    weights = _weights(words.removeprefix(PREFIX).split(","))
    decimals = max(_decimals(weight) for weight in weights.values())
    terms = tuple(
        _term(_objective(name, billing), weight, decimals)
        for name, weight in sorted(weights.items())
    )
    name = PREFIX + ",".join(f"{t.objective.name}={t.weight:f}" for t in terms)
    return Mix(name, terms, None, MILLION * 10**decimals)


def _weights(parts: Iterable[str]) -> dict[str, Decimal]:
    weights: dict[str, Decimal] = {}
    for part in parts:
        name, equals, number = (word.strip() for word in part.partition("="))
        _objective(name, Billing.SHARE)
        if not equals or not WEIGHT.fullmatch(number):
            raise ValueError(
                f"weight of `{name}` must be a decimal number such as 0.05, found `{number}`"
            )
        if name in weights:
            raise ValueError(f"objective `{name}` is in the mix twice")
        weights[name] = _plain(Decimal(number))
    if not any(weights.values()):
        raise ValueError("a mix needs at least one weight above 0")
    return weights


def _objective(name: str, billing: Billing) -> Objective:
    if name == Cost.name:
        return Cost(billing=billing)
    if name in OBJECTIVES:
        return OBJECTIVES[name]
    near = difflib.get_close_matches(name, sorted(OBJECTIVES), n=1)
    help_text = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(OBJECTIVES)}"
    raise ValueError(f"unknown objective `{name}`; {help_text}")


def _term(objective: Objective, weight: Decimal, decimals: int) -> Term:
    return Term(objective, weight, objective.millionths * int(weight.scaleb(decimals)))


def _plain(number: Decimal) -> Decimal:
    """Drop trailing zeros without going to exponents."""
    return Decimal(f"{number.normalize():f}")


def _decimals(weight: Decimal) -> int:
    exponent = weight.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
