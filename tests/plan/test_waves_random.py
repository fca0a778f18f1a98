"""Random small changes: an order is found if and only if trying everything finds one."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random

import pytest

from placement.plan.rows import Action, Change
from tests.plan.wave_worlds import BruteForce, Story, draw_story

SMALL = 8
"""Steps that are few enough to try every order."""
Waves = list[list[Change]]


@cache
def stories(chunk: int, count: int = 60) -> tuple[tuple[Story, BruteForce], ...]:
    drawn = (draw_story(seed) for seed in range(chunk * count, (chunk + 1) * count))
    pairs = ((story, BruteForce(story)) for story in drawn)
    return tuple((story, force) for story, force in pairs if force.size <= SMALL)


def waves_of(story: Story) -> Waves:
    return [list(wave) for wave in story.order().waves or ()]


@pytest.mark.parametrize("chunk", range(8))
def test_an_order_is_found_if_and_only_if_there_is_one(chunk: int) -> None:
    for story, force in stories(chunk):
        found, fewest = story.order(), force.fewest
        assert found.proved
        assert (found.waves is None) == (fewest is None), story
        if found.waves is None:
            continue
        assert story.faults(found.waves) == [], story
        assert bool(found.waves) == bool(force.leave or force.held), story


@pytest.mark.parametrize("chunk", range(8))
def test_there_is_at_most_one_wave_more_than_needed(chunk: int) -> None:
    for story, force in stories(chunk):
        fewest, waves = force.fewest, waves_of(story)
        if fewest is not None and waves:
            own = [wave for wave in waves if any(change.to_node for change in wave)]
            assert len(own) <= fewest + 1, story


def test_the_stories_have_something_of_everything() -> None:
    fewest = [force.fewest for chunk in range(8) for _, force in stories(chunk)]
    assert min(fewest.count(count) for count in (None, 1, 2)) > 20
    assert fewest.count(3) > 0
    found = [wave for chunk in range(8) for story, _ in stories(chunk) for wave in waves_of(story)]
    assert {change.action for wave in found for change in wave} == {
        Action.PLACE,
        Action.MOVE,
        Action.REMOVE,
    }


@pytest.mark.parametrize("chunk", range(4))
def test_the_same_change_has_the_same_waves(chunk: int) -> None:
    for story, _ in stories(chunk):
        turned = replace(story, runs=story.runs[::-1], plans=story.plans[::-1])
        assert turned.order() == story.order()


def has_shares(story: Story) -> bool:
    return any(one.is_share for one in (*story.asked_before, *story.asked_after))


@pytest.mark.parametrize("chunk", range(8))
def test_shuffled_waves_are_judged_as_by_a_plain_replay(chunk: int) -> None:
    rng = Random(chunk)
    verdicts = set()
    for story, force in stories(chunk):
        if has_shares(story) or not story.order().waves:
            continue
        for _ in range(4):
            waves = shuffled(rng, waves_of(story))
            good = force.accepts(waves)
            assert (story.faults(waves) == []) == good, (story, waves)
            verdicts.add(good)
    assert verdicts == {True, False}


def shuffled(rng: Random, waves: Waves) -> Waves:
    """Return the same steps in one to three waves at random, or the waves in another order."""
    if rng.random() < 0.3:
        return rng.sample(waves, len(waves))
    drawn: Waves = [[] for _ in range(rng.randint(1, 3))]
    for change in (change for wave in waves for change in wave):
        for _ in range(change.replicas):
            rng.choice(drawn).append(replace(change, replicas=1))
    return [wave for wave in drawn if wave]


def corrupted(rng: Random, waves: Waves) -> dict[str, Waves]:
    """Return waves that are wrong whatever the nodes hold."""
    where = rng.randrange(len(waves))
    index = rng.randrange(len(waves[where]))
    row = waves[where][index]

    def put(*rows: Change) -> Waves:
        wave = [*waves[where][:index], *rows, *waves[where][index + 1 :]]
        return [*waves[:where], wave, *waves[where + 1 :]]

    edits: dict[str, Waves] = {
        "a row left out": put(),
        "a row twice": put(row, row),
        "one replica more": put(replace(row, replicas=row.replicas + 1)),
        "no replica": put(row, replace(row, replicas=0)),
        "another model": put(replace(row, model="z")),
        "another environment": put(replace(row, environment="development")),
        "another version": put(replace(row, version="9")),
        "a row that keeps": put(row, replace(row, action=Action.KEEP)),
        "an empty wave": [*waves[:where], [], *waves[where:]],
        "a wave twice": [*waves, waves[where]],
        "no waves at all": [],
    }
    for end in ("from_node", "to_node"):
        node = getattr(row, end)
        edits[f"another {end}"] = put(replace(row, **{end: "n/9"}))
        edits[f"{end} there or not"] = put(replace(row, **{end: "n/0" if node is None else None}))
    for action in set(Action) - {row.action}:
        edits[f"called {action}"] = put(replace(row, action=action))
    return edits


@pytest.mark.parametrize("chunk", range(4))
def test_every_corrupted_order_is_found(chunk: int) -> None:
    rng = Random(chunk)
    for story, _ in stories(chunk):
        waves = waves_of(story)
        if not waves:
            continue
        for name, wrong in corrupted(rng, waves).items():
            assert story.faults(wrong) != [], (name, story)


def test_waves_of_a_change_without_moves_are_found() -> None:
    still = next(
        story
        for chunk in range(8)
        for story, force in stories(chunk)
        if force.come and not force.leave and not force.held
    )
    placed = [change for change in still.plan.changes if change.action is Action.PLACE]
    assert placed
    assert still.faults([]) == []
    assert still.faults([placed]) != []
