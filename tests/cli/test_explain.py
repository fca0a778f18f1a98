"""``placement explain`` from end to end: its page, its documents, its errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Command

PAGE = """\
chat in development, version B: 0 of 2 replicas run

POLICY   TYPE      ATTACHED TO              ALLOWS  NODE GROUPS  BINDS
t4-only  flavor    environment development  T4                2  yes
us-only  location  environment development  US                3  yes

STEP                         ALLOWS                             ALONE  NODE GROUPS  NODES  GPUS  COUNTRIES
fleet                        everything                             4            4      8    12          2
flavor of the environment    T4                                     2            2      4     4          2
location of the environment  US                                     3            1      2     2          1
hardware                     1 GPU, 2 CPUs, 8 GiB of memory         3            1      2     2          1
state                        a node that takes new replicas         4            1      2     2          1
room                         one more replica beside what runs      1            1      2     2          1

one more replica: 1 of 4 node groups: 2 flavor (`t4-only`), 1 location (`us-only`)
best place: us-t4 (T4 in aws/us-east-1), 0.5260 USD/h a replica
"""
REFUSED = """\

Candidate country IE: refused

AGAINST IT  NODE GROUPS  FIRST  WHY
location              1      1  not allowed by `us-only` (US) of the environment
"""


def test_the_page_of_a_deployment(placement: Command, manifests: Path, fleet: Path) -> None:
    done = placement(
        *("explain", "chat", manifests, "-e", "development", "--catalog", fleet, "-o", "table")
    )
    assert (done.code, done.out, done.err) == (0, PAGE, "")
    done = placement(
        *("explain", "chat", manifests, "--environment", "development", "--catalog", fleet),
        *("--country", "Ireland", "-o", "table"),
    )
    assert (done.code, done.out, done.err) == (0, PAGE + REFUSED, "")


def test_the_document(placement: Command, manifests: Path, fleet: Path) -> None:
    asked = ("explain", "chat", manifests, "-e", "development", "--catalog", fleet)
    document = json.loads(placement(*asked).out)
    assert (document["apiVersion"], document["kind"]) == ("placement/v1", "Explanation")
    assert document["fleet"]["text"].startswith("1 of 4 node groups")
    assert document["cheapest"]["value"] == 0.526
    assert "candidate" not in document
    assert "places" not in document
    document = yaml.safe_load(placement(*asked, "--node", "us-cpu/2", "-o", "yaml").out)
    assert document["candidate"]["verdict"] == "refused"
    (place,) = document["places"]
    assert [reason["rule"] for reason in place["reasons"]] == ["policy", "hardware"]


def test_as_csv_there_is_a_row_for_each_node_group(
    placement: Command, manifests: Path, fleet: Path
) -> None:
    asked = ("explain", "chat", manifests, "-e", "development", "--catalog", fleet, "-o", "csv")
    assert placement(*asked).out == (
        "nodeGroup,provider,region,zone,country,flavor,node,verdict,first,value\n"
        "eu-t4,aws,eu-west-1,eu-west-1a,IE,T4,eu-t4/0,refused,location,0.587\n"
        "us-a100,aws,us-east-1,us-east-1b,US,A100-80GB,us-a100/0,refused,flavor,3.43125\n"
        "us-cpu,aws,us-east-1,us-east-1a,US,x86_64,us-cpu/0,refused,flavor,\n"
        "us-t4,aws,us-east-1,us-east-1a,US,T4,us-t4/0,feasible,,0.526\n"
    )
    assert len(placement(*asked, "--flavor", "T4").out.splitlines()) == 3


def test_what_runs_is_told_by_a_plan(
    placement: Command, manifests: Path, fleet: Path, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.json"
    placement("plan", manifests, "--catalog", fleet, "--out", plan)
    done = placement(
        *("explain", "chat", manifests, "-e", "development", "--catalog", fleet),
        *("--current", plan, "--node", "us-t4", "-o", "table"),
    )
    assert done.code == 0
    assert "2 of 2 replicas run\n  2 on us-t4 (aws/us-east-1)\n" in done.out
    assert "short by 1 GPU; used by chat@development (2 GPUs)\n" in done.out


def test_what_runs_is_told_by_a_store(placement: Command, life: Path) -> None:
    asked = ("explain", "chat", "--store", ".placement/state.db", "--region", "eu-west-1")
    document = json.loads(placement(*asked).out)
    assert (document["version"], document["placed"]) == ("A", 1)
    assert document["candidate"]["verdict"] == "feasible"
    assert document["candidate"]["aboveRunning"] == 0.061
    manifest = life / "life.yaml"
    manifest.write_text(manifest.read_text().replace("version: A", "version: C"), encoding="utf-8")
    document = json.loads(placement(*asked[:2], manifest, *asked[2:]).out)
    # Manifests are put into the store; what runs of another version has to leave.
    assert (document["version"], document["placed"]) == ("C", 0)


def test_of_replicas_without_a_place_the_conflicts_and_repairs_follow(
    placement: Command, manifests: Path, fleet: Path
) -> None:
    more = manifests.read_text(encoding="utf-8").replace("replicas: 2", "replicas: 5")
    manifests.write_text(more, encoding="utf-8")
    asked = ("explain", "chat", manifests, "-e", "development", "--catalog", fleet)
    done = placement(*asked, "-o", "table")
    assert done.code == 3
    _, page, conflict = done.out.partition("planned with everything else, 3 replicas")
    assert page + conflict == (
        "planned with everything else, 3 replicas have no place\n"
        "\n"
        "1. capacity conflict: `chat@development` needs 5 T4 in node group `us-t4`; 2 exist\n"
        "   - deployment chat@development\n"
        "   - policy `t4-only` of development\n"
        "   - policy `us-only` of development\n"
        "   - node group us-t4\n"
        "   any one of these makes it fit, the cheapest first:\n"
        "   1) let policy `t4-only` also allow gpu `A100-80GB`\n"
        "   2) ask for 2 replicas of `chat@development` instead of 5\n"
        "   3) add 3 nodes to node group `us-t4` (0.5260 USD/h each)\n"
    )
    document = json.loads(placement(*asked, "-o", "json").out)
    assert document["missing"]["replicas"] == 3
    (found,) = document["missing"]["conflicts"]
    assert (found["kind"], found["proved"], len(found["repairs"])) == ("capacity", True, 3)
    done = placement(*asked, "--region", "us-east-1", "-o", "table")
    assert (done.code, "conflict" in done.out) == (0, False)


def test_both_ways_to_tell_what_runs_exclude_each_other(
    placement: Command, manifests: Path, home: Path
) -> None:
    done = placement("explain", "chat", manifests, "--current", "plan.json", "--store", "a.db")
    assert done.code == 2
    assert "name one of them" in done.err


@pytest.mark.parametrize(
    ("words", "finding"),
    [
        (["chta", "-e", "development"], "PL315 model `chta` is not deployed in `development`"),
        (["chat"], "PL315 model `chat` is not deployed in `production`"),
        (["chat", "-e", "develop"], "PL302 environment `develop` does not exist"),
        (
            ["chat", "-e", "development", "--region", "eu-wset-1"],
            "PL307 unknown region `eu-wset-1`",
        ),
        (["chat", "-e", "development", "--node", "us-t4/7"], "CT128 unknown node group `us-t4/7`"),
        (["", "-e", "development"], "PL315 model `` is not deployed in `development`"),
        (["<chat>\n", "-e", "development"], "PL315 model `<chat>\\u000a` is not deployed"),
    ],
)
def test_a_name_that_means_nothing_is_bad_input(
    placement: Command, manifests: Path, fleet: Path, words: list[str], finding: str
) -> None:
    model, *options = words
    done = placement("explain", model, manifests, *options, "--catalog", fleet)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("<command line>:1:1: " + finding)


def test_names_are_told_as_they_are(placement: Command, tmp_path: Path, fleet: Path) -> None:
    file = tmp_path / "odd.yaml"
    file.write_text(
        "apiVersion: placement/v1\n"
        "kind: Policy\n"
        'metadata: {name: "[red]nur für ☃[/red]"}\n'
        "spec: {type: location, locations: [{type: country, name: US}]}\n"
        "---\n"
        "apiVersion: placement/v1\n"
        "kind: ModelDeployment\n"
        'metadata: {name: "模型 [bold]"}\n'
        'spec: {version: "1", replicas: 0, policies: ["[red]nur für ☃[/red]"]}\n',
        encoding="utf-8",
    )
    done = placement("explain", "模型 [bold]", file, "--catalog", fleet, "-o", "table")
    assert done.code == 0
    assert "模型 [bold] in production, version 1: 0 of 0 replicas run" in done.out
    assert "[red]nur für ☃[/red]" in done.out


def test_without_manifests_it_explains_the_example_that_ships(placement: Command) -> None:
    done = placement("explain", "moderation", "-o", "json")
    assert done.code == 0
    assert "quickstart" in done.err
    assert json.loads(done.out)["fleet"]["nodeGroups"] > 1_000
