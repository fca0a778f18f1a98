"""What a policy costs is the difference of two verified plans, and says how exactly it is known."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import pytest

from placement import InputError, Planner, policy_prices
from placement.plan.rows import Tier
from placement.simulation.policy_price import Exactness, priced
from placement.simulation.processes import processes
from placement.simulation.removal import Attached, attached_in, is_moot, without
from placement.workspace.making import make_workspace
from placement.workspace.workspace import Environment
from tests.simulation.worlds import planned
from tests.verifier.fleet import ASIA, EAST, USD, WEST, deployment, fleet, gpu_group, policy

CATALOG = fleet(
    gpu_group("us", EAST, "a", "T4", 2, price=8 * USD),
    gpu_group("eu", WEST, "a", "T4", 2, price=4 * USD),
    gpu_group("tw", ASIA, "a", "T4", 2, price=2 * USD),
)


def places(name: str, *countries: str):
    return policy(name, "location", locations=[{"type": "country", "name": c} for c in countries])


US, EU, ALL = places("us", "US"), places("eu", "IE"), places("all", "US", "IE", "TW")
TEAM = policy("team", "provider", providers=["aws"], selector={"matchLabels": {"team": "nobody"}})


def space(*stages: Environment, **options):
    return make_workspace(
        [US, EU, ALL, TEAM],
        stages,
        [
            deployment("chat", replicas=2, **options),
            deployment("chat", replicas=1, environment="development"),
        ],
    )


def by_name(prices):
    return {(row.policy, row.environment, row.objective): row for row in prices}


def test_a_policy_costs_what_the_best_place_outside_of_it_would_save():
    asked = space(Environment(name="production", policies=("us",)))
    (price,) = policy_prices(CATALOG, asked, objectives=["cost"])
    # Two GPUs of four, at 8 and at 2 USD per node.
    assert (price.amount, price.least, price.most) == (3, 3, 3)
    assert price.exactness is Exactness.EXACT
    assert (price.policy, price.environment, price.deployments) == ("us", "production", 1)
    assert price.words() == "3.0000 USD/h"


def test_a_policy_that_widens_costs_less_than_nothing():
    asked = space(Environment(name="production", policies=("us", "eu")))
    found = by_name(policy_prices(CATALOG, asked, objectives=["cost"]))
    assert found["eu", "production", "cost"].amount == -2  # then only the dear place is left
    assert found["us", "production", "cost"].amount == 0


def test_each_environment_has_its_own_price():
    stages = [Environment(name=n, policies=("us",)) for n in ("production", "development")]
    found = by_name(policy_prices(CATALOG, space(*stages), objectives=["cost"]))
    assert found["us", "production", "cost"].amount == 3
    assert found["us", "development", "cost"].amount == Fraction(3, 2)


def test_a_policy_of_a_deployment_belongs_to_its_environment():
    asked = space(policies=("us",))
    (price,) = policy_prices(CATALOG, asked, objectives=["cost"])
    assert (price.environment, price.amount) == ("production", 3)


def test_what_binds_nobody_or_forbids_nothing_is_free_and_not_planned_for(monkeypatch):
    monkeypatch.setattr(Planner, "plan", lambda *_, **__: pytest.fail("planned"))
    asked = space(Environment(name="production", policies=("all", "team")))
    prices = policy_prices(CATALOG, asked)
    assert [(p.policy, p.objective, p.deployments) for p in prices] == [
        ("all", "cost", 1),
        ("all", "carbon", 1),
        ("team", "cost", 0),
        ("team", "carbon", 0),
    ]
    assert {(p.amount, p.exactness) for p in prices} == {(0, Exactness.EXACT)}
    assert policy_prices(CATALOG, make_workspace([US])) == ()


def test_carbon_and_latency_are_given_up_as_well():
    users = {"requestOrigins": [{"country": "TW"}]}
    asked = space(Environment(name="production", policies=("us",)), **users)
    found = by_name(policy_prices(CATALOG, asked))
    assert set(found) == {("us", "production", o) for o in ("cost", "carbon", "latency")}
    near, far = (
        CATALOG.round_trip("TW", "gcp/asia-east1"),
        CATALOG.round_trip("TW", "aws/us-east-1"),
    )
    latency = found["us", "production", "latency"]
    assert latency.amount == Fraction(far - near, 1000)
    assert latency.unit == "ms"
    assert found["us", "production", "carbon"].amount > 0  # 300 g in Ireland, 400 g in Virginia


def test_a_policy_that_leaves_something_out_says_so():
    asked = space(Environment(name="production", policies=("us",)), resources={"gpus": 4})
    tight = fleet(
        gpu_group("us", EAST, "a", "T4", 1, price=8 * USD),
        gpu_group("eu", WEST, "a", "T4", 2, price=4 * USD),
    )
    (price,) = policy_prices(tight, asked, objectives=["cost"])
    assert price.exactness is Exactness.UNLIKE
    assert price.unplaced == 4
    assert (price.least, price.most) == (None, None)
    assert "but not with the same replicas placed" in price.words()


def tiers(value: int, bound: int | None, unplaced: tuple[int, int | None] = (0, 0)):
    return (
        Tier("unplaced", *unplaced),
        Tier("moves", 0, 0),
        Tier("cost", value, bound, "USD/h", 100),
    )


PAIR = Attached("us", "production", 1)
PRICES = [
    (tiers(4120, 4120), tiers(0, 0), Exactness.EXACT, "41.2000 USD/h"),
    (tiers(4120, 4120), tiers(10, -70), Exactness.BETWEEN, "41.1000 USD/h, at most 41.9000"),
    (tiers(4120, 4100), tiers(0, 0), Exactness.BETWEEN, "41.2000 USD/h, at least 41.0000"),
    (
        tiers(4120, 4100),
        tiers(0, -80),
        Exactness.BETWEEN,
        "41.2000 USD/h, at least 41.0000, at most 42.0000",
    ),
    (tiers(4120, None), tiers(0, 0), Exactness.OPEN, "41.2000 USD/h, nothing is proved"),
    (
        tiers(9, 9, (0, None)),
        tiers(0, 0, (0, 0)),
        Exactness.OPEN,
        "0.0900 USD/h, nothing is proved",
    ),
    (
        tiers(9, 9, (2000, 2000)),
        tiers(0, 0),
        Exactness.UNLIKE,
        "0.0900 USD/h, but not with the same replicas placed",
    ),
]


@pytest.mark.parametrize(("whole", "less", "exactness", "words"), PRICES)
def test_the_words_say_how_exactly_a_price_is_known(whole, less, exactness, words):
    found = priced(PAIR, whole, less, seconds=0)
    assert found.exactness is exactness
    assert found.words() == words
    if found.least is not None:
        assert found.least <= found.amount <= found.most


@pytest.mark.parametrize("chunk", range(2))
def test_the_proved_optimum_never_rises_when_a_policy_goes(chunk):
    """Where it is the only one of its type on its level, and no domain counts for being empty."""
    seen = Counter()
    for seed in range(chunk, 80, 2):
        catalog, workspace = planned(seed)
        bare = workspace.revised(running=())
        if any(spread.max_skew for d in bare.deployments for spread in d.spread):
            continue
        for pair in attached_in(bare):
            if widens(bare, pair):
                continue
            free = without(bare, pair)
            before, after = Planner(catalog).plan(bare), Planner(catalog).plan(free)
            if before.status == after.status == "optimal":
                values = [tier.value for tier in before.tiers]
                assert [tier.value for tier in after.tiers] <= values
                moot = is_moot(catalog, bare, pair)
                if moot:
                    assert [tier.value for tier in after.tiers] == values
                seen[moot] += 1
    assert seen[True] >= 2
    assert seen[False] >= 5


def widens(workspace, pair: Attached) -> bool:
    kind = workspace.policies[pair.policy].type
    holders = [workspace.environments[pair.environment], *workspace.deployments]
    return any(
        pair.policy in holder.policies
        and sum(workspace.policies[name].type == kind for name in holder.policies) > 1
        for holder in holders
    )


def test_executors_come_to_the_same():
    stages = [Environment(name=n, policies=("us", "eu")) for n in ("production", "development")]
    asked = space(*stages)
    told = []

    def timeless(**options):
        return [replace(p, seconds=0.0) for p in policy_prices(CATALOG, asked, **options)]

    here = timeless(on_plan=lambda done, total: told.append((done, total)))
    assert told == [(n, len(told)) for n in range(1, len(told) + 1)]
    with ThreadPoolExecutor(2) as threads:
        assert timeless(executor=threads) == here
    with processes(2) as pool:
        assert timeless(executor=pool) == here


def test_what_there_was_no_time_for_is_unknown():
    asked = space(Environment(name="production", policies=("us",)))
    prices = policy_prices(CATALOG, asked, time_limit=1e-9)
    assert {(p.amount, p.exactness, p.words()) for p in prices} == {
        (None, Exactness.UNKNOWN, "unknown")
    }


def test_an_unknown_objective_is_an_error():
    with pytest.raises(InputError, match="unknown objective `costs`"):
        policy_prices(CATALOG, space(), objectives=["costs"])
