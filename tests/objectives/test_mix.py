from __future__ import annotations

import re
from fractions import Fraction

import pytest

from placement.objectives.carbon import Carbon
from placement.objectives.cost import Cost
from placement.objectives.latency import Latency
from placement.objectives.mix import parse_objective
from placement.options import Billing
from tests.verifier.fleet import At, deployment, fleet, view_of, workspace

CATALOG = fleet()
SPACE = workspace(deployment("chat", replicas=2, requestOrigins=[{"country": "IE"}]))
VIEW = view_of(CATALOG, SPACE, At("chat", "east/0", 2))


@pytest.mark.parametrize(
    ("text", "name", "scale"),
    [
        ("cost", "cost", 10**6),
        (" Cost ", "cost", 10**6),
        ("carbon", "carbon", 10**3),
        ("latency", "latency", 10**3),
        ("mix:cost=1,carbon=0.05", "mix:carbon=0.05,cost=1", 10**8),
        ("mix: cost = 1.50, latency=2", "mix:cost=1.5,latency=2", 10**7),
        ("mix:cost=100", "mix:cost=100", 10**6),
        ("mix:cost=1,carbon=0", "mix:carbon=0,cost=1", 10**6),
    ],
)
def test_what_can_be_asked_for(text: str, name: str, scale: int) -> None:
    mix = parse_objective(text)
    assert (mix.name, mix.scale) == (name, scale)
    again = parse_objective(mix.name)
    assert (again.name, again.scale) == (name, scale)
    assert [term.factor for term in again.terms] == [term.factor for term in mix.terms]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unknown objective ``; known are carbon, cost, latency"),
        ("costs", "unknown objective `costs`; did you mean `cost`?"),
        ("mix:", "unknown objective ``"),
        ("mix:cost", "weight of `cost` must be a decimal number such as 0.05, found ``"),
        ("mix:cost=-1", "found `-1`"),
        ("mix:cost=nan", "found `nan`"),
        ("mix:cost=1e3", "found `1e3`"),
        ("mix:cost=1_0", "found `1_0`"),
        ("mix:cost=١", "found `١`"),
        ("mix:cost=1,cost=2", "objective `cost` is in the mix twice"),
        ("mix:cost=0,carbon=0.0", "a mix needs at least one weight above 0"),
        ("mix:carbn=1", "did you mean `carbon`?"),
        ("cost=1", "unknown objective `cost=1`"),
    ],
)
def test_anything_else_is_refused_with_advice(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_objective(text)


def test_a_mix_is_the_weighted_sum_in_shown_units() -> None:
    mix = parse_objective("mix:cost=2.5,carbon=0.05,latency=0.001")
    shown = (
        Fraction(5, 2) * Fraction(Cost().check(VIEW), 10**6)
        + Fraction(5, 100) * Fraction(Carbon().check(VIEW), 10**3)
        + Fraction(1, 1000) * Fraction(Latency().check(VIEW), 10**6)
    )
    assert mix.denominator(VIEW) == 1
    assert Fraction(mix.check(VIEW), mix.scale) == shown
    # 2.5 x 1 USD/h + 0.05 x 58.8 g/h + 0.001 x 2 GPUs x 80 ms
    assert shown == Fraction("2.5") + Fraction("2.94") + Fraction("0.16")


def test_billing_reaches_the_cost_of_a_mix() -> None:
    by_node = parse_objective("mix:cost=1", billing=Billing.NODE)
    assert by_node.check(VIEW) == 2_000_000
    assert parse_objective("mix:cost=1").check(VIEW) == 1_000_000
