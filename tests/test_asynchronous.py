"""The awaited planner answers as the planner does, and a cancelled task ends its solve."""

from __future__ import annotations

import asyncio
import threading

import pytest

from placement import AsyncPlanner, Planner
from placement.workspace.making import make_workspace
from placement.workspace.workspace import ModelDeployment
from tests.worlds.changes.generator import random_change
from tests.worlds.changes.package import transition_of
from tests.worlds.package import catalog_of


def world():
    change = random_change(0)
    return catalog_of(change.before), transition_of(change)


def test_many_calls_at_once_answer_as_one_after_the_other():
    catalog, transition = world()
    alone = Planner(catalog).transact(transition).digest

    async def many():
        planner = AsyncPlanner(catalog)
        return await asyncio.gather(*(planner.transact(transition) for _ in range(5)))

    assert {preview.digest for preview in asyncio.run(many())} == {alone}


def test_every_method_has_its_awaited_twin():
    def public(kind):
        return {name for name in vars(kind) if not name.startswith("_")}

    assert public(AsyncPlanner) == public(Planner)


def test_a_cancelled_task_ends_its_solve():
    catalog, transition = world()
    planner = Planner(catalog)
    begun, ended = threading.Event(), threading.Event()

    def slow(transition, *, cancel):
        begun.set()
        while not cancel.is_set():
            threading.Event().wait(0.01)
        ended.set()

    planner.transact = slow

    async def cancel_it():
        task = asyncio.create_task(AsyncPlanner(planner).transact(transition))
        await asyncio.to_thread(begun.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel_it())
    assert ended.is_set()


def test_the_callers_own_token_ends_a_solve_too():
    catalog, transition = world()
    planner = Planner(catalog)
    planner.transact = lambda transition, *, cancel: cancel.is_set()
    token = threading.Event()

    async def ask():
        return await AsyncPlanner(planner).transact(transition, cancel=token)

    assert asyncio.run(ask()) is False
    token.set()
    assert asyncio.run(ask()) is True


def test_recommendations_are_awaited_as_well():
    catalog, _ = world()
    wish = ModelDeployment(name="m", version="1")
    workspace = make_workspace()

    async def ask():
        return await AsyncPlanner(catalog).recommend(workspace, wish)

    assert asyncio.run(ask()) == Planner(catalog).recommend(workspace, wish)
