from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placement.errors import InputError
from placement.plan.document import COLUMNS, running_digest
from placement.plan.plan import Plan
from placement.plan.reading import OPTIONAL
from placement.plan.rows import (
    Certificate,
    Observed,
    PolicyDifference,
    Status,
    Tier,
    TransitionRecord,
)
from placement.workspace.dumping import to_document
from placement.workspace.refusal import Conflict, Refusal, RefusalReason, advise
from tests.verifier.fleet import At, plan_of
from tests.verifier.story import CATALOG, PLAN, SPACE

DOCUMENT: dict[str, Any] = json.loads(PLAN.to_json())

CHANGED = replace(
    PLAN,
    waves=(PLAN.changes[:2], PLAN.changes[2:3]),
    transition=TransitionRecord(
        "release",
        {"model": "chat", "source": "development", "target": "production"},
        put=tuple(to_document(one) for one in SPACE.deployments),
        delete=(
            {"kind": "Policy", "name": "eu"},
            {"kind": "ModelDeployment", "name": "old", "environment": "production"},
        ),
        replaced=(("chat", "production"),),
        uncallable=(("chat", "production", "0"), ("old", "production", "2")),
        cost_before=1_234_567,
        cost_after=2_000_000,
    ),
    policy_difference=PolicyDifference(("us-only",), ("eu", "t4")),
)
REFUSED = Plan(
    status=Status.INFEASIBLE,
    certificate=Certificate.NONE,
    tiers=(),
    assignments=(),
    unplaced=(),
    changes=(),
    basis=PLAN.basis,
    refusal=Refusal(
        RefusalReason.NO_ORDER,
        "no order",
        (Conflict("order", ("deployment chat@production", "node g/0"), "4 of 3", proved=True),),
        advise("set `rollout` to recreate"),
    ),
)


def edited(**fields: Any) -> str:
    return json.dumps({**DOCUMENT, **fields})


def with_row(key: str, **fields: Any) -> str:
    return edited(**{key: [{**DOCUMENT[key][0], **fields}, *DOCUMENT[key][1:]]})


def with_part(plan: Plan, key: str, **fields: Any) -> str:
    """Return the text of a plan with one of its objects edited, or without a field set to ..."""
    document = json.loads(plan.to_json())
    part = {**document[key], **fields}
    document[key] = {name: value for name, value in part.items() if value is not ...}
    return json.dumps(document)


def refusal(text: str) -> str:
    with pytest.raises(InputError) as refused:
        Plan.from_json(text, file="plan.json")
    (line, *_) = str(refused.value).splitlines()
    return line


def test_keys_are_in_the_documented_order() -> None:
    assert list(DOCUMENT) == [
        "apiVersion",
        "kind",
        "status",
        "certificate",
        "tiers",
        "assignments",
        "unplaced",
        "changes",
        "observed",
        "forced",
        "basis",
        "reproducible",
        "stoppedBy",
        "stats",
        "digest",
    ]
    shares = [row for row in DOCUMENT["assignments"] if "gpu" in row]
    assert [list(row) for row in shares] == [list(COLUMNS)] * len(shares)
    whole = [row for row in DOCUMENT["assignments"] if "gpu" not in row]
    assert {tuple(row) for row in whole} == {tuple(c for c in COLUMNS if c != "gpu")}
    assert shares
    assert whole


def test_optional_keys_are_left_out_when_empty() -> None:
    plain = replace(PLAN, observed=(), forced=(), warnings=())
    assert not {"observed", "forced", "warnings"} & json.loads(plain.to_json()).keys()
    warned = replace(PLAN, warnings=("look",))
    assert json.loads(warned.to_json())["warnings"] == ["look"]


def test_what_belongs_to_a_change_comes_in_its_place() -> None:
    keys = list(json.loads(CHANGED.to_json()))
    first = keys.index("forced") + 1
    assert keys[first : first + 4] == ["waves", "transition", "policyDifference", "basis"]
    assert not {"waves", "transition", "policyDifference", "refusal"} & DOCUMENT.keys()


def test_a_wave_is_a_list_of_changes() -> None:
    waves = json.loads(CHANGED.to_json())["waves"]
    assert waves == [DOCUMENT["changes"][:2], DOCUMENT["changes"][2:3]]


def test_a_transition_names_objects_as_documents_and_costs_in_usd() -> None:
    record = json.loads(CHANGED.to_json())["transition"]
    assert list(record) == [
        "kind",
        "arguments",
        "put",
        "delete",
        "replaced",
        "uncallable",
        "costBefore",
        "costAfter",
    ]
    assert record["put"][0]["metadata"]["name"] == "chat"
    assert record["replaced"] == [{"model": "chat", "environment": "production"}]
    assert record["uncallable"][1] == {
        "model": "old",
        "environment": "production",
        "version": "2",
    }
    assert (record["costBefore"], record["costAfter"]) == (1.234567, 2)


def test_a_refused_plan_says_why_and_nothing_else() -> None:
    document = json.loads(REFUSED.to_json())
    assert document["refusal"] == {
        "reason": "no-order",
        "message": "no order",
        "conflicts": [
            {
                "kind": "order",
                "members": ["deployment chat@production", "node g/0"],
                "message": "4 of 3",
                "proved": True,
            }
        ],
        "repairs": ["set `rollout` to recreate"],
    }
    assert (document["status"], document["certificate"]) == ("infeasible", "none")
    assert document["tiers"] == document["assignments"] == document["changes"] == []


def test_a_difference_of_no_policies_is_told_from_none() -> None:
    same = replace(PLAN, policy_difference=PolicyDifference((), ()))
    assert Plan.from_json(same.to_json()) == same != PLAN


@pytest.mark.parametrize("plan", [CHANGED, REFUSED, replace(CHANGED, waves=())])
def test_the_round_trip_of_a_change_is_exact(plan: Plan) -> None:
    text = plan.to_json()
    again = Plan.from_json(text)
    assert again == plan
    assert again.to_json() == text
    assert again.digest == plan.digest


@pytest.mark.parametrize(
    "change",
    [
        replace(CHANGED, waves=CHANGED.waves[::-1]),
        replace(CHANGED, policy_difference=None),
        replace(CHANGED, transition=None),
        replace(REFUSED, refusal=None),
    ],
)
def test_everything_about_a_change_is_signed(change: Plan) -> None:
    assert change.digest not in (CHANGED.digest, REFUSED.digest)


def test_numbers_are_written_as_people_write_them() -> None:
    rows = {(row["node"], row.get("gpu")): row for row in DOCUMENT["assignments"]}
    assert (rows["east/0", None]["gpus"], rows["east/0", None]["costPerHour"]) == (2, 1)
    assert (rows["west/0", 1]["gpus"], rows["west/0", 1]["costPerHour"]) == (0.5, 0.28875)
    assert DOCUMENT["tiers"][-1]["unit"] == "USD/h"


def test_the_round_trip_is_exact() -> None:
    text = PLAN.to_json()
    again = Plan.from_json(text)
    assert again == PLAN
    assert again.to_json() == text
    assert again.stated_digest == again.digest == PLAN.digest


@pytest.mark.parametrize("objective", ["carbon", "latency", "mix:cost=1,latency=0.0003"])
def test_the_round_trip_of_other_objectives_is_exact(objective: str) -> None:
    text = plan_of(CATALOG, SPACE, At("chat", "east/0", 3), objective=objective).to_json()
    assert Plan.from_json(text).to_json() == text


def test_a_mean_that_never_ends_keeps_its_text() -> None:
    tiers = (*PLAN.tiers[:-1], Tier("latency", 100, 99, "ms", 7_000, "search", True, "affected"))
    text = replace(PLAN, tiers=tiers).to_json()
    assert '"value":0.01429,"bound":0.01414,' in text
    assert Plan.from_json(text).to_json() == text


def test_the_digest_is_what_anybody_computes_from_the_text() -> None:
    signed = {key: value for key, value in DOCUMENT.items() if key not in ("digest", "stats")}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert DOCUMENT["digest"] == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def test_stats_are_no_part_of_the_digest() -> None:
    assert replace(PLAN, stats={"seconds": 1.5}).digest == PLAN.digest
    assert replace(PLAN, warnings=("x",)).digest != PLAN.digest


def test_the_running_digest_knows_neither_order_nor_cost() -> None:
    rows = PLAN.assignments
    cheaper = [replace(row, cost=0) for row in reversed(rows)]
    assert running_digest(cheaper) == running_digest(rows)
    assert running_digest(rows[1:]) != running_digest(rows)
    assert running_digest([replace(rows[0], replicas=9), *rows[1:]]) != running_digest(rows)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "plan.json:1:1: PL501 not valid JSON: expecting value"),
        ('{"a": 1,\n "b" 2}', "plan.json:2:6: PL501 not valid JSON"),
        ("[" * 100_000, "plan.json:1:1: PL501 nested too deep"),
        ('{"a": NaN}', "`NaN` is not a number of JSON"),
        ('{"a": -Infinity}', "`-Infinity` is not a number of JSON"),
        ('{"a": 1e400}', "number `1e400` is out of range"),
        ('{"a": 1e99999999999999999999}', "out of range"),
        ('{"a": ' + "9" * 5_000 + "}", "out of range"),
        ('{"a": "\\ud800"}', "half of a surrogate pair"),
        ('{"a": 1, "a": 2}', "key `a` is given twice"),
        ("\ufeff{}", "PL501"),
        ("null", "the document must be an object"),
        ("[]", "the document must be an object"),
        ("{}", "`apiVersion` is missing"),
        (edited(more=1), "unknown key `more`"),
        (edited(apiVersion="placement/v2"), "`apiVersion` must be `placement/v1`"),
        (edited(kind="Model"), "`kind` must be `Plan`"),
        (edited(status="good"), "`status` must be one of optimal, feasible"),
        (edited(tiers={}), "`tiers` must be a list"),
        (edited(reproducible=1), "`reproducible` must be true or false"),
        (edited(stoppedBy=0), "`stoppedBy` must be a text"),
        (edited(stats=[]), "`stats` must be an object"),
        (edited(warnings=[1]), "`warnings[0]` must be a text"),
        (edited(assignments=[1]), "`assignments[0]` must be an object"),
        (with_row("assignments", replicas="2"), "`assignments[0].replicas` must be a whole"),
        (with_row("assignments", replicas=True), "`assignments[0].replicas` must be a whole"),
        (with_row("assignments", replicas=1.0), "`assignments[0].replicas` must be a whole"),
        (with_row("assignments", gpus=0.0005), "`assignments[0].gpus` must be a multiple"),
        (with_row("assignments", gpus=None), "`assignments[0].gpus` must be a number"),
        (with_row("assignments", costPerHour=1e-9), "`assignments[0].costPerHour` must be a mul"),
        (with_row("assignments", gpu=None), "`assignments[0].gpu` must be a whole"),
        (with_row("assignments", extra=1), "unknown key `assignments[0].extra`"),
        (with_row("tiers", value=None), "`tiers[0].value` must be a number"),
        (with_row("tiers", name=["x"]), "`tiers[0].name` must be a text, found list"),
        (with_row("changes", action="hop"), "`changes[0].action` must be one of place, keep"),
        (with_row("unplaced", reasons="x"), "`unplaced[0].reasons` must be a list"),
        (edited(basis={}), "`basis.catalog` is missing"),
        (edited(waves={}), "`waves` must be a list"),
        (edited(waves=[1]), "`waves[0]` must be a list"),
        (edited(waves=[[{}]]), "`waves[0][0].action` is missing"),
        (edited(waves=[DOCUMENT["changes"], [1]]), "`waves[1][0]` must be an object"),
        (edited(transition=None), "`transition` must be an object"),
        (edited(refusal=None), "`refusal` must be an object"),
        (edited(policyDifference=[]), "`policyDifference` must be an object"),
        (edited(policyDifference={"added": []}), "`policyDifference.removed` is missing"),
        (edited(policyDifference={"added": [1], "removed": []}), "`policyDifference.added[0]`"),
        (with_part(CHANGED, "transition", more=1), "unknown key `transition.more`"),
        (with_part(CHANGED, "transition", put=...), "`transition.put` is missing"),
        (with_part(CHANGED, "transition", arguments=[]), "`transition.arguments` must be an obj"),
        (with_part(CHANGED, "transition", arguments={"a": 1}), "`transition.arguments.a` must be"),
        (with_part(CHANGED, "transition", put=[{}]), "`transition.put[0].apiVersion` is missing"),
        (
            with_part(CHANGED, "transition", put=[{**to_document(SPACE.deployments[0]), "x": 1}]),
            "unknown key `transition.put[0].x`",
        ),
        (
            with_part(
                CHANGED, "transition", put=[{**to_document(SPACE.deployments[0]), "kind": "Pod"}]
            ),
            "`transition.put[0].kind` must be one of Environment, ModelDeployment, Policy",
        ),
        (
            with_part(
                CHANGED, "transition", put=[{**to_document(SPACE.deployments[0]), "spec": 1}]
            ),
            "`transition.put[0].spec` must be an object",
        ),
        (
            with_part(CHANGED, "transition", delete=[{"kind": "Policy"}]),
            "`transition.delete[0].name` is missing",
        ),
        (
            with_part(CHANGED, "transition", delete=[{"kind": "Pod", "name": "x"}]),
            "`transition.delete[0].kind` must be one of",
        ),
        (
            with_part(CHANGED, "transition", delete=[{"kind": "Policy", "name": 1}]),
            "`transition.delete[0].name` must be a text",
        ),
        (
            with_part(CHANGED, "transition", replaced=[["a", "b"]]),
            "`transition.replaced[0]` must be an object",
        ),
        (
            with_part(CHANGED, "transition", uncallable=[{"model": "a", "environment": "b"}]),
            "`transition.uncallable[0].version` is missing",
        ),
        (
            with_part(CHANGED, "transition", costAfter=1e-7),
            "`transition.costAfter` must be a multiple of 1/1000000",
        ),
        (with_part(REFUSED, "refusal", reason="mood"), "`refusal.reason` must be one of self-rel"),
        (with_part(REFUSED, "refusal", repairs=...), "`refusal.repairs` is missing"),
        (with_part(REFUSED, "refusal", repairs=[1]), "`refusal.repairs[0]` must be a text"),
        (with_part(REFUSED, "refusal", more=1), "unknown key `refusal.more`"),
        (
            with_part(REFUSED, "refusal", conflicts=[{"kind": "order"}]),
            "`refusal.conflicts[0].members` is missing",
        ),
    ],
)
def test_a_bad_document_is_refused_with_its_place(text: str, where: str) -> None:
    assert where in refusal(text)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_no_damage_to_the_text_ends_in_a_traceback(data: st.DataObject) -> None:
    text = PLAN.to_json()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    middle = data.draw(
        st.text(max_size=8) | st.sampled_from(["[", "{", "null", "1e9", "\x00", '"'])
    )
    with suppress(InputError):
        Plan.from_json(text[:start] + middle + text[end:])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.decimals(-9, 9, places=3).map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(sorted({*DOCUMENT, *OPTIONAL})), JSON)
def test_no_value_of_a_key_ends_in_a_traceback(key: str, value: Any) -> None:
    try:
        plan = Plan.from_json(edited(**{key: value}))
    except InputError:
        return
    assert Plan.from_json(plan.to_json()) == plan


def test_hostile_text_is_escaped_in_html() -> None:
    row = replace(PLAN.assignments[0], model="<script>alert(1)</script>")
    html = replace(PLAN, assignments=(row,) * 30)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "and 10 more rows" in html


def test_control_characters_and_quotes_survive() -> None:
    odd = Observed('a"\\\n\t\x00é漢', "chat", "production", "east/0", 1)
    plan = replace(PLAN, observed=(odd,))
    assert Plan.from_json(plan.to_json()) == plan
    assert json.loads(plan.to_json())["observed"][0]["policy"] == odd.policy


def test_the_frame_has_one_row_per_assignment() -> None:
    frame = PLAN.to_frame()
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == len(PLAN.assignments)
    assert frame["replicas"].sum() == sum(row.replicas for row in PLAN.assignments)
    assert Decimal(str(frame["costPerHour"].sum())) == Decimal(
        sum(row.cost for row in PLAN.assignments)
    ) / Decimal(10**6)
    assert set(frame["continent"]) == {"NA", "EU"}
    assert frame["gpu"].isna().sum() == sum(row.gpu is None for row in PLAN.assignments)


def test_the_frame_of_an_empty_plan_has_its_columns() -> None:
    empty = replace(PLAN, assignments=()).to_frame()
    assert tuple(empty.columns) == COLUMNS
    assert len(empty) == 0
