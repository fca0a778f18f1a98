"""A frame gives the workspace that the same manifests give, and its faults have their places."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placement.errors import InputError
from placement.workspace.dumping import object_digest, to_document
from placement.workspace.making import make_workspace
from placement.workspace.shapes import renamed, shape_of
from placement.workspace.workspace import Environment, FlavorEntry, ModelDeployment, Workspace
from tests.workspace.objects import workspaces

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
US = {
    "apiVersion": "placement/v1",
    "kind": "Policy",
    "metadata": {"name": "us"},
    "spec": {"type": "location", "locations": [{"type": "country", "name": "US"}]},
}
STAGING = {"apiVersion": "placement/v1", "kind": "Environment", "metadata": {"name": "staging"}}


def frame(**columns):
    return pd.DataFrame(columns)


def read(deployments, **others):
    return Workspace.from_frames(deployments, **others)


def row_of(deployment):
    """The columns of one deployment, as its manifest words them."""
    document = to_document(deployment)
    row = document["metadata"] | document["spec"]
    resources = row.pop("resources")
    row |= {f"extra:{name}": value for name, value in resources.pop("extra").items()}
    return row | resources


@SLOW
@given(workspaces(), st.randoms(use_true_random=False))
def test_a_frame_in_any_order_is_the_workspace_of_the_same_objects(workspace, random):
    rows = [row_of(one) for one in workspace.deployments]
    random.shuffle(rows)
    columns = sorted({name for row in rows for name in row} | {"name", "version"})
    random.shuffle(columns)
    found = read(
        pd.DataFrame(rows, columns=columns, dtype=object),
        policies=workspace.policies.values(),
        environments=workspace.environments.values(),
    )
    assert found == workspace
    assert found.digest == workspace.digest
    assert [one.shape for one in found.deployments] == [shape_of(one) for one in found.deployments]


def test_alike_rows_differ_in_their_names_alone():
    found = read(frame(name=["b", "a", "c"], version="1", gpus=[0.5, 0.5, 2], replicas=[3, 3, 3]))
    first, second, third = found.deployments
    assert [one.name for one in found.deployments] == ["a", "b", "c"]
    assert first.shape is second.shape
    assert (first.gpus, third.gpus, third.replicas) == (500, 2000, 3)
    assert first == ModelDeployment(
        name="a", version="1", replicas=3, resources={"gpus": Decimal("0.5")}
    )
    assert found == make_workspace(deployments=found.deployments)


def test_empty_cells_mean_the_defaults_of_manifests():
    found = read(
        pd.DataFrame(
            {
                "name": ["a", "b"],
                "version": "1",
                "replicas": [2, None],
                "gpus": [None, 1.0],
                "environment": ["production", None],
                "flavors": [[{"type": "cpu", "name": "arm64"}], None],
                "label:team": [pd.NA, "x"],
            }
        )
    )
    assert found == make_workspace(
        deployments=[
            ModelDeployment(
                name="a", version="1", replicas=2, flavors=(FlavorEntry(type="cpu", name="arm64"),)
            ),
            ModelDeployment(name="b", version="1", labels={"team": "x"}),
        ]
    )


def test_policies_and_environments_are_objects_or_documents():
    environment = Environment(name="qa", policies=("us",))
    found = read(
        frame(name=["a", "b"], version="1", environment=["qa", "staging"], policies=[["us"], []]),
        policies=[US],
        environments=[environment, STAGING],
    )
    assert list(found.policies) == ["us"]
    assert found.environments["qa"] is environment
    assert found.by_key["a", "qa"].policies == ("us",)


def test_what_runs_comes_along():
    empty = read(frame(name=[], version=[]))
    assert empty.deployments == empty.running == ()
    assert read(frame(name=["a"], version=["1"]), running=iter(())).running == ()


WRONG = [
    ({"name": ["a"]}, "<deployments>:1:1: PL202 column `version` is missing"),
    ({"replica": [1]}, "<deployments>:1:1: PL201 unknown column `replica`"),
    ({3: [1]}, "<deployments>:1:1: PL201 unknown column `3`"),
    ({"replicas": [1, 1.5, 2]}, "2:3: PL203 row 2: `replicas` must be a whole number"),
    ({"replicas": [1, "3", 2]}, "2:3: PL203 row 2: `replicas` must be a whole number"),
    ({"replicas": [1, True, 1]}, "2:3: PL203 row 2: `replicas` must be a whole number"),
    ({"replicas": [1, 1, -1]}, "3:3: PL401 row 3: `replicas` must be at least 0, found `-1`"),
    ({"gpus": [1, 1.5, 2]}, "2:3: PL402 row 2: `gpus` above 1 must be a whole number"),
    ({"cpus": [1, float("inf"), 2]}, "2:3: PL108 row 2: number `inf` is out of range"),
    ({"minReplicas": [0, 0, 2]}, "3:3: PL403 row 3: `minReplicas` is 2, more than the 1"),
    ({"enabled": [True, 1, True]}, "2:3: PL203 row 2: `enabled` must be true or false"),
    ({"labels": [{}, {1: "x"}, {}]}, "2:3: PL109 row 2: key `1` must be text"),
    ({"extra:disk": [0, "x", 1]}, "2:3: PL203 row 2: `disk` must be a number"),
    ({"version": ["1", "1", None]}, "3:1: PL202 row 3: field `version` is missing"),
    ({"version": ["1", pd.Timestamp(0), "1"]}, "2:2: PL203 row 2: a `Timestamp` stands where"),
    ({"policies": ["us", "us", "us"]}, "1:3: PL203 row 1: `policies` must be a list"),
    ({"policies": [[], ["us"], []]}, "2:3: PL301 row 2: policy `us` does not exist"),
    ({"environment": ["qa"] * 3}, "1:3: PL302 row 1: environment `qa` does not exist"),
    ({"flavors": [[{"type": "tpu", "name": "x"}]] * 3}, "1:3: PL204 row 1: `type` cannot be `tpu`"),
    ({"name": ["a", "b", "a"]}, "3:1: PL303 row 3: model deployment `a` in environment"),
    ({"name": ["a", None, "c"]}, "2:1: PL202 row 2: field `name` is missing"),
    ({"name": ["a", 7, "c"]}, "2:1: PL203 row 2: `name` must be text, found the number `7`"),
    ({"name": ["a", "b ", "c"]}, "2:1: PL313 row 2: name `b ` starts or ends with a space"),
    ({"name": ["a", "", "c"]}, "2:1: PL313 row 2: name `` is empty"),
    ({"name": ["a", "b\u200b", "c"]}, "2:1: PL313 row 2: name `b\\u200b` holds the hidden"),
    ({"name": ["a", "b" * 300, "c"]}, "2:1: PL313 row 2: name"),
]


@pytest.mark.parametrize(("columns", "said"), WRONG, ids=[said[:40] for _, said in WRONG])
def test_what_is_wrong_has_its_row_and_column(columns, said):
    whole = columns if said.startswith("<deployments>:1:1: PL202") else {"name": list("abc")}
    version = {} if whole is columns else {"version": ["1"] * 3}
    size = len(next(iter(columns.values())))
    base = {name: cells[:size] for name, cells in (whole | version).items()}
    with pytest.raises(InputError) as caught:
        read(pd.DataFrame(base | columns))
    assert any(said in str(found) for found in caught.value.diagnostics), str(caught.value)


def test_near_columns_are_suggested_and_one_may_not_be_there_twice():
    twice = pd.DataFrame([["a", "1", 1, 2, 3]], columns=["name", "version", "cpus", "cpus", "gpu"])
    with pytest.raises(InputError) as caught:
        read(twice)
    found = {one.message: one.suggestion for one in caught.value.diagnostics}
    assert found["unknown column `gpu`"].startswith("did you mean `gpus`")
    assert "column `cpus` is there twice" in found


def test_documents_of_other_kinds_are_refused():
    deployment = {**US, "kind": "ModelDeployment", "spec": {"version": "1"}}
    for wrong in (deployment, {**US, "spec": {}}, "us", {"kind": "Policy"}):
        with pytest.raises(InputError):
            read(frame(name=["a"], version=["1"]), policies=[wrong])


def test_a_renamed_deployment_is_as_if_it_was_made_so():
    one = ModelDeployment(name="a", version="1", labels={"team": "x"})
    shape, digest = one.shape, object_digest(one)
    other = renamed(one, "b")
    assert other.key == ("b", "production")
    assert object_digest(other) != digest == object_digest(one)
    assert other == ModelDeployment(name="b", version="1", labels={"team": "x"})
    assert other.shape == shape
    assert one.name == "a"
    assert other.model_copy(update={"version": "2"}).shape != shape
