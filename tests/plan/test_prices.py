"""Price lists in the document of a plan: there and back, and what is no price list."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import Any

import pytest

from placement.errors import InputError
from placement.plan.plan import Plan
from placement.plan.prices import CapacityPrice, TierPrices
from tests.verifier.story import PLAN

PRICES = (
    TierPrices("unplaced:3", 4, (CapacityPrice("east", "gpus", 7),)),
    TierPrices(
        "cost",
        28,
        (
            CapacityPrice("east", "cpus", 2**70, 250, ((0, 0), (2, 4))),
            CapacityPrice("west", "extra:disk", 1),
        ),
        {"unplaced:3": 5, "moves": 0},
    ),
)
PRICED = replace(PLAN, prices=PRICES)
DOCUMENT: dict[str, Any] = json.loads(PRICED.to_json())


def refusal(**fields: Any) -> str:
    """Return why a plan is refused whose last price list has other fields."""
    last = {**DOCUMENT["prices"][-1], **fields}
    return refused([*DOCUMENT["prices"][:-1], last])


def refused(prices: Any) -> str:
    with pytest.raises(InputError) as error:
        Plan.from_json(json.dumps({**DOCUMENT, "prices": prices}), file="plan.json")
    return str(error.value).splitlines()[0]


def price(**fields: Any) -> list[dict[str, Any]]:
    row = {**DOCUMENT["prices"][-1]["capacity"][0], **fields}
    return [{name: value for name, value in row.items() if value is not ...}]


def test_prices_come_back_as_they_went() -> None:
    again = Plan.from_json(PRICED.to_json())
    assert again.prices == PRICES
    assert again.to_json() == PRICED.to_json()
    assert pickle.loads(pickle.dumps(PRICED)) == PRICED


def test_the_document_says_what_there_is_and_no_more() -> None:
    assert DOCUMENT["prices"] == [
        {
            "tier": "unplaced:3",
            "scale": 4,
            "earlier": {},
            "capacity": [{"nodeGroup": "east", "resource": "gpus", "price": 7}],
        },
        {
            "tier": "cost",
            "scale": 28,
            "earlier": {"unplaced:3": 5, "moves": 0},
            "capacity": [
                {
                    "nodeGroup": "east",
                    "nodes": [[0, 0], [2, 4]],
                    "resource": "cpus",
                    "size": 250,
                    "price": 2**70,
                },
                {"nodeGroup": "west", "resource": "extra:disk", "price": 1},
            ],
        },
    ]
    assert "prices" not in json.loads(PLAN.to_json())


def test_the_digest_covers_the_prices() -> None:
    assert PRICED.digest != PLAN.digest
    other = replace(PRICES[0], capacity=(CapacityPrice("east", "gpus", 8),))
    assert replace(PRICED, prices=(other, PRICES[1])).digest != PRICED.digest


def test_what_else_confirms_a_bound_comes_back() -> None:
    tiers = (replace(PLAN.tiers[0], proof="search", confirmed_by="highs"), *PLAN.tiers[1:])
    document = json.loads(replace(PLAN, tiers=tiers).to_json())
    assert document["tiers"][0]["confirmedBy"] == "highs"
    assert Plan.from_json(json.dumps(document)).tiers[0].confirmed_by == "highs"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"tier": 3}, "`prices[1].tier` must be a text, found `3`"),
        ({"scale": -1}, "`prices[1].scale` must be a whole number, at least 0, found `-1`"),
        ({"scale": 65}, "`prices[1].scale` must be at most 64, found `65`"),
        ({"scale": 1.5}, "`prices[1].scale` must be a whole number, found `1.5`"),
        ({"earlier": {"moves": -2}}, "`prices[1].earlier.moves` must be a whole number, at least"),
        ({"earlier": [1]}, "`prices[1].earlier` must be an object, found list"),
        ({"capacity": {}}, "`prices[1].capacity` must be a list, found dict"),
        ({"note": ""}, "unknown key `prices[1].note`"),
        ({"capacity": price(price=-1)}, "`prices[1].capacity[0].price` must be a whole number, at"),
        ({"capacity": price(price=...)}, "`prices[1].capacity[0].price` is missing"),
        ({"capacity": price(size=0)}, "`prices[1].capacity[0].size` must be at least 1, found `0`"),
        ({"capacity": price(resource="gpu")}, "`prices[1].capacity[0].resource` must be gpus, cpu"),
        ({"capacity": price(nodes=[[1]])}, "`prices[1].capacity[0].nodes[0]` must be a first and"),
        ({"capacity": price(nodes=[[2, 1]])}, "`prices[1].capacity[0].nodes[0]` must be a first"),
        ({"capacity": price(nodes=[[-1, 1]])}, "`prices[1].capacity[0].nodes[0][0]` must be a wh"),
        ({"capacity": price(nodes=3)}, "`prices[1].capacity[0].nodes` must be a list, found `3`"),
    ],
)
def test_a_wrong_price_list_is_an_input_error_with_its_place(
    fields: dict[str, Any], message: str
) -> None:
    assert message in refusal(**fields)


def test_prices_are_a_list() -> None:
    assert "`prices` must be a list, found dict" in refused({})
