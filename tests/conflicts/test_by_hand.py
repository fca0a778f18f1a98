"""What cannot hold together, and why, on fleets of a few GPUs, as a person would tell it."""

from __future__ import annotations

from typing import Any

import pytest

from placement.catalog.catalog import Catalog
from placement.errors import InputError
from placement.planner import Planner
from placement.policies.base import Policy
from placement.workspace.making import make_workspace
from placement.workspace.refusal import Conflict
from placement.workspace.workspace import Environment, ModelDeployment, Workspace
from tests.verifier.fleet import ASIA, EAST, WEST, deployment, fleet, gpu_group, policy, workspace

US = gpu_group("us", EAST, "a", "T4", 2, gpu_count=4)
EU = gpu_group("eu", WEST, "a", "T4", 1, gpu_count=4)
TW = gpu_group("tw", ASIA, "a", "A100-80GB", 1, gpu_count=8, cpus=96_000)
CPU = gpu_group("cpu", EAST, "b", "x86_64", 2, flavor_type="cpu", gpu_count=0, cpus=8_000)
FLEET = fleet(US, EU, TW, CPU)

IN_ASIA = policy("asia", "location", locations=[{"type": "continent", "name": "AS"}])
IN_US = policy("us", "location", locations=[{"type": "country", "name": "US"}])
T4 = policy("t4", "flavor", flavors=[{"type": "gpu", "name": "T4"}])


def found(
    *deployments: ModelDeployment,
    policies: tuple[Policy, ...] = (),
    production: tuple[str, ...] = (),
    catalog: Catalog = FLEET,
    **options: Any,
) -> tuple[Conflict, ...]:
    asked = workspace(*deployments, policies=policies, production=production)
    return Planner(catalog).conflicts(asked, **options)


def test_nothing_conflicts_where_everything_fits() -> None:
    assert found(deployment("chat")) == ()
    assert found() == ()


def test_policies_of_two_types_may_leave_no_node_group() -> None:
    (one,) = found(deployment("chat"), policies=(IN_ASIA, T4), production=("asia", "t4"))
    assert one.kind == "policy"
    assert one.members == (
        "deployment chat@production",
        "policy `asia` of production",
        "policy `t4` of production",
    )
    assert one.message == (
        "no node group satisfies policy `asia` of production, policy `t4` of production"
    )


def test_policies_that_widen_one_another_are_one_member() -> None:
    (one,) = found(
        deployment("chat", policies=("t4",)),
        policies=(
            IN_ASIA,
            policy("as", "location", locations=[{"type": "country", "name": "TW"}]),
            T4,
        ),
        production=("asia", "as"),
    )
    assert one.members[1:] == (
        "policy `t4` of chat@production",
        "policy `as` or `asia` of production",
    )


def test_a_policy_that_does_not_bind_is_innocent() -> None:
    idle = policy("idle", "location", locations=[{"type": "country", "name": "IE"}])
    (one,) = found(
        deployment("chat", replicas=9, policies=("us", "t4")),
        policies=(IN_US, T4, idle),
    )
    assert one.members == (
        "deployment chat@production",
        "policy `t4` of chat@production",
        "policy `us` of chat@production",
        "node group us",
    )
    assert one.message == "`chat@production` needs 9 T4 in node group `us`; 8 exist"


def test_a_saturated_cut_counts_what_is_needed_and_what_exists() -> None:
    many = [deployment(f"m{i}", replicas=3) for i in range(5)]
    (one,) = found(*many, policies=(T4,), production=("t4",))
    assert one.message == "5 deployments need 15 T4 in 2 node groups; 12 exist"
    assert len(one.members) == 5 + 1 + 2


def test_the_smallest_deployments_are_left_out_of_a_cut() -> None:
    (one,) = found(
        deployment("large", replicas=12),
        deployment("tiny"),
        deployment("small", replicas=2),
        policies=(T4,),
        production=("t4",),
    )
    assert one.members[:2] == ("deployment large@production", "deployment small@production") or (
        one.members[:2] == ("deployment large@production", "deployment tiny@production")
    )
    assert one.message.endswith("exist")


def test_pieces_of_one_size_are_counted_node_by_node() -> None:
    large = gpu_group("large", ASIA, "a", "A100-80GB", 2, gpu_count=8, cpus=96_000)
    (one,) = found(deployment("fives", replicas=3, resources={"gpus": 5}), catalog=fleet(large))
    assert one.message == (
        "`fives@production` needs 3 times 5 A100-80GB on one node in node group `large`; 2 exist"
    )


def test_other_resources_are_counted_like_gpus() -> None:
    pair = [deployment(name, resources={"gpus": 3, "cpus": 60}) for name in ("wide", "deep")]
    (one,) = found(*pair, catalog=fleet(TW))
    assert one.message == (
        "`deep@production` and `wide@production` need 120 CPUs in node group `tw`; 96 exist"
    )


def test_what_only_packing_shows_says_so() -> None:
    """Two nodes of 4 GPUs and 16 CPUs: 3 GPUs with 4 CPUs twice, and 2 GPUs with 2 CPUs."""
    two = gpu_group("two", EAST, "a", "T4", 2, gpu_count=4)
    (one,) = found(
        deployment("threes", replicas=2, resources={"gpus": 3}),
        deployment("pair", resources={"gpus": 2}),
        catalog=fleet(two),
    )
    assert one.message == (
        "1 replica of `pair@production` (2 GPUs) and 2 replicas of `threes@production` "
        "(3 GPUs each) do not fit on 2 nodes in node group `two`; this is by packing, for the sums "
        "alone would allow it"
    )


def test_a_spread_is_to_blame_without_any_capacity() -> None:
    spread = [{"over": "region", "minDomains": 4}]
    (one,) = found(deployment("chat", replicas=4, spread=spread))
    assert one.kind == "rules"
    assert one.members == (
        "deployment chat@production",
        "`minDomains` over region of chat@production",
    )


def test_independent_conflicts_share_nothing() -> None:
    two = found(
        deployment("chat", policies=("asia", "t4")),
        deployment("big", replicas=9, resources={"gpus": 8}),
        policies=(IN_ASIA, T4),
    )
    assert [one.kind for one in two] == ["policy", "capacity"]
    assert not set(two[0].members) & set(two[1].members)


def test_one_deployment_can_be_asked_about() -> None:
    asked = workspace(
        deployment("chat", policies=("asia", "t4")),
        deployment("big", replicas=9, resources={"gpus": 8}),
        deployment("fine"),
        policies=(IN_ASIA, T4),
    )
    planner = Planner(FLEET)
    assert [one.kind for one in planner.conflicts(asked, "big")] == ["capacity"]
    assert planner.conflicts(asked, "fine") == ()
    assert planner.conflicts(asked, most=0) == ()
    with pytest.raises(InputError, match="did you mean `chat`"):
        planner.conflicts(asked, "chta")


def test_names_that_the_catalog_does_not_have_are_an_error() -> None:
    wrong = policy("h200", "flavor", flavors=[{"type": "gpu", "name": "T44"}])
    with pytest.raises(InputError, match="T44"):
        found(deployment("chat"), policies=(wrong,), production=("h200",))


def test_odd_names_are_told_as_they_are() -> None:
    odd = deployment("模型.v1-α", replicas=99)
    (one,) = found(odd, catalog=fleet(US))
    assert one.members[0] == "deployment 模型.v1-α@production"


def test_a_question_that_stays_open_is_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two need three GPUs each of one node's eight, which the sums allow but the CPUs do not."""
    from placement.conflicts import finding
    from placement.solvers.holding import Verdict

    monkeypatch.setattr(finding, "holds", lambda question, effort: Verdict.UNKNOWN)
    spread = [{"over": "region", "minDomains": 4}]
    (one,) = found(deployment("chat", replicas=4, spread=spread))
    assert (one.proved, one.minimal) == (False, False)
    assert "it is not known whether there is one" in one.message
    (one,) = found(deployment("chat", replicas=99), catalog=fleet(US))
    assert (one.proved, one.minimal) == (True, False)
    assert one.message.endswith("(perhaps not all of these are needed for it)")


def test_disabled_deployments_and_environments_take_no_part() -> None:
    off = deployment("off", replicas=99, enabled=False)
    stage = Environment(name="production", policies=())
    asked: Workspace = make_workspace((), (stage,), (off,), ())
    assert Planner(FLEET).conflicts(asked) == ()
