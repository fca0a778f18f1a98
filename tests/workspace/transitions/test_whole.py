"""Many objects at once: applied on top, applied in place of all, brought back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placement.errors import InputError
from placement.workspace import load_workspace, make_workspace
from placement.workspace.transitions import deploy, replace_all, upsert
from placement.workspace.workspace import Environment
from tests.workspace.transitions.stages import DEV, PROD, STAGE, chat, country, made, workspace

BOUND = (Environment(name=PROD, policies=("us",)), Environment(name=STAGE, policies=("t4",)))


def test_applying_puts_what_is_named_and_leaves_the_rest():
    before = workspace(chat(), chat(DEV), stages=BOUND)
    found = made(upsert(before, make_workspace(deployments=[chat(version="B")])))
    assert found.changed == (("chat", PROD),)
    assert found.strict == {("chat", PROD)}
    assert found.after.by_key["chat", DEV] is before.by_key["chat", DEV]
    assert found.after.environments == before.environments
    assert found.after.policies == before.policies


def test_an_environment_that_was_not_declared_keeps_its_policies():
    before = workspace(stages=BOUND)
    empty = Environment(name=PROD)
    assert made(upsert(before, make_workspace())).after is before
    found = made(upsert(before, make_workspace(environments=[empty])))
    assert found.after.environments[PROD] == empty
    assert found.put == (empty,)


def test_pruning_takes_away_what_is_not_named():
    before = workspace(chat(), chat(DEV), stages=BOUND)
    found = made(upsert(before, make_workspace(deployments=[chat(version="B")]), prune=True))
    assert [one.key for one in found.after.deployments] == [("chat", PROD)]
    assert dict(found.after.policies) == {}
    assert list(found.after.environments) == [DEV, PROD]
    assert found.after.environments[PROD].policies == ()
    assert found.removed == (("chat", DEV),)
    assert found.after.running == before.running
    assert found.after.replaced == {("chat", PROD)}


def test_equal_objects_are_no_change():
    before, twin = (workspace(chat(), stages=BOUND) for _ in range(2))
    for prune in (False, True):
        found = made(upsert(before, twin, prune=prune))
        assert (found.changed, found.put, found.after.replaced) == ((), (), frozenset())


def test_without_sources_only_empty_environments_count_as_not_declared():
    bare = replace(make_workspace(environments=[Environment(name=PROD)]), sources=None)
    before = workspace(stages=BOUND)
    assert made(upsert(before, bare)).after is before
    gated = Environment(name=PROD, releases_from=(DEV,))
    bare = replace(make_workspace(environments=[gated]), sources=None)
    assert made(upsert(before, bare)).put == (gated,)


def test_a_recorded_workspace_comes_back_whole():
    old = workspace(chat(), stages=BOUND)
    new = workspace(chat(version="B"), chat(DEV), runs=True)
    found = made(replace_all(new, old, serial=3))
    assert dict(found.arguments) == {"serial": "3"}
    assert found.kind == "rollback"
    assert found.after.digest == old.digest
    assert found.after.running == new.running
    assert found.strict == {("chat", PROD)}
    assert found.removed == (("chat", DEV),)


FILE = """\
apiVersion: placement/v1
kind: ModelDeployment
metadata: {name: chat, environment: staging}
spec:
  version: "B"
  policies: [us]
"""


def test_manifests_may_name_what_only_the_workspace_declares(tmp_path):
    path = tmp_path / "chat.yaml"
    path.write_text(FILE, "utf-8")
    before = workspace()
    with pytest.raises(InputError):
        load_workspace(path)
    found = made(upsert(before, load_workspace(path, known=before)))
    assert found.changed == (("chat", STAGE),)
    place = found.after.sources.find(("ModelDeployment", "chat", STAGE)).place(("version",))
    assert place == f"{path}:5:12"
    edited = made(deploy(found.after, chat(STAGE, "C"))).after
    assert edited.sources.find(("ModelDeployment", "chat", STAGE)).place() == "<python>"


def test_what_is_applied_to_another_workspace_may_dangle(tmp_path):
    path = tmp_path / "chat.yaml"
    path.write_text(FILE, "utf-8")
    objects = load_workspace(path, known=workspace())
    for prune in (False, True):
        with pytest.raises(InputError) as wrong:
            upsert(make_workspace(), objects, prune=prune)
        places = [(one.code, one.file, one.line) for one in wrong.value.diagnostics]
        assert places == [("PL302", str(path), 3), ("PL301", str(path), 6)]


def test_policies_come_before_what_names_them():
    objects = make_workspace(
        [country("it", "IT")], [Environment(name="qa", policies=("it",))], [chat("qa")]
    )
    found = made(upsert(workspace(), objects))
    assert [type(one).__name__ for one in found.put] == [
        "LocationPolicy",
        "Environment",
        "ModelDeployment",
    ]


def test_no_kind_grows_beyond_its_limit(monkeypatch):
    from placement.workspace import checks

    monkeypatch.setitem(checks._LIMITS, "ModelDeployment", ("model deployments", 2))
    before = workspace(chat(), chat(DEV))
    with pytest.raises(InputError) as wrong:
        upsert(before, make_workspace(deployments=[chat(name="more")]))
    (found,) = wrong.value.diagnostics
    assert (found.code, found.message) == ("PL406", "3 model deployments, the limit is 2")
