from __future__ import annotations

from placement.plan.observed import observed_rows
from placement.plan.rows import Observed
from tests.verifier.fleet import At, deployment, fleet, policy, view_of, workspace

CATALOG = fleet()
GREEN = policy("green", "carbon", maxCarbon=350, enforcement="observe")
US = policy("us", "location", enforcement="observe", locations=[{"type": "country", "name": "US"}])
IE = policy("ie", "location", locations=[{"type": "country", "name": "IE"}])
HALF = {"gpus": "0.5"}
KEY = ("half", "production")


def test_each_observed_policy_lists_what_it_would_not_allow() -> None:
    one = deployment("half", replicas=9, resources=HALF, policies=("us",))
    space = workspace(one, policies=[GREEN, US], production=("green",))
    places = At("half", "east/0", 2, 0), At("half", "east/0", 1, 1), At("half", "west/0", 1, 0)
    assert observed_rows(view_of(CATALOG, space, *places)) == (
        Observed("green", *KEY, "east/0", 3),
        Observed("us", *KEY, "west/0", 1),
    )


def test_it_is_judged_alone_also_beside_a_binding_policy_of_its_type() -> None:
    one = deployment("half", resources=HALF)
    space = workspace(one, policies=[US, IE], production=("us", "ie"))
    view = view_of(CATALOG, space, At("half", "west/0", 1, 0))
    assert observed_rows(view) == (Observed("us", *KEY, "west/0", 1),)


def test_binding_policies_and_other_targets_are_not_listed() -> None:
    agents = policy("agents", "carbon", maxCarbon=1, enforcement="observe", resourceTypes=["agent"])
    one = deployment("half", resources=HALF)
    space = workspace(one, policies=[agents, IE], production=("agents", "ie"))
    assert observed_rows(view_of(CATALOG, space, At("half", "east/0", 1, 0))) == ()
