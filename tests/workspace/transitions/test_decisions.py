"""One test for each decision of docs/life-cycle.md that no other page makes."""

from __future__ import annotations

import pytest

from placement.errors import InputError
from placement.workspace import load_workspace
from placement.workspace.effective import LeftOut, resolve
from placement.workspace.transitions import attach, deploy, put_policy, release, set_enabled
from placement.workspace.workspace import Environment
from tests.verifier.fleet import fleet
from tests.workspace.transitions.stages import (
    DEV,
    POLICIES,
    PROD,
    STAGE,
    chat,
    country,
    made,
    workspace,
)

CATALOG = fleet()


def allowed(after, key=("chat", PROD)):
    effective = resolve(after, after.by_key[key])
    return [group.name for group in CATALOG.node_groups if effective.allows(group, CATALOG)]


def codes(tmp_path, text):
    path = tmp_path / "one.yaml"
    path.write_text(f"apiVersion: placement/v1\nkind: Policy\nmetadata: {{name: p}}\n{text}\n")
    with pytest.raises(InputError) as wrong:
        load_workspace(path)
    return [found.code for found in wrong.value.diagnostics]


def test_policies_that_leave_no_place_are_no_error_of_the_documents():
    before = workspace(chat(), stages=(Environment(name=PROD, policies=("us",)),))
    after = made(attach(before, "germany", environment=PROD, model="chat")).after
    assert allowed(before)
    assert allowed(after) == []


def test_a_policy_without_an_option_is_an_error(tmp_path):
    assert codes(tmp_path, "spec: {type: location, locations: []}") == ["PL404"]
    assert codes(tmp_path, "spec: {type: location}") == ["PL404"]


def test_a_traffic_policy_binds_nothing():
    after = made(attach(workspace(chat()), "cap", environment=PROD)).after
    (attachment,) = resolve(after, after.by_key["chat", PROD]).attachments
    assert attachment.left_out is LeftOut.TYPE
    assert len(allowed(after)) == len(CATALOG.node_groups)


def test_fields_of_another_type_are_an_error(tmp_path):
    spec = "spec: {type: location, flavors: [{type: gpu, name: T4}]}"
    assert "PL208" in codes(tmp_path, spec)


def test_unknown_places_are_errors_and_case_does_not_matter(tmp_path):
    assert codes(tmp_path, "spec: {type: location, locations: [{type: country, name: uk2}]}") == [
        "PL304"
    ]
    for name in ("US", "us", "usa", "United States"):
        assert made(put_policy(workspace(), country("there", name)))


def test_a_policy_may_list_both_kinds_of_flavor():
    from placement.policies.flavor import FlavorOption, FlavorPolicy

    both = FlavorPolicy(
        name="both",
        flavors=(FlavorOption(type="gpu", name="T4"), FlavorOption(type="cpu", name="x86_64")),
    )
    after = made(put_policy(workspace(chat()), both)).after
    after = made(attach(after, "both", environment=PROD)).after
    kinds = {CATALOG.groups_by_name[name].flavor_type for name in allowed(after)}
    assert kinds == {group.flavor_type for group in CATALOG.node_groups}


def test_a_policy_that_is_edited_holds_at_once_for_all_that_runs():
    before = workspace(chat(), stages=(Environment(name=PROD, policies=("us",)),))
    found = made(put_policy(before, country("us", "TW")))
    assert found.edits_policies
    assert found.changed == ()
    assert set(allowed(before)).isdisjoint(allowed(found.after))


def test_the_continent_is_not_the_bloc():
    from placement.catalog.geography import continent_of, countries_of_bloc

    assert continent_of("GB") == continent_of("CH") == "EU"
    assert {"GB", "CH"}.isdisjoint(countries_of_bloc("EU"))


def test_a_disabled_deployment_wants_nothing():
    found = made(set_enabled(workspace(chat()), "chat", environment=PROD, enabled=False))
    assert found.removed == (("chat", PROD),)
    assert found.changed == ()


def test_attaching_twice_or_in_another_order_is_the_same():
    names = ("us", "germany", "t4")
    orders = (names, names[::-1], names * 2)
    found = {
        tuple(allowed(workspace(chat(), stages=(Environment(name=PROD, policies=order),))))
        for order in orders
    }
    assert len(found) == 1
    assert len(POLICIES) == len({policy.name for policy in POLICIES})


def test_a_release_is_a_copy_and_no_link():
    released = made(release(workspace(chat(DEV, "B")), "chat", source=DEV, target=PROD)).after
    later = made(deploy(released, chat(DEV, "C"))).after
    assert later.by_key["chat", PROD].version == "B"


def test_a_release_goes_in_any_direction_and_along_any_chain():
    after = workspace(chat(PROD, "P"))
    for source, target in ((PROD, DEV), (DEV, STAGE), (STAGE, PROD)):
        after = made(release(after, "chat", source=source, target=target)).after
    assert {one.version for one in after.deployments} == {"P"}


def test_flavors_that_the_target_forbids_are_copied_and_left_to_be_judged():
    before = workspace(
        chat(DEV, "B", flavors=[{"type": "gpu", "name": "A10"}]),
        stages=(Environment(name=PROD, policies=("t4",)),),
    )
    after = made(release(before, "chat", source=DEV, target=PROD)).after
    assert after.by_key["chat", PROD].flavors == after.by_key["chat", DEV].flavors
