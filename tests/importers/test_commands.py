"""Import and export on the command line."""

from __future__ import annotations

import csv
import io
import json
import time

import pytest
import yaml

from tests.cli.conftest import placement
from tests.importers import clusters

__all__ = ["placement"]

SKYPILOT = (
    "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,Region,AvailabilityZone\n"
    "g4dn.xlarge,T4,1,4,16,0.526,us-east-1,us-east-1a\n"
)
WORK = """\
apiVersion: placement/v1
kind: ModelDeployment
metadata: {name: chat}
spec: {version: "1", replicas: 2, resources: {gpus: 4}}
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PLACEMENT_STORE", raising=False)
    nodes = clusters.listed(clusters.eks_p4d(), clusters.eks_cpu(taints=("a=b:NoSchedule",)))
    (tmp_path / "nodes.json").write_text(nodes, "utf-8")
    (tmp_path / "work.yaml").write_text(WORK, "utf-8")
    (tmp_path / "sky" / "aws").mkdir(parents=True)
    (tmp_path / "sky" / "aws" / "vms.csv").write_text(SKYPILOT, "utf-8")
    return tmp_path


def test_a_cluster_becomes_a_catalog_that_other_commands_read(placement, home):
    done = placement(
        "catalog", "import", "kubernetes", "nodes.json", "--out", "fleet", "-o", "table"
    )
    assert (done.code, done.out.splitlines()[-1]) == (0, "written to fleet")
    assert [line.split() for line in done.out.splitlines()[1:4]] == [
        ["nodes", "read", "2"], ["taken", "1"], ["left", "out:", "tainted", "1"],
    ]  # fmt: skip
    assert (
        "CT205 warning: node `ip-10-0-2-4.ec2.internal` is left out: taint `a=b:NoSchedule`"
        in done.err
    )
    assert placement("validate", "work.yaml", "--catalog", "fleet").code == 0
    shown = json.loads(
        placement("catalog", "show", "nodes", "--catalog", "fleet", "-o", "json").out
    )
    assert [one["gpus"] for one in shown["items"]] == [8]


def test_the_answer_lists_what_is_left_out(placement, home):
    done = placement(
        "catalog", "import", "kubernetes", "nodes.json", "--out", "fleet", "-o", "json"
    )
    answer = json.loads(done.out)
    assert (answer["read"], answer["taken"], answer["leftOut"]) == (2, 1, {"tainted": 1})
    assert [one["path"] for one in answer["items"]] == ["items[1]"]
    again = placement(
        "catalog", "import", "kubernetes", "nodes.json", "--out", "fleet", "--force", "-o", "csv"
    )
    assert [row["reason"] for row in csv.DictReader(io.StringIO(again.out))] == ["tainted"]
    third = placement(
        "catalog", "import", "kubernetes", "nodes.json", "--out", "fleet", "--force", "-o", "yaml"
    )
    assert yaml.safe_load(third.out) == answer


def test_a_catalog_that_is_there_is_kept(placement, home):
    command = ("catalog", "import", "kubernetes", "nodes.json", "--out", "fleet")
    assert placement(*command).code == 0
    before = (home / "fleet" / "nodes.csv").stat().st_mtime_ns
    done = placement(*command, "--tolerate", "a")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("fleet:1:1: CT210 there is a catalog already")
    assert (home / "fleet" / "nodes.csv").stat().st_mtime_ns == before
    assert placement(*command, "--tolerate", "a", "--force").code == 0
    assert (home / "fleet" / "nodes.csv").stat().st_mtime_ns != before


def test_a_wrong_file_leaves_nothing_behind(placement, home):
    (home / "nodes.json").write_text('{"kind": "List"', "utf-8")
    done = placement("catalog", "import", "kubernetes", "nodes.json", "--out", "fleet")
    assert (done.code, done.out) == (2, "")
    assert done.err == "nodes.json:1:16: CT201 not valid JSON: expecting `,` delimiter\n"
    assert not (home / "fleet").exists()


@pytest.mark.parametrize("option", ["--pods", "--prices", "--regions"])
def test_a_file_that_is_not_there_is_named(placement, home, option):
    done = placement(
        "catalog", "import", "kubernetes", "nodes.json", "--out", "fleet", option, "none"
    )
    assert done.code == 2
    assert done.err.startswith("none:1:1: CT101 there is no such file")


def test_tables_of_skypilot_become_a_catalog(placement, home):
    command = ("catalog", "import", "skypilot", "sky", "--out", "fleet")
    done = placement(*command)
    assert done.code == 2
    assert "--count or --counts" in done.err
    assert json.loads(placement(*command, "--count", 3).out)["nodes"] == 3


def test_a_plan_goes_back_to_the_cluster(placement, home):
    placement("catalog", "import", "kubernetes", "nodes.json", "--out", "fleet")
    placement("plan", "work.yaml", "--catalog", "fleet", "--out", "plan.json")
    command = ("export", "kubernetes", "plan.json", "work.yaml", "--catalog", "fleet")
    done = placement(*command)
    assert done.code == 0, done.err
    (document,) = yaml.safe_load_all(done.out)
    assert document["spec"]["replicas"] == 2
    assert "ip-10-0-1-17.ec2.internal" in done.out
    as_json = json.loads(placement(*command, "-o", "json").out)
    assert (as_json["kind"], as_json["items"]) == ("List", [document])
    assert placement(*command, "--out", "d.yaml").out == ""
    assert (home / "d.yaml").read_text("utf-8") == done.out
    assert placement(*command, "-o", "table").code == 2


def test_what_cannot_be_exported_is_said_before_any_work(placement, home):
    folder = placement("export", "kubernetes", "no-such-plan.json", "--out", "none/d.yaml")
    assert (folder.code, folder.out) == (2, "")
    assert "its folder does not exist" in folder.err
    word = placement("export", "kubernetes", "no-such-plan.json", "--image", "r/{modl}:{version}")
    assert (word.code, word.out) == (2, "")
    assert "`{modl}` cannot be filled in" in word.err
    assert "no-such-plan" not in folder.err + word.err


def test_pods_of_an_exported_plan_are_no_one_elses(placement, home):
    placement("catalog", "import", "kubernetes", "nodes.json", "--out", "fleet")
    placement("plan", "work.yaml", "--catalog", "fleet", "--out", "plan.json")
    done = placement("export", "kubernetes", "plan.json", "work.yaml", "--catalog", "fleet")
    (document,) = yaml.safe_load_all(done.out)
    template = document["spec"]["template"]
    pod = {**template, "kind": "Pod", "status": {"phase": "Running"}}
    pod["spec"] = {**pod["spec"], "nodeName": "ip-10-0-1-17.ec2.internal"}
    (home / "pods.json").write_text(json.dumps({"kind": "PodList", "items": [pod]}), "utf-8")
    placement(
        "catalog",
        "import",
        "kubernetes",
        "nodes.json",
        "--pods",
        "pods.json",
        "--out",
        "fleet",
        "--force",
    )
    assert not (home / "fleet" / "reserved.csv").exists()
    assert "1 are replicas of a plan" in (home / "fleet" / "PROVENANCE.md").read_text("utf-8")
    assert placement("verify", "plan.json", "work.yaml", "--catalog", "fleet").code == 0


def test_a_plan_of_another_catalog_is_not_exported(placement, home):
    placement("plan", "work.yaml", "--out", "plan.json")
    placement("catalog", "import", "kubernetes", "nodes.json", "--out", "fleet")
    done = placement("export", "kubernetes", "plan.json", "work.yaml", "--catalog", "fleet")
    assert (done.code, done.out) == (2, "")
    assert "PL504 the plan is not for catalog `fleet`" in done.err


@pytest.mark.slow
def test_ten_thousand_nodes_take_a_few_seconds(placement, home):
    makers = (clusters.eks_p4d, clusters.eks_cpu, clusters.gke_l4, clusters.gke_mig)
    nodes = [makers[i % 4](f"node-{i:05}") for i in range(10_000)]
    (home / "nodes.json").write_text(clusters.listed(*nodes), "utf-8")
    start = time.process_time()
    done = placement("catalog", "import", "kubernetes", "nodes.json", "--out", "fleet")
    seconds = time.process_time() - start
    assert json.loads(done.out)["taken"] == 10_000
    assert seconds < 12, f"{seconds:.1f} s"
