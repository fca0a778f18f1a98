"""What a rollback goes back to, against a plain stack per deployment."""

from __future__ import annotations

from random import Random

import pytest

from placement.store.store import Store
from placement.workspace.transitions import delete, deploy, release, replace_all, restore
from tests.store.fleet import chat, commit, deploy_once

KEY = ("chat", "production")


def roll_back(store, key=KEY):
    """Roll a deployment back once; returns what was found to go back to."""
    found = store.previous(*key)
    model, environment = key
    workspace = store.head().workspace
    deployment = found.deployment
    commit(store, restore(workspace, model, environment=environment, deployment=deployment))
    return found


def roll_back_to(store, serial):
    target = store.snapshot(serial).workspace
    commit(store, replace_all(store.head().workspace, target, serial=serial))


def version(store, key=KEY):
    found = store.head().workspace.by_key.get(key)
    return found and found.version


def test_what_never_was_has_nothing_before_it(store):
    deploy_once(store, chat())
    assert store.previous("chat", "development") is None
    assert store.previous("other", "production") is None


def test_a_change_that_created_a_deployment_is_undone_by_removal(store):
    deploy_once(store, chat())
    found = store.previous(*KEY)
    assert (found.serial, found.deployment) == (1, None)
    roll_back(store)
    assert version(store) is None
    assert store.previous(*KEY) is None


def test_repeating_walks_further_back(store):
    for name in "ABC":
        deploy_once(store, chat(name))
    assert [roll_back(store).serial for _ in range(3)] == [3, 2, 1]
    assert store.previous(*KEY) is None


def test_a_change_after_a_rollback_comes_first(store):
    for name in "AB":
        deploy_once(store, chat(name))
    roll_back(store)
    deploy_once(store, chat("C"))
    assert roll_back(store).deployment.version == "A"
    assert roll_back(store).deployment is None


def test_a_removal_is_undone_by_bringing_back(store):
    deploy_once(store, chat("A", policies=()))
    commit(store, delete(store.head().workspace, "chat", environment="production"))
    assert roll_back(store).deployment.version == "A"
    assert version(store) == "A"


def test_a_release_and_its_rollback_leave_the_source_alone(store):
    deploy_once(store, chat("A"))
    deploy_once(store, chat("B", environment="development"))
    workspace = store.head().workspace
    commit(store, release(workspace, "chat", source="development", target="production"))
    deploy_once(store, chat("C", environment="development"))
    assert roll_back(store).deployment.version == "A"
    assert version(store, ("chat", "development")) == "C"
    assert store.previous("chat", "development").serial == 4


def test_others_do_not_matter(store):
    deploy_once(store, chat("A"))
    deploy_once(store, chat("X", model="other"))
    deploy_once(store, chat("B"))
    roll_back(store, ("other", "production"))
    assert store.previous(*KEY).serial == 3


def test_going_back_to_a_serial_goes_back_to_its_stack(store):
    for name in "ABCD":
        deploy_once(store, chat(name))
    roll_back_to(store, 2)
    assert version(store) == "B"
    assert roll_back(store).serial == 2
    assert roll_back(store).serial == 1


def test_going_back_to_a_serial_counts_even_where_nothing_differs(store):
    deploy_once(store, chat("A"))
    deploy_once(store, chat("B"))
    deploy_once(store, chat("A"))
    roll_back_to(store, 1)
    assert version(store) == "A"
    assert store.previous(*KEY).serial == 1


def test_going_back_to_a_serial_that_was_a_rollback(store):
    for name in "AB":
        deploy_once(store, chat(name))
    roll_back(store)  # serial 3: A again
    deploy_once(store, chat("C"))
    roll_back_to(store, 3)
    assert roll_back(store).serial == 1


@pytest.mark.parametrize("seed", range(12))
def test_any_history_is_a_stack_per_deployment(store, url, seed):
    rng = Random(seed)
    keys = [("chat", "production"), ("chat", "development"), ("embed", "production")]
    stacks = [dict.fromkeys(keys, ())]  # by serial; a stack holds (serial, what was replaced)
    for serial in range(1, 25):
        now, workspace = dict(stacks[-1]), store.head().workspace
        key = rng.choice(keys)
        there = workspace.by_key.get(key)
        action = rng.choice(["deploy", "deploy", "roll back", "roll back", "delete", "to"])
        if action == "roll back" and now[key]:
            assert roll_back(store, key) == store_previous(now[key][-1])
            now[key] = now[key][:-1]
        elif action == "to" and serial > 1:
            back = rng.randrange(serial)
            roll_back_to(store, back)
            now = stacks[back]
        elif action == "delete" and there:
            commit(store, delete(workspace, key[0], environment=key[1]))
            now[key] += ((serial, there),)
        else:
            new = chat(str(rng.randrange(3)), model=key[0], environment=key[1])
            commit(store, deploy(workspace, new))
            now[key] += ((serial, there),) if new != there else ()
        stacks.append(now)
    with Store.open(url) as other:
        for key in keys:
            top = stacks[-1][key][-1:]
            assert other.previous(*key) == (store_previous(top[0]) if top else None)


def store_previous(top):
    from placement.store.values import Previous

    return Previous(*top)
