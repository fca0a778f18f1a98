"""The digest of a workspace is one over those of its objects, each worked out once."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from placement.workspace.dumping import object_digest, to_document, to_documents
from placement.workspace.making import make_workspace
from placement.workspace.workspace import ModelDeployment
from tests.workspace.objects import workspaces
from tests.workspace.transitions.stages import row

SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def sha256(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def canonical(document):
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@SLOW
@given(workspaces())
def test_the_digest_is_over_the_sorted_digests_of_the_documents(workspace):
    lines = sorted(sha256(canonical(document)) for document in to_documents(workspace))
    assert workspace.digest == sha256("\n".join(lines))


def test_the_digest_of_an_object_is_kept_with_it_and_not_with_its_copies():
    one = ModelDeployment(name="chat", version="A")
    first = object_digest(one)
    assert first == sha256(canonical(to_document(one)))
    assert object_digest(one) is first
    other = one.model_copy(update={"version": "B"})
    assert object_digest(other) == sha256(canonical(to_document(other)))


def test_a_revised_workspace_derives_anew_what_depends_on_the_revision():
    before = make_workspace(deployments=[ModelDeployment(name="chat", version="A")])
    first, _, _ = before.digest, before.by_key, before.running_by_key
    after = before.revised(deployments=())
    assert dict(after.by_key) == {}
    assert after.digest == make_workspace().digest != first
    assert before.revised(running=()).digest is first


def test_rows_of_each_deployment_run():
    before = make_workspace(deployments=[ModelDeployment(name="chat", version="A")])
    key, own = ("chat", "production"), (row(before.deployments[0]),)
    after = before.with_rows({key: own, ("chat", "development"): ()})
    assert after.running == own
    assert dict(after.running_by_key) == {key: own} == dict(replace(after).running_by_key)
    assert after.replaced == frozenset()
    assert after.digest == before.digest


def test_keeping_a_digest_changes_nothing_that_can_be_seen():
    one, twin = (ModelDeployment(name="chat", version="A") for _ in range(2))
    object_digest(one)
    assert one == twin
    assert repr(one) == repr(twin)
    assert one.model_dump() == twin.model_dump()
    assert one.model_dump_json() == twin.model_dump_json()
