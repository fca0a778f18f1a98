"""What is written is what is read; neither files nor order change what a workspace is."""

from __future__ import annotations

import json
import random

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placement.workspace import load_workspace, make_workspace
from placement.workspace.dumping import to_document, to_documents
from placement.workspace.workspace import ModelDeployment
from tests.workspace.objects import workspaces

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def as_yaml(documents):
    return yaml.safe_dump_all(documents, allow_unicode=True)


@SLOW
@given(workspaces(), st.sampled_from(["yaml", "json"]))
def test_reading_back_what_was_written_gives_equal_objects(tmp_path_factory, workspace, suffix):
    path = tmp_path_factory.getbasetemp() / f"back.{suffix}"
    documents = to_documents(workspace)
    whole = {"apiVersion": "placement/v1", "kind": "List", "items": documents}
    path.write_text(quoted(documents) if suffix == "yaml" else json.dumps(whole), "utf-8")
    back = load_workspace(path)
    assert back == workspace
    assert back.digest == workspace.digest


def quoted(documents):
    """YAML with every text in quotes: the writer follows YAML 1.1, the reader 1.2."""

    class Quoting(yaml.SafeDumper):
        pass

    Quoting.add_representer(
        str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
    )
    Quoting.ignore_aliases = lambda self, data: True
    return yaml.dump_all(documents, Dumper=Quoting, allow_unicode=True)


@SLOW
@given(workspaces(), st.randoms(use_true_random=False))
def test_files_and_order_do_not_change_the_digest(tmp_path_factory, workspace, chance):
    folder = tmp_path_factory.mktemp("split")
    documents = to_documents(workspace)
    chance.shuffle(documents)
    paths = []
    for index, document in enumerate(documents):
        path = folder / f"{chance.randrange(3)}" / f"{index}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(document), "utf-8")
        paths.append(path)
    chance.shuffle(paths)
    assert load_workspace(folder).digest == workspace.digest
    assert load_workspace(*paths) == workspace


def test_the_digest_sees_every_change():
    one = ModelDeployment(name="chat", version="A")
    digests = {
        make_workspace(deployments=[one.model_copy(update=change)]).digest
        for change in [
            {},
            {"version": "B"},
            {"replicas": 2},
            {"enabled": False},
            {"labels": {"a": "b"}},
            {"environment": "development"},
            {"priority": 1},
        ]
    }
    assert len(digests) == 7


def test_the_digest_is_the_same_for_ever():
    assert make_workspace().digest == (
        "sha256:f6662f04d74ea7f003d73093151499be5970d999a79340e4bfda9eb2ae88c11a"
    )


def test_defaults_are_filled_in():
    assert to_document(ModelDeployment(name="chat", version="A")) == {
        "apiVersion": "placement/v1",
        "kind": "ModelDeployment",
        "metadata": {"name": "chat", "environment": "production", "labels": {}},
        "spec": {
            "version": "A",
            "enabled": True,
            "policies": [],
            "flavors": [],
            "replicas": 1,
            "minReplicas": 0,
            "resources": {"gpus": 1, "cpus": 1, "memoryGiB": 1, "extra": {}},
            "priority": 0,
            "rollout": "surge",
            "spread": [],
            "separateFrom": [],
            "togetherWith": [],
            "requestOrigins": [],
        },
    }


def test_only_cpu_flavors_mean_no_gpu():
    one = ModelDeployment(name="chat", version="A", flavors=[{"type": "cpu", "name": "arm64"}])
    assert one.gpus == 0
    assert to_document(one)["spec"]["resources"]["gpus"] == 0


def test_a_shuffled_list_is_the_same_workspace():
    names = [f"m{index}" for index in range(20)]
    objects = [ModelDeployment(name=name, version="A") for name in names]
    mixed = random.Random(1).sample(objects, len(objects))
    assert make_workspace(deployments=mixed) == make_workspace(deployments=objects)
