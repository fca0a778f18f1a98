"""A release copies a deployment over another; what stays, what is refused, what is warned of."""

from __future__ import annotations

import pytest

from placement.errors import InputError
from placement.workspace.refusal import RefusalReason, advise
from placement.workspace.transitions import (
    Keep,
    PolicyDifference,
    deploy,
    policy_difference,
    release,
    restore,
)
from placement.workspace.workspace import Environment
from tests.workspace.transitions.stages import (
    DEV,
    PROD,
    STAGE,
    callable_versions,
    chat,
    made,
    refused,
    workspace,
)


def to_production(before, **options):
    return release(before, "chat", source=DEV, target=PROD, **options)


def test_the_trace_of_the_four_steps():
    start = workspace(chat(PROD, "A"), chat(DEV, "B"))
    assert callable_versions(start) == {PROD: "A", DEV: "B"}

    released = made(to_production(start))
    assert callable_versions(released.after) == {PROD: "B", DEV: "B"}

    replaced = made(deploy(released.after, chat(DEV, "C")))
    assert callable_versions(replaced.after) == {PROD: "B", DEV: "C"}

    was = released.before.by_key["chat", PROD]
    back = made(restore(replaced.after, "chat", environment=PROD, deployment=was))
    assert callable_versions(back.after) == {PROD: "A", DEV: "C"}


FULL = {
    "labels": {"team": "fraud"},
    "flavors": [{"type": "gpu", "name": "T4"}],
    "replicas": 4,
    "min_replicas": 2,
    "resources": {"gpus": 2, "gpu_memory_gib": 8, "cpus": 3, "memory_gib": 5, "extra": {"x": 1}},
    "priority": 7,
    "rollout": "recreate",
    "spread": [{"over": "node", "max_per_domain": 1}],
    "separate_from": [{"selector": {"matchLabels": {"a": "b"}}, "over": "zone"}],
    "together_with": [{"selector": {"matchLabels": {"a": "c"}}, "over": "region"}],
    "request_origins": [{"country": "DE"}],
}


def test_everything_is_copied_but_the_environment_and_the_policies():
    source = chat(DEV, "B", policies=("germany",), **FULL)
    before = workspace(source, chat(PROD, "A", policies=("us", "t4")))
    after = made(to_production(before)).after
    copied = after.by_key["chat", PROD]
    assert copied == source.model_copy(update={"environment": PROD, "policies": ("us", "t4")})
    assert after.by_key["chat", DEV] is source


def test_a_release_creates_what_is_not_there():
    source = chat(DEV, "B", policies=("germany",), **FULL)
    found = made(to_production(workspace(source)))
    created = found.after.by_key["chat", PROD]
    assert created == source.model_copy(update={"environment": PROD, "policies": ()})
    assert found.changed == (("chat", PROD),)
    assert found.strict == {("chat", PROD)}
    assert found.after.replaced == frozenset()


@pytest.mark.parametrize(
    ("at_source", "at_target", "copy", "found"),
    [
        ((), ("us",), False, ("us",)),
        ((), ("us",), True, ()),
        (("germany",), ("us",), False, ("us",)),
        (("germany",), ("us", "t4"), True, ("germany",)),
        (("germany",), None, False, ()),
        (("germany",), None, True, ("germany",)),
    ],
)
def test_policies_of_the_target_stay_unless_the_source_s_replace_them(
    at_source, at_target, copy, found
):
    occupant = () if at_target is None else (chat(PROD, policies=at_target),)
    before = workspace(chat(DEV, "B", policies=at_source), *occupant)
    after = made(to_production(before, copy_policies=copy)).after
    assert after.by_key["chat", PROD].policies == found


@pytest.mark.parametrize("kept", Keep)
def test_what_is_kept_is_the_target_s(kept):
    source, target = chat(DEV, "B", **FULL), chat(PROD, "A", replicas=3)
    after = made(to_production(workspace(source, target), keep=[kept.value])).after
    one = after.by_key["chat", PROD]
    for word in Keep:
        origin = target if word is kept else source
        assert getattr(one, word.field) == getattr(origin, word.field)
    assert one.version == "B"


def test_without_an_occupant_there_is_nothing_to_keep():
    after = made(to_production(workspace(chat(DEV, replicas=4)), keep=list(Keep))).after
    assert after.by_key["chat", PROD].replicas == 4


@pytest.mark.parametrize(
    ("at_source", "at_target", "keep", "message"),
    [
        (
            {"replicas": 2},
            {"replicas": 5, "min_replicas": 3},
            "minReplicas",
            "`minReplicas` kept in `production` is 3, "
            "more than the 2 `replicas` copied from `development`",
        ),
        (
            {"replicas": 5, "min_replicas": 3},
            {"replicas": 1},
            "replicas",
            "`minReplicas` copied from `development` is 3, "
            "more than the 1 `replicas` kept in `production`",
        ),
    ],
)
def test_kept_and_copied_must_go_together(at_source, at_target, keep, message):
    before = workspace(chat(DEV, **at_source), chat(PROD, **at_target))
    with pytest.raises(InputError) as wrong:
        to_production(before, keep=[keep])
    (found,) = wrong.value.diagnostics
    assert (found.code, found.message) == ("PL403", message)
    assert made(to_production(before, keep=["replicas", "minReplicas"]))


def test_only_listed_fields_can_be_kept():
    with pytest.raises(InputError) as wrong:
        to_production(workspace(chat(DEV)), keep=["minreplicas"])
    (found,) = wrong.value.diagnostics
    assert (found.code, found.message) == ("PL204", "`keep` cannot be `minreplicas`")
    assert found.suggestion == "did you mean `minReplicas` or `replicas`?"


@pytest.mark.parametrize(
    ("at_source", "at_target", "keep", "warnings"),
    [
        ({"replicas": 2}, {"replicas": 4}, (), ["`replicas` of `chat` in `production` falls from 4 to 2"]),
        ({"replicas": 4}, {"replicas": 2}, (), []),
        ({"replicas": 2}, {"replicas": 4}, ("replicas",), []),
        ({"priority": -1}, {}, (), ["`priority` of `chat` in `production` falls from 0 to -1"]),
        ({"replicas": 0}, None, (), []),
    ],
)  # fmt: skip
def test_a_fall_in_replicas_or_priority_is_a_warning(at_source, at_target, keep, warnings):
    occupant = () if at_target is None else (chat(PROD, **at_target),)
    found = made(to_production(workspace(chat(DEV, **at_source), *occupant), keep=keep))
    assert list(found.warnings) == warnings


def test_the_target_becomes_enabled():
    before = workspace(chat(DEV, "B"), chat(PROD, "A", enabled=False))
    found = made(to_production(before))
    assert found.after.by_key["chat", PROD].enabled


BEFORE = workspace(
    chat(DEV),
    chat(STAGE, enabled=False),
    chat("gated", "G"),
    stages=(Environment(name="gated", releases_from=(STAGE, "gated")),),
)


@pytest.mark.parametrize(
    ("model", "source", "target", "reason", "message"),
    [
        ("chat", DEV, DEV, "self-release", "`chat` cannot be released from `development` onto itself"),
        ("chat", PROD, DEV, "source-absent", "`chat` is not deployed in `production`; it is in `development`, `gated`, `staging`"),
        ("chat", STAGE, PROD, "source-disabled", "`chat` is disabled in `staging`"),
        ("chta", DEV, PROD, "unknown-model", "unknown model `chta`"),
        ("chta", DEV, DEV, "unknown-model", "unknown model `chta`"),
        ("chat", "devel", PROD, "unknown-environment", "unknown environment `devel`"),
        ("chat", DEV, "prod", "unknown-environment", "unknown environment `prod`"),
        ("chat", "prod", "prod", "unknown-environment", "unknown environment `prod`"),
        ("chat", DEV, "gated", "gate", "`gated` takes releases from `staging`, `gated` only, not from `development`"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(model, source, target, reason, message):
    found = release(BEFORE, model, source=source, target=target)
    assert refused(found) == (RefusalReason(reason), message)
    assert found.is_usage is (reason != "gate")


def test_refusals_say_what_would_help():
    gate = release(BEFORE, "chat", source=DEV, target="gated")
    assert gate.repairs == advise("release `chat` from `development` to `staging` first")
    assert release(BEFORE, "chta", source=DEV, target=PROD).repairs == advise(
        "did you mean `chat`?"
    )
    off = release(BEFORE, "chat", source=STAGE, target=PROD)
    assert off.repairs == advise("enable `chat` in `staging` first")


def test_a_gate_lets_through_what_it_lists():
    gated = Environment(name=PROD, releases_from=(STAGE,))
    before = workspace(chat(DEV, "B"), chat(STAGE, "C"), stages=(gated,))
    assert made(release(before, "chat", source=STAGE, target=PROD)).changed == (("chat", PROD),)
    assert refused(to_production(before))[0] is RefusalReason.GATE
    assert made(deploy(before, chat(PROD, "D"))).changed == (("chat", PROD),)


def test_arguments_say_what_was_asked():
    found = made(
        to_production(workspace(chat(DEV)), keep=["rollout", "replicas"], copy_policies=True)
    )
    assert dict(found.arguments) == {
        "model": "chat",
        "source": DEV,
        "target": PROD,
        "keep": "replicas,rollout",
        "copyPolicies": "true",
    }


def test_policies_that_bind_at_one_end_only():
    stages = (
        Environment(name=DEV, policies=("us", "seen", "cap")),
        Environment(name=PROD, policies=("us", "t4", "fraud-only")),
    )
    before = workspace(chat(DEV, policies=("germany",)), stages=stages)
    after = made(to_production(before)).after
    found = policy_difference(after, "chat", source=DEV, target=PROD)
    assert found == PolicyDifference(added=("t4",), removed=("germany",))
    after = made(to_production(before, copy_policies=True)).after
    assert policy_difference(after, "chat", source=DEV, target=PROD).removed == ()


def test_a_copied_label_brings_a_policy_to_bear():
    stage = Environment(name=PROD, policies=("fraud-only",))
    before = workspace(chat(DEV, labels={"team": "fraud"}), chat(PROD), stages=(stage,))
    after = made(to_production(before)).after
    assert policy_difference(after, "chat", source=DEV, target=PROD).added == ("fraud-only",)
