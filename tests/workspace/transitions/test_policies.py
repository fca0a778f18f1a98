"""Policies and environments declared, attached, detached and taken away."""

from __future__ import annotations

import pytest

from placement.errors import InputError
from placement.workspace.refusal import RefusalReason
from placement.workspace.transitions import (
    attach,
    delete_environment,
    delete_policy,
    detach,
    put_environment,
    put_policy,
)
from placement.workspace.workspace import Environment
from tests.workspace.transitions.stages import (
    DEV,
    PROD,
    STAGE,
    chat,
    country,
    made,
    refused,
    workspace,
)


def test_a_policy_is_attached_to_an_environment():
    found = made(attach(workspace(chat()), "us", environment=PROD))
    assert found.after.environments[PROD].policies == ("us",)
    assert (found.changed, found.strict, found.edits_policies) == ((), frozenset(), True)
    assert dict(found.arguments) == {"policy": "us", "environment": PROD}


def test_a_policy_is_attached_to_a_deployment():
    found = made(attach(workspace(chat()), "us", environment=PROD, model="chat"))
    assert found.after.by_key["chat", PROD].policies == ("us",)
    assert found.after.environments == found.before.environments
    assert (found.changed, found.strict) == ((("chat", PROD),), frozenset())
    assert dict(found.arguments) == {"policy": "us", "environment": PROD, "model": "chat"}


def test_attaching_twice_is_attaching_once():
    once = made(attach(workspace(), "us", environment=PROD)).after
    again = made(attach(once, "us", environment=PROD))
    assert again.after is once
    assert again.warnings == ()


def test_detaching_undoes_attaching():
    before = workspace(chat(policies=("t4",)))
    attached = made(attach(before, "us", environment=PROD, model="chat")).after
    back = made(detach(attached, "us", environment=PROD, model="chat")).after
    assert back == before


@pytest.mark.parametrize(
    ("policy", "environment", "model", "reason"),
    [
        ("uss", PROD, None, RefusalReason.UNKNOWN_POLICY),
        ("us", "prod", None, RefusalReason.UNKNOWN_ENVIRONMENT),
        ("us", PROD, "chta", RefusalReason.UNKNOWN_MODEL),
        ("us", DEV, "chat", RefusalReason.ABSENT),
    ],
)
def test_only_what_is_there_is_attached_and_detached(policy, environment, model, reason):
    before = workspace(chat())
    for change in (attach, detach):
        found = change(before, policy, environment=environment, model=model)
        assert refused(found)[0] is reason


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (None, "policy `us` is not attached to environment `production`"),
        ("chat", "policy `us` is not attached to `chat` in `production`"),
    ],
)
def test_what_is_not_attached_is_not_detached(model, message):
    found = detach(workspace(chat()), "us", environment=PROD, model=model)
    assert refused(found) == (RefusalReason.ABSENT, message)


@pytest.mark.parametrize(
    ("there", "more", "warnings"),
    [
        (("us",), "germany", ["policy `germany` widens what `us` of type `location` allows in environment `production`"]),
        (("us", "seen", "t4"), "germany", ["policy `germany` widens what `us` of type `location` allows in environment `production`"]),
        (("us",), "t4", []),
        (("us",), "seen", []),
        (("seen",), "us", []),
        ((), "us", []),
        (("us",), "cap", []),
    ],
)  # fmt: skip
def test_a_second_policy_of_a_type_is_said_to_widen(there, more, warnings):
    before = workspace(stages=(Environment(name=PROD, policies=there),))
    assert list(made(attach(before, more, environment=PROD)).warnings) == warnings


@pytest.mark.parametrize(
    ("there", "less", "warnings"),
    [
        (("us",), "us", ["environment `production` has no policy of type `location` any more"]),
        (("us", "seen"), "us", ["environment `production` has no policy of type `location` any more"]),
        (("us", "germany"), "us", []),
        (("us", "seen"), "seen", []),
        (("cap",), "cap", []),
    ],
)  # fmt: skip
def test_taking_the_last_policy_of_a_type_is_said_to_open(there, less, warnings):
    before = workspace(stages=(Environment(name=PROD, policies=there),))
    assert list(made(detach(before, less, environment=PROD)).warnings) == warnings
    assert list(made(delete_policy(before, less, detach=True)).warnings) == warnings


def test_a_policy_is_put_in_place_wherever_it_is_attached():
    stage = Environment(name=PROD, policies=("us",))
    found = made(put_policy(workspace(chat(), stages=(stage,)), country("us", "CA")))
    assert found.after.policies["us"] == country("us", "CA")
    assert (found.changed, found.edits_policies) == ((), True)
    assert found.put == (country("us", "CA"),)


def test_a_new_policy_takes_its_place_in_the_order():
    found = made(put_policy(workspace(), country("italy", "IT")))
    assert list(found.after.policies) == sorted(found.after.policies)
    assert "italy" in found.after.policies


@pytest.mark.parametrize(
    ("policy", "code"),
    [(country("nowhere", "Untied States"), "PL304"), (country("", "US"), "PL313")],
)
def test_a_policy_is_checked_like_one_of_a_file(policy, code):
    with pytest.raises(InputError) as wrong:
        put_policy(workspace(), policy)
    assert [found.code for found in wrong.value.diagnostics] == [code]


def test_a_policy_in_use_is_not_deleted_unless_it_is_detached():
    stage = Environment(name=PROD, policies=("us",))
    before = workspace(chat(DEV, policies=("t4", "us")), stages=(stage,))
    reason, message = refused(delete_policy(before, "us"))
    assert reason is RefusalReason.IN_USE
    assert message == (
        "policy `us` is attached to environment `production`, `chat` in `development`"
    )
    found = made(delete_policy(before, "us", detach=True))
    assert "us" not in found.after.policies
    assert found.after.environments[PROD].policies == ()
    assert found.after.by_key["chat", DEV].policies == ("t4",)
    assert found.dropped == (("Policy", "us"),)


def test_an_unused_policy_is_deleted():
    found = made(delete_policy(workspace(), "us"))
    assert "us" not in found.after.policies
    assert refused(delete_policy(found.after, "us"))[0] is RefusalReason.UNKNOWN_POLICY


def test_an_environment_is_declared_and_put_in_place():
    found = made(put_environment(workspace(), Environment(name="qa", policies=("us",))))
    assert found.after.environments["qa"].policies == ("us",)
    assert list(found.after.environments) == [DEV, PROD, "qa", STAGE]
    empty = made(put_environment(found.after, Environment(name="qa")))
    assert empty.after.environments["qa"].policies == ()


@pytest.mark.parametrize(
    ("fields", "code"), [({"policies": ("uss",)}, "PL301"), ({"releases_from": ("dev",)}, "PL302")]
)
def test_an_environment_may_only_name_what_is_there(fields, code):
    with pytest.raises(InputError) as wrong:
        put_environment(workspace(), Environment(name="qa", **fields))
    assert [found.code for found in wrong.value.diagnostics] == [code]


@pytest.mark.parametrize("name", [PROD, DEV])
def test_production_and_development_stay(name):
    reason, message = refused(delete_environment(workspace(), name))
    assert (reason, message) == (
        RefusalReason.PROTECTED,
        f"environment `{name}` always exists",
    )


@pytest.mark.parametrize(
    ("deployments", "stages", "message"),
    [
        ((chat(STAGE),), (), "environment `staging` holds `chat`"),
        ((chat(STAGE, enabled=False),), (), "environment `staging` holds `chat`"),
        (
            (chat(separate_from=[{"selector": {"environment": STAGE}, "over": "node"}]),),
            (),
            "environment `staging` is selected by `chat` in `production`",
        ),
        (
            (),
            (Environment(name=PROD, releases_from=(STAGE,)),),
            "environment `staging` is named by `releasesFrom` of `production`",
        ),
    ],
)
def test_an_environment_in_use_is_not_deleted(deployments, stages, message):
    found = delete_environment(workspace(*deployments, stages=stages), STAGE)
    assert refused(found) == (RefusalReason.IN_USE, message)


def test_an_empty_environment_is_deleted():
    alone = Environment(name=STAGE, releases_from=(STAGE,))
    found = made(delete_environment(workspace(stages=(alone,)), STAGE))
    assert list(found.after.environments) == [DEV, PROD]
    assert refused(delete_environment(found.after, STAGE))[0] is RefusalReason.UNKNOWN_ENVIRONMENT
