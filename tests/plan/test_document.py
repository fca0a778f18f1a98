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
from placement.plan.rows import Observed, Tier
from tests.verifier.fleet import At, plan_of
from tests.verifier.story import CATALOG, PLAN, SPACE

DOCUMENT: dict[str, Any] = json.loads(PLAN.to_json())


def edited(**fields: Any) -> str:
    return json.dumps({**DOCUMENT, **fields})


def with_row(key: str, **fields: Any) -> str:
    return edited(**{key: [{**DOCUMENT[key][0], **fields}, *DOCUMENT[key][1:]]})


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
        ("", "plan.json:1:1: PL501 not valid JSON"),
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
@given(st.sampled_from(sorted(DOCUMENT)), JSON)
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
