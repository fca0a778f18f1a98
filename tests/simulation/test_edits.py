"""Each kind of edit, what it changes, what it is called, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from placement import InputError, Scenario, load_scenarios, simulate, sweep
from placement.catalog.rows import NodeState
from placement.simulation.edits import (
    AddNodes,
    Attach,
    Detach,
    Edit,
    Lose,
    PutPolicy,
    Release,
    RemoveNodes,
    Scale,
    SetPrice,
    World,
)
from placement.simulation.edits.registry import EDIT_TYPES
from placement.simulation.files import edit_of
from placement.simulation.outcome import Fate, Verdict
from placement.simulation.scenario import change_of
from placement.simulation.schema import scenario_schema
from placement.simulation.sweep import Over
from placement.workspace.making import make_workspace
from placement.workspace.workspace import Environment
from tests.verifier.fleet import EAST, WEST, At, deployment, fleet, gpu_group, policy, running

CATALOG = fleet(gpu_group("us", EAST, "a", "T4", 2), gpu_group("eu", WEST, "a", "T4", 3))
US = policy("us-only", "location", locations=[{"type": "country", "name": "US"}])
EU = policy("eu-only", "location", locations=[{"type": "continent", "name": "Europe"}])
SPACE = make_workspace(
    [US, EU],
    [Environment(name="production", policies=("us-only",))],
    [
        deployment("chat", replicas=2, minReplicas=2),
        deployment("chat", replicas=1, version="2", environment="development"),
    ],
)
RELEASE = Release.model_validate({"model": "chat", "from": "development", "to": "production"})

EDITS = {
    "lose": (Lose(scope="node-group", name="us"), "lose node-group us"),
    "add": (AddNodes(node_group="us", nodes=1), "add 1 node to us"),
    "remove": (RemoveNodes(node_group="us", nodes=2), "remove 2 nodes from us"),
    "price": (SetPrice(node_group="us", price_per_hour=2.5), "price of us becomes 2.5 USD/h"),
    "attach": (
        Attach(policy="eu-only", environment="development"),
        "attach eu-only to development",
    ),
    "detach": (
        Detach(policy="us-only", environment="production"),
        "detach us-only from production",
    ),
    "put-policy": (
        PutPolicy(policy=EU.model_copy(update={"name": "us-only"})),
        "policy us-only (location) allows Europe",
    ),
    "release": (RELEASE, "release chat from development to production"),
    "scale": (
        Scale(model="chat", environment="production", replicas=1),
        "scale chat@production to 1 replicas",
    ),
}


@pytest.mark.parametrize("word", EDIT_TYPES)
def test_an_edit_says_what_it_does_and_leaves_what_it_is_given(word):
    edit, words = EDITS[word]
    assert type(edit) is EDIT_TYPES[word]
    assert edit.type == word
    assert edit.words() == words
    before = (CATALOG.digest, SPACE.digest)
    after = edit.apply(World(CATALOG, SPACE))
    assert isinstance(after, World)
    assert (
        (CATALOG.digest, SPACE.digest) == before != (after.catalog.digest, after.workspace.digest)
    )
    # An edit is of the fleet or of what is asked, never of both.
    assert (after.catalog is CATALOG) != (after.workspace is SPACE)


@pytest.mark.parametrize("word", EDIT_TYPES)
def test_an_edit_is_frozen_and_knows_no_other_fields(word):
    edit, _ = EDITS[word]
    with pytest.raises(ValidationError):
        edit.type = "other"
    with pytest.raises(ValidationError):
        type(edit).model_validate({**edit.model_dump(by_alias=True), "more": 1})


def made(*edits: Edit):
    return change_of(Scenario("s", edits), CATALOG, SPACE)


def test_each_edit_changes_what_it_names():
    assert (
        made(Lose(scope="node-group", name="us")).catalog.groups_by_name["us"].state
        is NodeState.LOST
    )
    assert made(Lose(scope="node", name="us/1")).catalog.states == {"us/1": NodeState.LOST}
    assert made(EDITS["add"][0]).catalog.groups_by_name["us"].count == 3
    assert made(EDITS["remove"][0]).catalog.groups_by_name["us"].count == 0
    assert made(EDITS["price"][0]).catalog.groups_by_name["us"].price == 2_500_000_000
    stages = made(EDITS["attach"][0], EDITS["detach"][0]).transition.after.environments
    assert stages["development"].policies == ("eu-only",)
    assert stages["production"].policies == ()
    assert made(EDITS["put-policy"][0]).transition.after.policies["us-only"].options() == "Europe"
    assert made(RELEASE).transition.after.by_key["chat", "production"].version == "2"
    scaled = made(EDITS["scale"][0]).transition.after.by_key["chat", "production"]
    assert (scaled.replicas, scaled.min_replicas) == (1, 1)


def test_edits_follow_one_another():
    change = made(AddNodes(node_group="us", nodes=2), Lose(scope="node", name="us/3"))
    assert change.catalog.states == {"us/3": NodeState.LOST}
    change = made(PutPolicy(policy=EU.model_copy(update={"name": "new"})), attach("new"))
    assert change.transition.after.environments["production"].policies == ("us-only", "new")


def attach(name: str) -> Attach:
    return Attach(policy=name, environment="production")


def test_a_release_among_other_edits_is_still_whole():
    change = made(RELEASE, Scale(model="chat", environment="development", replicas=3))
    assert change.transition.strict == {("chat", "production"), ("chat", "development")}
    first = make_workspace([], [], [deployment("chat", environment="development")])
    together = Scenario("s", [RELEASE, Scale(model="chat", environment="development", replicas=3)])
    change = change_of(together, CATALOG, first)
    assert ("chat", "production") in change.transition.strict  # though nothing was there
    alone = made(RELEASE, Lose(name="eu")).transition
    assert alone.kind == "release"


WRONG = [
    (Lose(name="us"), "CT129", "`us` stands for node group `us` and country `US`"),
    (Lose(name="uss"), "CT128", "unknown node or place `uss`"),
    (Lose(scope="region", name="us"), "CT128", "unknown region `us`"),
    (AddNodes(node_group="nowhere", nodes=1), "CT128", "unknown node group `nowhere`"),
    (RemoveNodes(node_group="us", nodes=3), "SC103", "`us` has 2 nodes, 3 cannot be removed"),
    (attach("us-onyl"), "SC102", "unknown policy `us-onyl`"),
    (Attach(policy="us-only", environment="prod"), "SC102", "unknown environment `prod`"),
    (
        Detach(policy="eu-only", environment="production"),
        "SC102",
        "policy `eu-only` is not attached",
    ),
    (Scale(model="chatt", replicas=1), "SC102", "unknown model `chatt`"),
    (
        Release.model_validate({"model": "chat", "from": "production", "to": "production"}),
        "SC102",
        "onto itself",
    ),
    (
        PutPolicy(
            policy=policy("us-only", "location", locations=[{"type": "location", "name": "moon-1"}])
        ),
        "PL307",
        "unknown region `moon-1`",
    ),
]


@pytest.mark.parametrize(("edit", "code", "message"), WRONG, ids=lambda value: str(value)[:30])
def test_what_makes_no_sense_is_refused_with_the_name_of_the_scenario(edit, code, message):
    with pytest.raises(InputError) as caught:
        made(edit)
    (finding,) = caught.value.diagnostics
    assert finding.code == code
    assert message in finding.message
    assert "(scenario `s`)" in finding.message


# -------------------------------------------------------------------- sweeps


def test_a_sweep_loses_each_place_once():
    names = {over: [s.edits[0].name for s in sweep(CATALOG, over)] for over in Over}
    assert names == {
        "node": ["eu/0", "eu/1", "eu/2", "us/0", "us/1"],
        "node-group": ["eu", "us"],
        "zone": ["aws/eu-west-1/a", "aws/us-east-1/a"],
        "region": ["aws/eu-west-1", "aws/us-east-1"],
        "country": ["IE", "US"],
        "provider": ["aws"],
    }
    for over in Over:
        for scenario in sweep(CATALOG, over):
            change = change_of(scenario, CATALOG, SPACE)
            assert change.catalog.digest != CATALOG.digest


def test_a_sweep_over_what_cannot_be_lost_is_an_error():
    with pytest.raises(InputError, match="a sweep cannot be over `regin`") as caught:
        sweep(CATALOG, "regin")
    assert "did you mean `region`?" in str(caught.value)


TODAY = running(CATALOG, SPACE, At("chat", "us/0", 2))


def test_only_places_where_something_runs_are_planned_for(monkeypatch):
    from placement.simulation import judging

    planned = []
    real = judging._computed
    monkeypatch.setattr(
        judging,
        "_computed",
        lambda today, s, *rest: planned.append(s.name) or real(today, s, *rest),
    )
    outcomes = simulate(CATALOG, TODAY, [s for over in Over for s in sweep(CATALOG, over)])
    assert planned == [
        "node us/0",
        "node-group us",
        "zone aws/us-east-1/a",
        "region aws/us-east-1",
        "country US",
        "provider aws",
    ]
    assert {o.scenario for o in outcomes if o.verdict is not Verdict.UNCHANGED} == set(planned)


def test_who_survives_is_told_by_name_and_number():
    found = {o.scenario: o for o in simulate(CATALOG, TODAY, sweep(CATALOG, "node"))}
    moved = found["node us/0"]
    (row, _) = moved.deployments[::-1]
    assert (row.key, row.fate, row.today, row.after) == (
        ("chat", "production"), Fate.MOVED, 2, 2,
    )  # fmt: skip
    assert (moved.moved, moved.forced, moved.surviving, moved.running) == (2, 2, 1, 1)
    (lost,) = simulate(CATALOG, TODAY, [Scenario("us", [Lose(scope="region", name="us-east-1")])])
    assert lost.verdict is Verdict.LOSES
    assert lost.lost == 2
    assert lost.surviving == 0
    (missing,) = lost.unplaced
    assert (missing.key, missing.replicas) == (("chat", "production"), 2)
    assert missing.reasons


def test_asking_for_fewer_is_not_losing_and_another_version_is_no_move():
    fewer = Scenario("fewer", [Scale(model="chat", environment="production", replicas=1)])
    both = Scenario("both", [fewer.edits[0], Lose(scope="node", name="us/0")])
    none = Scenario("none", [Scale(model="chat", environment="production", replicas=0)])
    over = Scenario("over", [RELEASE])
    found = simulate(CATALOG, TODAY, [fewer, both, none, over])
    fates = [{row.key: row.fate for row in o.deployments}["chat", "production"] for o in found]
    assert fates == [Fate.SHRUNK, Fate.SHRUNK, Fate.SHRUNK, Fate.REPLACED]
    assert {outcome.verdict for outcome in found} == {Verdict.SURVIVES}
    assert [outcome.lost for outcome in found] == [0, 0, 0, 0]


def test_only_what_is_missing_beyond_today_is_told():
    big = make_workspace([], [], [deployment("big", replicas=4, resources={"gpus": 4})])
    small = fleet(gpu_group("us", EAST, "a", "T4", 2), gpu_group("eu", WEST, "a", "T4", 1))
    (outcome,) = simulate(small, big, [Scenario("eu", [Lose(scope="node-group", name="eu")])])
    (row,) = outcome.unplaced
    assert row.replicas == 1  # one of four has no place today
    assert outcome.fates[Fate.REDUCED] == 1
    assert outcome.lost == 1


def test_a_change_that_would_be_refused_is_told_with_its_reason():
    (outcome,) = simulate(CATALOG, TODAY, [Scenario("s", [EDITS["put-policy"][0]])], evict=False)
    assert outcome.verdict is Verdict.SURVIVES  # Europe has room
    harder = [EDITS["put-policy"][0], Attach(policy="eu-only", environment="production")]
    assert simulate(CATALOG, TODAY, [Scenario("s", harder)])[0].verdict is Verdict.SURVIVES
    both = policy("both", "provider", providers=["gcp"])
    stranding = Scenario("s", [PutPolicy(policy=both), attach("both")])
    (outcome,) = simulate(CATALOG, TODAY, [stranding])
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.refusal is not None
    assert outcome.refusal.reason == "strands"
    assert outcome.after == outcome.today
    (outcome,) = simulate(CATALOG, TODAY, [stranding], evict=True)
    assert outcome.verdict is Verdict.LOSES
    assert outcome.lost == 2


def test_nothing_runs_yet_means_what_would_be_planned():
    (outcome,) = simulate(CATALOG, SPACE, [Scenario("us", [Lose(name="us-east-1")])])
    assert outcome.running == 2
    assert outcome.today.cost > 0


def test_what_cannot_stay_even_so_is_placed_anew_before_anything_is_imagined():
    gone = fleet(*CATALOG.node_groups, us_0="lost")
    nothing, price = simulate(
        gone,
        TODAY,
        [Scenario("as it is"), Scenario("dear", [SetPrice(node_group="eu", price_per_hour=3)])],
    )
    assert nothing.verdict is Verdict.UNCHANGED
    assert (price.moved, price.forced) == (0, 0)
    assert not price.changes


def test_an_empty_workspace_has_nothing_to_lose():
    empty = make_workspace()
    found = simulate(CATALOG, empty, sweep(CATALOG, "region"))
    assert {outcome.verdict for outcome in found} == {Verdict.UNCHANGED}
    assert all(outcome.running == 0 for outcome in found)
    assert simulate(CATALOG, empty, []) == ()


def test_an_outcome_is_a_document_with_exact_numbers():
    users = deployment("near", replicas=3, requestOrigins=[{"country": "US"}])
    asked = make_workspace([], [], [users])
    east = Scenario("east", [Lose(name="us-east-1")])
    (outcome,) = simulate(CATALOG, asked, [east], objective="latency")
    document = json.loads(outcome.to_json())
    assert document["digest"] == outcome.digest
    assert set(document) >= {"cost", "carbon", "latency", "tiers", "changes", "fates", "seconds"}
    trips = [CATALOG.round_trip("US", f"aws/{code}") for code in ("us-east-1", "eu-west-1")]
    assert [document["latency"][side] for side in ("today", "after")] == [t / 1000 for t in trips]
    for name in ("cost", "carbon", "latency"):
        pair = document[name]
        assert pair["difference"] == pytest.approx(pair["after"] - pair["today"])
    assert (
        sum(step["replicas"] for step in document["changes"]) == document["replicas"]["moved"] == 3
    )
    slow, fast = replace(outcome, seconds=9.0), replace(outcome, seconds=1.0)
    assert slow.digest == fast.digest != replace(outcome, warnings=("x",)).digest


def test_what_has_no_place_today_is_tried_again_only_if_asked():
    short = make_workspace([], [], [deployment("big", replicas=3, resources={"gpus": 4})])
    small = fleet(gpu_group("us", EAST, "a", "T4", 2))
    more = [Scenario("more", [AddNodes(node_group="us", nodes=1)])]
    (as_it_is,) = simulate(small, short, more)
    assert as_it_is.verdict is Verdict.UNCHANGED
    (tried,) = simulate(small, short, more, retry_unplaced=True)
    assert tried.fates[Fate.GROWN] == 1


# --------------------------------------------------------------------- files

GOOD = """\
apiVersion: placement/v1
kind: Scenario
metadata: {name: virginia}
spec:
  edits:
    - {type: lose, scope: region, name: us-east-1}
    - {type: add, nodeGroup: eu, nodes: 2}
    - {type: price, nodeGroup: eu, pricePerHour: 2.5}
---
apiVersion: placement/v1
kind: Scenario
metadata: {name: Ærø – 東京}
spec:
  edits:
    - {type: put-policy, name: new, spec: {type: location, locations: [{type: country, name: US}]}}
    - {type: attach, policy: new, environment: production, model: chat}
    - {type: detach, policy: us-only, environment: production}
    - {type: remove, nodeGroup: eu, nodes: 1}
    - {type: scale, model: chat, replicas: 1}
    - {type: release, model: chat, from: development, to: production, keep: [replicas]}
"""


def test_scenarios_are_read_from_files(tmp_path):
    file = tmp_path / "scenarios.yaml"
    file.write_text(GOOD, encoding="utf-8")
    first, second = load_scenarios(file)
    assert first == Scenario(
        "virginia",
        [
            Lose(scope="region", name="us-east-1"),
            AddNodes(node_group="eu", nodes=2),
            SetPrice(node_group="eu", price_per_hour=2.5),
        ],
    )
    assert second.name == "Ærø – 東京"
    assert {edit.type for edit in (*first.edits, *second.edits)} == set(EDIT_TYPES)
    assert len(simulate(CATALOG, SPACE, [first, second])) == 2


BAD = {
    "    - {type: loose, name: x}": ("SC101", 6, 14, "did you mean `lose`?"),
    "    - {type: lose, scope: regon, name: x}": ("PL204", 6, 27, "did you mean `region`?"),
    "    - {type: add, nodeGroup: us, nodes: two}": ("PL203", 6, 41, None),
    "    - {type: add, nodeGroup: us, nodes: 0}": ("PL401", 6, 41, None),
    "    - {type: price, nodeGroup: us, pricePerHour: 1.0000000001}": ("PL402", 6, 50, None),
    "    - {type: scale, model: chat, replica: 1}": ("PL201", 6, 34, "did you mean `replicas`?"),
    "    - {type: put-policy, name: p, spec: {type: locaton}}": ("PL207", 6, 48, None),
    "    - {type: put-policy, name: p}": ("PL202", 6, 7, None),
    "    - {name: p}": ("PL202", 6, 7, None),
    "    - 3": ("PL203", 6, 7, None),
    "    - {type: lose, name: atlantis}": ("CT128", 6, 7, None),
    "    - {type: scale, model: chatt, replicas: 1}": ("SC102", 6, 7, "did you mean `chat`?"),
}


@pytest.mark.parametrize("line", BAD)
def test_a_wrong_edit_is_named_with_its_place(tmp_path, line):
    code, row, column, advice = BAD[line]
    file = tmp_path / "wrong.yaml"
    file.write_text("\n".join([*GOOD.splitlines()[:5], line, ""]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        simulate(CATALOG, SPACE, load_scenarios(file))
    places = [(f.code, f.file, f.line, f.column) for f in caught.value.diagnostics]
    assert (code, str(file), row, column) in places
    if advice is not None:
        assert advice in str(caught.value)


def test_a_name_twice_another_kind_and_another_version_are_errors(tmp_path):
    file = tmp_path / "wrong.yaml"
    head = "apiVersion: placement/v1\nkind: Scenario\nmetadata: {name: a}\nspec: {edits: []}\n"
    other = "apiVersion: placement/v2\nkind: Policy\nmetadata: {}\nspec: []\n"
    file.write_text(f"{head}---\n{head}---\n{other}---\n3\n---\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenarios(file)
    found = [(f.code, f.line, f.column) for f in caught.value.diagnostics]
    assert found == [
        ("PL303", 8, 18),
        ("PL206", 11, 13),
        ("PL205", 12, 7),
        ("PL203", 14, 7),
        ("PL203", 16, 1),
    ]


def test_an_edit_of_words_is_checked_like_one_of_a_file():
    assert edit_of({"type": "lose", "name": "us"}) == Lose(name="us")
    with pytest.raises(InputError, match="`nodes` must be a whole number, found the text `x`"):
        edit_of({"type": "add", "nodeGroup": "us", "nodes": "x"})


# -------------------------------------------------------------------- schema


def documents(text: str):
    return [document for document in yaml.safe_load_all(text) if document is not None]


VALIDATOR = Draft202012Validator(scenario_schema())


def test_the_schema_takes_what_is_read():
    Draft202012Validator.check_schema(scenario_schema())
    for document in documents(GOOD):
        assert list(VALIDATOR.iter_errors(document)) == []


@pytest.mark.parametrize("line", BAD)
def test_the_schema_refuses_what_has_the_wrong_shape(line):
    (document,) = documents("\n".join([*GOOD.splitlines()[:5], line]))
    names_only = BAD[line][0] in ("CT128", "SC102")  # a schema knows no names
    too_fine = BAD[line][0] == "PL402"  # nor how finely a price may be given
    assert VALIDATOR.is_valid(document) == (names_only or too_fine)


def test_the_schema_of_the_command_line_is_this_one(capsys, monkeypatch):
    from placement.cli.main import main

    monkeypatch.setattr("sys.argv", ["placement", "schema", "scenario", "-o", "json"])
    with pytest.raises(SystemExit):
        main()
    assert json.loads(capsys.readouterr().out) == scenario_schema()
