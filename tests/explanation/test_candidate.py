"""A place that is asked for: which one is meant, what is against it, who is there, what it costs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from placement.catalog.catalog import Catalog
from placement.errors import InputError
from placement.explanation.candidate import Candidate
from placement.explanation.holders import Use
from placement.explanation.values import Explanation, Rule, Verdict
from placement.plan.room import Shortage
from placement.planner import Planner
from placement.workspace.workspace import Workspace
from tests.verifier.fleet import At, deployment, fleet, policy, running, workspace

CATALOG = fleet()
US = policy("us-only", "location", locations=[{"type": "country", "name": "US"}])
T4 = policy("t4-only", "flavor", flavors=[{"type": "gpu", "name": "T4"}])


def explained(space: Workspace, catalog: Catalog = CATALOG, **question: Any) -> Explanation:
    return Planner(catalog).explain(space, "chat", **question)


def asked(space: Workspace, catalog: Catalog = CATALOG, **question: Any) -> Candidate:
    answer = explained(space, catalog, **question).candidate
    assert answer is not None
    return answer


PLAIN = workspace(deployment("chat"))


@pytest.mark.parametrize(
    ("question", "groups"),
    [
        ({"region": "us-east-1"}, ["cordoned", "cpu", "east", "part"]),
        ({"region": "AWS/US-EAST-1"}, ["cordoned", "cpu", "east", "part"]),
        ({"country": "united states"}, ["cordoned", "cpu", "east", "part"]),
        ({"flavor": "a100"}, ["asia"]),
        ({"flavor": "x86_64"}, ["cpu"]),
        ({"flavor": "Tesla T4", "country": "IE"}, ["draining", "lost", "west"]),
        ({"node": "east"}, ["east"]),
        ({"node": "east/2", "flavor": "T4"}, ["east"]),
        ({"node": "east/2", "flavor": "A10"}, []),
        ({"country": "France"}, []),
        ({"flavor": "A100-40GB"}, []),
    ],
)
def test_a_place_is_where_all_that_was_asked_for_meets(
    question: dict[str, str], groups: list[str]
) -> None:
    found = explained(PLAIN, **question)
    assert [place.node_group for place in found.places] == groups
    assert found.candidate is not None
    assert found.candidate.node_groups == len(groups)
    assert (found.candidate.verdict is Verdict.ABSENT) is not groups
    assert found.histogram.total == 8


def test_nothing_asked_for_is_no_candidate_and_every_place_is_told() -> None:
    found = explained(PLAIN)
    assert found.candidate is None
    assert len(found.places) == 8


def test_names_of_the_answer_are_those_of_the_catalog() -> None:
    answer = asked(PLAIN, region="US-East-1", country="usa", flavor="A100", node=None)
    assert (answer.region, answer.country) == ("aws/us-east-1", "US")
    assert answer.flavors == ("A100-40GB", "A100-80GB")


@pytest.mark.parametrize(
    ("question", "codes", "advice"),
    [
        ({"region": "us-eats-1"}, ["PL307"], "did you mean `us-east-1`"),
        ({"country": "Irland"}, ["PL304"], "did you mean `Ireland`"),
        ({"country": "Europe"}, ["PL304"], ""),
        ({"flavor": "T44"}, ["PL309"], "did you mean `T4`"),
        ({"node": "esat"}, ["CT128"], "or `east`?"),
        ({"node": "east/3"}, ["CT128"], "`east/0` to `east/2`"),
        ({"node": "us-east-1"}, ["CT128"], "it is a region"),
        ({"region": "x", "country": "x", "flavor": "x", "node": "x"}, None, ""),
    ],
)
def test_every_name_that_means_nothing_is_told_with_advice(
    question: dict[str, str], codes: list[str] | None, advice: str
) -> None:
    with pytest.raises(InputError) as error:
        asked(PLAIN, **question)
    found = error.value.diagnostics
    assert [one.code for one in found] == (codes or ["PL307", "PL304", "PL309", "CT128"])
    assert advice in (found[0].suggestion or "")


def test_an_ambiguous_region_is_an_error_that_lists_what_it_means() -> None:
    from dataclasses import replace

    from placement.catalog.catalog import make_catalog

    east = CATALOG.groups_by_name["east"]
    twin = replace(east.region, provider="gcp")
    catalog = make_catalog(
        (east.region, twin),
        CATALOG.gpus.values(),
        (east, replace(east, name="twin", region=twin)),
    )
    with pytest.raises(InputError, match="ambiguous") as error:
        asked(PLAIN, catalog, region="us-east-1")
    (found,) = error.value.diagnostics
    assert found.suggestion == "write `aws/us-east-1` or `gcp/us-east-1`"


def test_a_model_or_environment_that_is_not_there_is_an_error_with_advice() -> None:
    planner = Planner(CATALOG)
    for model, environment, code, advice in (
        ("chta", "production", "PL315", "did you mean `chat`?"),
        ("chat", "development", "PL315", "it is deployed in `production`"),
        ("chat", "prodction", "PL302", "did you mean `production`?"),
        ("", "production", "PL315", None),
    ):
        with pytest.raises(InputError) as error:
            planner.explain(PLAIN, model, environment=environment)
        (found,) = error.value.diagnostics
        assert (found.code, found.suggestion) == (code, advice)


def test_all_reasons_are_told_in_order_with_how_many_node_groups_each_is_against() -> None:
    one = deployment("chat", policies=("t4-only",), resources={"gpuMemoryGiB": 20})
    space = workspace(one, policies=[US, T4], production=("us-only",))
    answer = asked(space, country="IE")
    told = [
        (cause.reason.rule, cause.reason.level, cause.node_groups, cause.first)
        for cause in answer.causes
    ]
    assert answer.verdict is Verdict.REFUSED
    assert told == [
        (Rule.POLICY, "environment", 3, 3),
        (Rule.GPU_MEMORY, None, 3, 0),
        (Rule.STATE, None, 2, 0),
    ]
    assert answer.causes[0].reason.policies == ("us-only",)
    message = "not allowed by `us-only` (US) of the environment"
    assert answer.causes[0].reason.message == message
    assert [cause.varies for cause in answer.causes] == [False, False, True]


def test_a_full_place_says_what_is_short_and_who_holds_it() -> None:
    one = deployment("chat", resources={"gpus": 4})
    others = (
        deployment("small", replicas=9),
        deployment("share", replicas=9, resources={"gpus": "0.5"}),
    )
    space = workspace(one, *others)
    places = (At("small", "east/0", 3), At("small", "east/1", 1), At("share", "east/1", 2, 1))
    answer = asked(running(CATALOG, space, *places), node="east")
    (full,) = answer.causes
    # East/1 has two GPUs left, as east/2 has beside what is reserved.
    assert full.reason.shortages == (Shortage("gpus", 4_000, 2_000),)
    assert full.reason.message == "short by 2 GPUs"
    assert full.users == (
        Use("small", "production", 4, 4_000),
        Use("share", "production", 2, 1_000),
    )
    assert full.reserved == 1_250
    answer = asked(running(CATALOG, space, *places), node="east/0")
    (full,) = answer.causes
    assert full.reason.message == "short by 3 GPUs"
    assert full.users == (Use("small", "production", 3, 3_000),)
    assert full.reserved == 0


def test_what_must_leave_anyway_holds_nothing() -> None:
    one, other = deployment("chat", resources={"gpus": 4}), deployment("old", replicas=2)
    space = running(CATALOG, workspace(one, other), At("old", "west/0", 2))
    assert asked(space, node="west/0").verdict is Verdict.REFUSED
    moved = other.model_copy(update={"policies": ("us-only",)})
    outside = workspace(one, moved, policies=[US]).revised(running=space.running)
    assert asked(outside, node="west/0").verdict is Verdict.FEASIBLE
    newer = workspace(one, other.model_copy(update={"version": "2"})).revised(running=space.running)
    assert asked(newer, node="west/0").verdict is Verdict.FEASIBLE


def test_a_feasible_place_is_compared_with_the_best_one_and_with_where_it_runs() -> None:
    space = workspace(deployment("chat", replicas=4))
    answer = asked(space, country="IE")
    assert answer.verdict is Verdict.FEASIBLE
    assert answer.best is not None
    assert (answer.best.node_group, answer.best.value) == ("west", 577_500)
    assert (answer.above_cheapest, answer.above_running) == (77_500, None)
    here = running(CATALOG, space, At("chat", "east/0"), At("chat", "asia/0", 2))
    answer = asked(here, country="IE")
    # The mean of 0.5 in the east and twice 2.5 in Asia.
    assert answer.above_running == 577_500 - Fraction(5_500_000, 3)
    assert explained(here).placed == 3


def test_places_are_compared_by_the_objective_that_is_asked_for() -> None:
    origins = [{"country": "TW"}]
    space = workspace(deployment("chat", requestOrigins=origins))
    best = {
        objective: explained(space, objective=objective).cheapest
        for objective in ("cost", "carbon", "latency")
    }
    assert {name: place and place.node_group for name, place in best.items()} == {
        "cost": "east",
        "carbon": "west",
        "latency": "asia",
    }
    unit = explained(space, objective="latency").unit
    place = best["latency"]
    assert place is not None
    assert unit.shown(place.value) == Fraction(CATALOG.round_trip("TW", "gcp/asia-east1"), 1_000)


def test_one_replica_that_needs_others_is_feasible_together_only() -> None:
    spread = [{"over": "region", "minDomains": 2}]
    one = deployment("chat", replicas=4, minReplicas=3, spread=spread)
    space = workspace(one)
    answer = asked(space, node="east")
    assert answer.verdict is Verdict.TOGETHER
    assert [reason.rule for reason in answer.needs] == [Rule.SPREAD, Rule.DEMAND]
    assert answer.causes == ()
    assert answer.best is not None
    least = workspace(deployment("chat", replicas=4, minReplicas=1))
    assert asked(least, node="east").verdict is Verdict.FEASIBLE
    here = running(CATALOG, space, At("chat", "west/0", 2), At("chat", "asia/0"))
    assert asked(here, node="east").verdict is Verdict.FEASIBLE


def test_a_place_that_is_feasible_by_itself_is_better_than_a_cheaper_one_that_needs_others() -> (
    None
):
    one = deployment("chat", replicas=4, spread=[{"over": "region", "minDomains": 2}])
    found = explained(running(CATALOG, workspace(one), At("chat", "east/0")))
    verdicts = {place.node_group: place.verdict for place in found.places if not place.reasons}
    assert verdicts == {
        "east": Verdict.TOGETHER,
        "west": Verdict.FEASIBLE,
        "asia": Verdict.FEASIBLE,
    }
    assert found.cheapest is not None
    assert found.cheapest.node_group == "west"


def test_who_is_on_a_node_that_takes_nothing_new_is_not_in_the_way() -> None:
    catalog = fleet(east_1="cordoned", east_2="lost")
    space = workspace(deployment("chat", resources={"gpus": 4}), deployment("other", replicas=9))
    here = running(catalog, space, At("other", "east/0", 2), At("other", "east/1", 4))
    (full,) = asked(here, catalog, node="east").causes
    assert full.users == (Use("other", "production", 2, 2_000),)
    assert full.reserved == 0


def test_nobody_keeps_a_deployment_company_but_others() -> None:
    near = [{"selector": {"matchLabels": {"app": "chat"}}, "over": "node"}]
    one = deployment("chat", labels={"app": "chat"}, togetherWith=near)
    here = running(CATALOG, workspace(one), At("chat", "east/0"))
    (cause,) = asked(here, node="east/0").causes
    assert cause.reason.rule is Rule.COLOCATION


def test_a_disabled_deployment_is_explained_and_refused_everywhere() -> None:
    found = explained(workspace(deployment("chat", enabled=False)))
    assert not found.enabled
    assert found.histogram.text == "0 of 8 node groups: 3 disabled, 3 state, 2 hardware"
    assert found.cheapest is None


def test_a_warm_planner_says_the_same_again_and_nothing_of_other_workspaces() -> None:
    planner = Planner(CATALOG)
    space = workspace(deployment("chat", resources={"gpus": 4}), deployment("other", replicas=8))
    busy = running(CATALOG, space, At("other", "west/0", 1))
    first = planner.explain(busy, "chat", node="west/0")
    assert planner.explain(space, "chat", node="west/0").candidate != first.candidate
    assert planner.explain(busy, "chat", node="west/0") == first
