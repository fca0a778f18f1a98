"""What holds of every transition of every workspace."""

from __future__ import annotations

import copy
import pickle

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from placement.errors import InputError
from placement.workspace.making import make_workspace
from placement.workspace.refusal import Refusal
from placement.workspace.transitions import (
    Keep,
    Transition,
    TransitionKind,
    attach,
    between,
    delete,
    delete_environment,
    delete_policy,
    deploy,
    detach,
    put_environment,
    put_policy,
    release,
    restore,
    set_enabled,
    upsert,
)
from placement.workspace.workspace import Environment
from tests.workspace.objects import NAMES, deployments, policies, workspaces
from tests.workspace.transitions.stages import row

SLOW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@st.composite
def running(draw):
    """A workspace in which some deployments run."""
    asked = draw(workspaces())
    rows = [row(one) for one in asked.deployments if draw(st.booleans())]
    return make_workspace(
        asked.policies.values(), asked.environments.values(), asked.deployments, rows
    )


@st.composite
def changes(draw, before):
    """A change with its arguments, mostly of names that are there."""
    stages = st.sampled_from([*before.environments, "nowhere"])
    models = st.sampled_from([*(one.name for one in before.deployments), "nothing"])
    policy = st.sampled_from([*before.policies, "none"])
    model, stage, other = draw(models), draw(stages), draw(stages)
    name, known = draw(policy), list(before.policies)
    maybe = draw(st.sampled_from([None, model]))
    names = draw(st.sampled_from([name for name in NAMES.elements if name not in known]))
    match draw(st.integers(0, 10)):
        case 0 if stage in before.environments:
            one = draw(deployments(model, stage, known))
            return lambda ws: deploy(ws, one)
        case 1:
            keep = draw(st.sets(st.sampled_from(Keep)))
            both = draw(st.booleans())
            return lambda ws: release(
                ws, model, source=stage, target=other, keep=keep, copy_policies=both
            )
        case 2:
            on = draw(st.booleans())
            return lambda ws: set_enabled(ws, model, environment=stage, enabled=on)
        case 3:
            return lambda ws: delete(ws, model, environment=stage)
        case 4:
            was = draw(st.none() | deployments(model, stage, known))
            return lambda ws: restore(ws, model, environment=stage, deployment=was)
        case 5:
            return lambda ws: attach(ws, name, environment=stage, model=maybe)
        case 6:
            return lambda ws: detach(ws, name, environment=stage, model=maybe)
        case 7:
            one = draw(policies(draw(st.sampled_from([name, names]))))
            return lambda ws: put_policy(ws, one)
        case 8:
            also = draw(st.booleans())
            return lambda ws: delete_policy(ws, name, detach=also)
        case 9:
            one = Environment(name=draw(stages), policies=known[:1])
            return lambda ws: put_environment(ws, one)
        case _:
            return lambda ws: delete_environment(ws, stage)


def asked_of(change, before):
    try:
        return change(before)
    except InputError:
        return None


@st.composite
def asked(draw):
    before = draw(running())
    return before, draw(changes(before))


@SLOW
@given(asked())
def test_the_workspace_before_stays_as_it_is(case):
    before, change = case
    twin = copy.deepcopy(before)
    found = asked_of(change, before)
    assert before == twin
    assert before.digest == make_again(before).digest
    if isinstance(found, Transition):
        assert found.before is before
        assert found.after.running == before.running


def make_again(one):
    """Return the same workspace made of its objects, checked and derived from nothing."""
    fresh = copy.deepcopy(one)
    return make_workspace(
        fresh.policies.values(), fresh.environments.values(), fresh.deployments, fresh.running
    )


@SLOW
@given(asked())
def test_the_workspace_after_is_like_one_made_at_once(case):
    before, change = case
    found = asked_of(change, before)
    assume(isinstance(found, Transition))
    whole = make_again(found.after)
    assert whole.digest == found.after.digest
    for derived in ("by_key", "running_by_key", "policies", "environments"):
        assert list(getattr(found.after, derived).items()) == list(getattr(whole, derived).items())
    assert found.after.deployments == whole.deployments


@SLOW
@given(asked())
def test_a_change_made_twice_is_a_change_made_once(case):
    before, change = case
    first = asked_of(change, before)
    assume(isinstance(first, Transition))
    again = asked_of(change, first.after)
    if isinstance(again, Transition):
        assert again.after is first.after
        assert (again.changed, again.removed, again.put, again.dropped) == ((), (), (), ())


@SLOW
@given(asked())
def test_what_differs_is_exactly_what_is_said_to(case):
    before, change = case
    found = asked_of(change, before)
    assume(isinstance(found, Transition))
    old, new = before.by_key, found.after.by_key
    differ = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    assert set(found.changed) == {key for key in differ if key in new and new[key].enabled}
    assert set(found.removed) == {
        key for key in differ if key in old and old[key].enabled
        if key not in new or not new[key].enabled
    }  # fmt: skip
    assert found.strict <= set(found.changed)
    assert found.after.replaced <= before.running_by_key.keys() & differ
    assert found.edits_policies == (
        before.policies != found.after.policies or before.environments != found.after.environments
    )


@SLOW
@given(asked())
def test_put_and_dropped_lead_from_before_to_after(case):
    before, change = case
    found = asked_of(change, before)
    assume(isinstance(found, Transition))
    objects = {("Policy", one.name): one for one in before.policies.values()}
    objects |= {("Environment", one.name): one for one in before.environments.values()}
    objects |= {("ModelDeployment", *one.key): one for one in before.deployments}
    for key in found.dropped:
        del objects[key]
    for one in found.put:
        kind = type(one).__name__
        key = one.key if kind == "ModelDeployment" else (one.name,)
        objects[(kind if kind in ("ModelDeployment", "Environment") else "Policy", *key)] = one
    by_kind = {kind: [] for kind in ("Policy", "Environment", "ModelDeployment")}
    for (kind, *_), one in objects.items():
        by_kind[kind].append(one)
    assert make_workspace(*by_kind.values()).digest == found.after.digest


@SLOW
@given(running(), st.data())
def test_the_order_of_unrelated_changes_does_not_matter(before, data):
    stages = list(before.environments)
    known = list(before.policies)
    first = data.draw(deployments("chat", data.draw(st.sampled_from(stages)), known))
    second = data.draw(deployments("embed", data.draw(st.sampled_from(stages)), known))

    def both(one, other):
        middle = deploy(before, one)
        return deploy(middle.after, other).after

    assert both(first, second) == both(second, first)


@SLOW
@given(asked())
def test_a_refusal_has_a_sentence(case):
    before, change = case
    found = asked_of(change, before)
    assume(isinstance(found, Refusal))
    assert found.message.isprintable()
    assert not found.message.endswith(".")
    assert asked_of(change, before) == found


@SLOW
@given(asked())
def test_a_transition_can_be_pickled(case):
    before, change = case
    found = asked_of(change, before)
    assume(isinstance(found, Transition))
    assert pickle.loads(pickle.dumps(found)) == found


@SLOW
@given(running(), running())
def test_between_any_two_workspaces_lies_a_transition(before, after):
    found = between(before, after, kind=TransitionKind.APPLY)
    assert found.after.digest == after.digest
    assert found.after.running == before.running
    back = between(found.after, before, kind=TransitionKind.APPLY)
    assert back.after.digest == before.digest
    if before.digest != after.digest:
        assert found.put or found.dropped


@SLOW
@given(running(), workspaces())
def test_applying_with_pruning_leaves_what_was_applied(before, objects):
    pruned = upsert(before, objects, prune=True)
    assert pruned.after.digest == objects.digest
    assert pruned.after.running == before.running
