"""Deployments put in place, switched, taken away and brought back."""

from __future__ import annotations

import pytest

from placement.errors import InputError
from placement.workspace.refusal import RefusalReason
from placement.workspace.transitions import delete, deploy, restore, set_enabled
from placement.workspace.workspace import Environment
from tests.workspace.transitions.stages import (
    DEV,
    PROD,
    chat,
    country,
    made,
    refused,
    row,
    workspace,
)

KEY = ("chat", PROD)


def test_a_first_deployment_need_not_be_whole():
    found = made(deploy(workspace(), chat(version="A")))
    assert (found.changed, found.removed, found.strict) == ((KEY,), (), frozenset())
    assert dict(found.arguments) == {"model": "chat", "environment": PROD, "version": "A"}


def test_no_environment_means_production():
    assert chat().environment == PROD
    assert list(made(deploy(workspace(), chat())).after.by_key) == [KEY]


def test_deploying_over_another_replaces_it_and_must_be_whole():
    found = made(deploy(workspace(chat(version="A")), chat(version="B")))
    assert (found.changed, found.strict) == ((KEY,), {KEY})
    assert found.after.replaced == {KEY}
    assert [one.version for one in found.after.deployments] == ["B"]


def test_deploying_over_a_disabled_one_is_a_first_deployment():
    found = made(deploy(workspace(chat(enabled=False)), chat(version="B")))
    assert (found.changed, found.strict) == ((KEY,), frozenset())


def test_deploying_what_is_there_changes_nothing():
    before = workspace(chat())
    assert made(deploy(before, chat())).after is before


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"policies": ("uss",)}, "PL301"),
        ({"environment": "prod"}, "PL302"),
        ({"separate_from": [{"selector": {"environment": "prod"}, "over": "node"}]}, "PL302"),
        ({"together_with": [{"selector": {"environment": "prod"}, "over": "node"}]}, "PL302"),
    ],
)
def test_a_deployment_may_only_name_what_is_there(fields, code):
    with pytest.raises(InputError) as wrong:
        deploy(workspace(), chat(**fields))
    assert [found.code for found in wrong.value.diagnostics] == [code]
    assert made(deploy(workspace(), chat(policies=("us",))))


def test_disabling_keeps_the_record_and_frees_the_replicas():
    before = workspace(chat(replicas=3))
    found = made(set_enabled(before, "chat", environment=PROD, enabled=False))
    assert (found.kind, found.changed, found.removed) == ("disable", (), (KEY,))
    assert found.after.by_key[KEY] == chat(replicas=3, enabled=False)


def test_enabling_is_a_first_deployment():
    before = workspace(chat(enabled=False))
    found = made(set_enabled(before, "chat", environment=PROD, enabled=True))
    assert (found.kind, found.changed, found.strict) == ("enable", (KEY,), frozenset())
    assert found.after.by_key[KEY] == chat()


def test_a_change_of_what_is_disabled_places_nothing():
    before = workspace(chat(enabled=False))
    found = made(deploy(before, chat(version="B", enabled=False)))
    assert (found.changed, found.removed) == ((), ())
    assert [one.version for one in found.put] == ["B"]


def test_deleting_takes_the_record_away():
    found = made(delete(workspace(chat(), chat(DEV)), "chat", environment=PROD))
    assert list(found.after.by_key) == [("chat", DEV)]
    assert (found.changed, found.removed) == ((), (KEY,))
    assert found.dropped == (("ModelDeployment", "chat", PROD),)


def test_deleting_what_is_disabled_frees_nothing():
    found = made(delete(workspace(chat(enabled=False)), "chat", environment=PROD))
    assert (found.removed, found.dropped) == ((), (("ModelDeployment", "chat", PROD),))


@pytest.mark.parametrize(
    ("model", "environment", "reason"),
    [
        ("chat", DEV, RefusalReason.ABSENT),
        ("chta", PROD, RefusalReason.UNKNOWN_MODEL),
        ("chat", "prod", RefusalReason.UNKNOWN_ENVIRONMENT),
    ],
)
def test_what_is_not_there_is_refused(model, environment, reason):
    before = workspace(chat())
    asked = {"environment": environment}
    assert refused(delete(before, model, **asked))[0] is reason
    assert refused(set_enabled(before, model, enabled=True, **asked))[0] is reason
    assert refused(restore(before, model, deployment=None, **asked))[0] is reason


def test_a_rollback_must_be_whole_wherever_it_goes():
    was = chat(version="A")
    over = made(restore(workspace(chat(version="B")), "chat", environment=PROD, deployment=was))
    anew = made(restore(workspace(), "chat", environment=PROD, deployment=was))
    assert over.strict == anew.strict == {KEY}
    assert over.after.by_key == anew.after.by_key == {KEY: was}


def test_a_rollback_of_what_created_a_deployment_takes_it_away():
    found = made(restore(workspace(chat()), "chat", environment=PROD, deployment=None))
    assert (found.kind, found.removed, found.after.deployments) == ("rollback", (KEY,), ())


def test_a_rollback_brings_policies_back_and_is_refused_if_they_are_gone():
    found = restore(workspace(), "chat", environment=PROD, deployment=chat(policies=("us",)))
    assert made(found).after.by_key[KEY].policies == ("us",)
    was = chat(policies=("gone",))
    found = restore(workspace(), "chat", environment=PROD, deployment=was)
    assert refused(found) == (RefusalReason.UNKNOWN_POLICY, "unknown policy `gone`")


def test_a_rollback_into_an_environment_that_is_gone_is_refused():
    was = chat("gone")
    found = restore(workspace(), "chat", environment="gone", deployment=was)
    assert refused(found)[0] is RefusalReason.UNKNOWN_ENVIRONMENT
    peer = chat(separate_from=[{"selector": {"environment": "gone"}, "over": "node"}])
    found = restore(workspace(), "chat", environment=PROD, deployment=peer)
    assert refused(found)[0] is RefusalReason.UNKNOWN_ENVIRONMENT


def test_a_rollback_to_another_deployment_s_record_is_a_fault():
    with pytest.raises(ValueError, match="development"):
        restore(workspace(), "chat", environment=PROD, deployment=chat(DEV))


@pytest.mark.parametrize(
    ("fields", "is_replaced"),
    [
        ({"version": "B"}, True),
        ({"resources": {"gpus": 1, "cpus": 2}}, True),
        ({"flavors": [{"type": "gpu", "name": "T4"}]}, True),
        ({"replicas": 5}, False),
        ({"priority": 5}, False),
        ({"labels": {"a": "b"}}, False),
        ({"policies": ("us",)}, False),
        ({"rollout": "recreate"}, False),
    ],
)
def test_running_rows_are_replaced_when_the_template_changes(fields, is_replaced):
    found = made(deploy(workspace(chat()), chat(**fields)))
    assert found.after.replaced == ({KEY} if is_replaced else frozenset())
    assert found.after.running == found.before.running


def test_without_running_rows_nothing_is_replaced():
    found = made(deploy(workspace(chat(), runs=False), chat(version="B")))
    assert found.after.replaced == frozenset()


def test_what_is_replaced_stays_so_until_it_is_placed():
    first = made(deploy(workspace(chat()), chat(resources={"cpus": 2})))
    second = made(deploy(first.after, chat("development")))
    assert second.after.replaced == {KEY}
    gone = made(delete(second.after, "chat", environment=PROD))
    assert gone.after.replaced == frozenset()


def test_rows_without_a_record_are_of_an_unknown_template():
    gone = made(delete(workspace(chat()), "chat", environment=PROD))
    assert gone.after.running == (row(chat()),)
    assert made(deploy(gone.after, chat())).after.replaced == {KEY}


def test_objects_are_checked_even_in_environments_of_their_own():
    stage = Environment(name="qa", policies=("de",))
    before = workspace(chat("qa"), stages=(stage.model_copy(update={"policies": ()}),))
    assert made(deploy(before, chat("qa", "B"))).changed == (("chat", "qa"),)
    assert country("de", "DE").name not in before.policies
