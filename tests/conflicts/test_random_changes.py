"""Conflicts and repairs of random changes that are refused, judged by brute force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from placement.catalog.edits import with_count
from placement.planner import Planner
from placement.policies.registry import POLICY_TYPES
from placement.preview import Preview
from placement.workspace.transitions import between
from placement.workspace.transitions.edits import Object, edited
from placement.workspace.workspace import ModelDeployment
from tests.conflicts.brute import possible
from tests.worlds.changes.change import Change
from tests.worlds.changes.generator import random_change
from tests.worlds.changes.package import transition_of
from tests.worlds.package import catalog_of
from tests.worlds.world import Deployment, Key, Row

CHANGES = 240
CHUNKS = 4


def options_of(change: Change) -> dict[str, Any]:
    return {"allow_partial": change.allow_partial, "evict": change.evict}


def refused(chunk: int) -> Iterator[tuple[Change, Preview]]:
    """Yield the changes that do not fit, leaving out those that only have no order."""
    for seed in range(chunk, CHANGES, CHUNKS):
        change = random_change(seed)
        planner = Planner(catalog_of(change.before))
        preview = planner.transact(
            transition_of(change), catalog=catalog_of(change.after), **options_of(change)
        )
        if preview.refusal is not None and preview.refusal.reason in ("capacity", "strands"):
            yield change, preview


def needs_of(change: Change) -> dict[Key, int]:
    """Return how many replicas have to have a place for the change to be made."""
    return {d.key: change.least(d.key) for d in change.after.deployments if d.enabled}


def held_by(change: Change) -> list[tuple[Row, Deployment]]:
    return [(row, change.before.deployment(row.key)) for row in change.held]


def read(document: Mapping[str, Any]) -> Object:
    """Return the object of a document."""
    fields = {**document["metadata"], **document["spec"]}
    if document["kind"] == "Policy":
        return POLICY_TYPES[fields["type"]].model_validate(fields)
    return ModelDeployment.model_validate(fields)


def faults(change: Change, preview: Preview) -> Iterator[str]:
    """Yield what is wrong with the conflicts of a refused change."""
    world, needs, held = change.rules.world, needs_of(change), held_by(change)
    assert preview.refusal is not None
    for conflict in preview.refusal.conflicts:
        members = set(conflict.members)
        if not (conflict.proved and conflict.minimal):
            yield f"not decided: {conflict}"
        if possible(world, members, needs, held):
            yield f"no conflict: {conflict}"
        for member in members:
            if not possible(world, members - {member}, needs, held):
                yield f"{member} is innocent of {conflict}"


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_conflicts_of_refused_changes_are_minimal(chunk: int) -> None:
    found = list(refused(chunk))
    assert len(found) >= 5
    wrong = {change.seed: list(faults(change, preview)) for change, preview in found}
    assert {seed: faulty for seed, faulty in wrong.items() if faulty} == {}


@pytest.mark.slow
def test_repairs_of_refused_changes_let_them_be_made() -> None:
    """Each edit is made by hand on the change, which is then asked for again."""
    tried = 0
    for change, _ in refused(1):
        transition = transition_of(change)
        catalog = catalog_of(change.after)
        preview = Planner(catalog).transact(transition, repairs=True, **options_of(change))
        if preview.refusal is None:
            continue
        for repair in preview.refusal.repairs:
            assert repair.verified, repair
            tried += 1
            options = options_of(change)
            after, fleet = transition.after, catalog
            for edit in repair.edits:
                if "allow" in edit:
                    word = {"partial": "allow_partial", "evict": "evict"}[edit["allow"]]
                    options[word] = True
                elif "nodeGroup" in edit:
                    fleet = with_count(fleet, edit["nodeGroup"], edit["count"])
                else:
                    after = edited(after, put=[read(edit["put"])])
            asked = between(
                transition.before, after, kind=transition.kind, arguments=transition.arguments
            )
            again = Planner(fleet).transact(asked, **options)
            assert again.refusal is None, (change.seed, repair)
    assert tried >= 10
