"""What holds of every scenario, on random worlds in which the rules bind."""

from __future__ import annotations

from collections import Counter

import pytest

from placement import Planner, Scenario, simulate, sweep, verify
from placement.plan.rows import Action
from placement.simulation.edits import AddNodes, Attach, Detach, Lose, PutPolicy, SetPrice
from placement.simulation.judging import outcome_of, unchanged
from placement.simulation.options import Options
from placement.simulation.outcome import Fate, Verdict
from placement.simulation.scenario import change_of, is_plain
from placement.simulation.today import today_of
from tests.simulation.worlds import planned

CHUNKS = 4
WORLDS = 44
OPTIONS = Options()


def worlds(chunk: int):
    for seed in range(chunk, WORLDS, CHUNKS):
        yield planned(seed)


def rows_after(workspace, outcome) -> Counter[tuple[str, str, str]]:
    """Return replicas by (model, environment, node) once the steps have been taken."""
    found = Counter(
        {(r.model, r.environment, r.node): 0 for r in workspace.running},
    )
    for row in workspace.running:
        found[row.model, row.environment, row.node] += row.replicas
    for step in outcome.changes:
        if step.from_node is not None:
            found[step.model, step.environment, step.from_node] -= step.replicas
        if step.to_node is not None:
            found[step.model, step.environment, step.to_node] += step.replicas
    assert all(count >= 0 for count in found.values())
    return +found


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_edits_change_nothing(chunk):
    for catalog, workspace in worlds(chunk):
        (outcome,) = simulate(catalog, workspace, [Scenario("as it is")])
        assert outcome.verdict is Verdict.UNCHANGED
        assert outcome.today == outcome.after
        assert not outcome.changes
        assert set(outcome.fates) <= {Fate.UNTOUCHED}


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_nothing_runs_where_all_is_lost_and_the_verifier_agrees(chunk):
    seen = Counter()
    for catalog, workspace in worlds(chunk):
        today = today_of(catalog, workspace, OPTIONS, None)
        for scenario in (*sweep(catalog, "region"), *sweep(catalog, "node-group")):
            outcome = outcome_of(today, scenario, OPTIONS)
            seen[outcome.verdict] += 1
            if outcome.verdict is Verdict.UNKNOWN:
                continue
            used = {node for _, _, node in rows_after(workspace, outcome)}
            assert not used & lost_in(scenario, catalog)
            judged(today, scenario, outcome)
    assert seen[Verdict.LOSES] >= 5
    assert seen[Verdict.SURVIVES] >= 3
    assert seen[Verdict.UNKNOWN] == 0


def lost_in(scenario, catalog) -> set[str]:
    place = scenario.edits[0].name
    return {
        group.node(index)
        for group in catalog.node_groups
        if place in (group.name, group.region.key)
        for index in range(group.count)
    }


def judged(today, scenario, outcome) -> None:
    """Make the change anew, and let the verifier judge its plan and count what was told."""
    change = change_of(scenario, today.catalog, today.workspace)
    preview = Planner(today.catalog).transact(change.transition, catalog=change.catalog)
    report = verify(
        change.catalog, change.transition.after, preview.plan, before=change.transition.before
    )
    assert report.ok, report.violations
    assert outcome.after.cost == sum(row.cost for row in preview.plan.assignments)
    placed = Counter(row.key for row in preview.plan.assignments for _ in range(row.replicas))
    assert {row.key: row.after for row in outcome.deployments if row.after} == placed


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_to_lose_what_nobody_uses_changes_nothing(chunk):
    seen = 0
    for catalog, workspace in worlds(chunk):
        today = today_of(catalog, workspace, OPTIONS, None)
        used = {row.node.rpartition("/")[0] for row in workspace.running}
        for name in sorted(catalog.groups_by_name.keys() - used)[:2]:
            scenario = Scenario(name, [Lose(scope="node-group", name=name)])
            assert is_plain(scenario, catalog, today.workspace)
            # Planning it comes to the same as seeing it.
            change = change_of(scenario, catalog, today.workspace)
            preview = today.planner.transact(change.transition, catalog=change.catalog)
            assert all(step.action is Action.KEEP for step in preview.plan.changes)
            assert preview.plan.tiers == unchanged(today, scenario).tiers
            assert unchanged(today, scenario).verdict is Verdict.UNCHANGED
            seen += 1
    assert seen >= 10


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_more_nodes_never_raise_the_optimum(chunk):
    seen = 0
    for catalog, workspace in worlds(chunk):
        bare = workspace.revised(running=())
        name = catalog.node_groups[0].name
        if any(spread.max_skew for d in bare.deployments for spread in d.spread):
            continue  # nodes that are new may be domains that are new
        scenario = Scenario("more", [AddNodes(node_group=name, nodes=2)])
        more = change_of(scenario, catalog, bare).catalog
        before, after = Planner(catalog).plan(bare), Planner(more).plan(bare)
        if before.status != "optimal" or after.status != "optimal":
            continue
        seen += 1
        pairs = zip(before.tiers, after.tiers, strict=True)
        assert [b.value for _, b in pairs] <= [tier.value for tier in before.tiers]
    assert seen >= 8


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_attach_and_detach_are_nothing_together(chunk):
    seen = 0
    for catalog, workspace in worlds(chunk):
        free = sorted(workspace.policies.keys() - {*workspace.environments["production"].policies})
        for name in free[:1]:
            edits = [
                Attach(policy=name, environment="production"),
                Detach(policy=name, environment="production"),
            ]
            change = change_of(Scenario("there and back", edits), catalog, workspace)
            assert change.transition.after == workspace
            assert not change.transition.put
            (outcome,) = simulate(catalog, workspace, [Scenario("there and back", edits)])
            assert outcome.verdict is Verdict.UNCHANGED
            seen += 1
    assert seen >= 2


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_what_is_given_stays_and_the_order_of_scenarios_does_not_matter(chunk):
    for catalog, workspace in [*worlds(chunk)][:6]:
        group = catalog.node_groups[0].name
        scenarios = [
            Scenario("dear", [SetPrice(node_group=group, price_per_hour=9)]),
            *sweep(catalog, "region"),
            *(
                Scenario(f"observe {name}", [PutPolicy(policy=observed(policy))])
                for name, policy in workspace.policies.items()
            ),
        ]
        before = (catalog.digest, workspace.digest, workspace.running, repr(scenarios))
        there = simulate(catalog, workspace, scenarios)
        back = simulate(catalog, workspace, scenarios[::-1])
        assert [o.digest for o in there] == [o.digest for o in back][::-1]
        assert before == (catalog.digest, workspace.digest, workspace.running, repr(scenarios))
        assert catalog.digest == planned_digest(catalog)


def observed(policy):
    return policy.model_copy(update={"enforcement": "observe"})


def planned_digest(catalog) -> str:
    """Return the digest of a catalog, computed anew."""
    from placement.catalog.digest import digest_of

    return digest_of(catalog)
