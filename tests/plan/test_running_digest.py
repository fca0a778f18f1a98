"""The digest of what runs can be kept up deployment by deployment."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from placement.plan.document import rows_digest, running_digest, running_digest_of
from placement.workspace.assignment import Assignment

ROW = Assignment(
    *("chat", "production", "A", "g/0", "aws", "us-east-1", "a", "US", "NA", "T4"), 1, 1000, 5
)
ROWS = st.builds(
    lambda model, stage, node, replicas, cost: replace(
        ROW,
        model=model,
        environment=stage,
        node=f"g/{node}",
        replicas=replicas,
        gpus=1000 * replicas,
        cost=cost,
    ),
    st.sampled_from(["chat", "embed"]),
    st.sampled_from(["development", "production"]),
    st.integers(0, 3),
    st.integers(1, 3),
    st.integers(0, 9),
)


def digests(rows: list[Assignment]) -> dict[tuple[str, str], str]:
    return {key: rows_digest([r for r in rows if r.key == key]) for key in {r.key for r in rows}}


@given(st.lists(ROWS, max_size=8), st.lists(ROWS, max_size=3))
def test_the_digest_can_be_kept_up_by_deployment(
    rows: list[Assignment], new: list[Assignment]
) -> None:
    kept = digests(rows)
    assert running_digest(rows) == running_digest_of(kept)
    touched = {row.key for row in new}
    after = [row for row in rows if row.key not in touched] + new
    assert running_digest(after) == running_digest_of(kept | digests(new))


@given(st.lists(ROWS, max_size=8), st.randoms(use_true_random=False))
def test_neither_order_nor_cost_matters(rows: list[Assignment], chance: object) -> None:
    mixed = [replace(row, cost=row.cost + 1) for row in rows]
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert running_digest(mixed) == running_digest(rows)


def test_everything_else_matters() -> None:
    others = {
        "model": "embed",
        "environment": "development",
        "version": "B",
        "node": "g/1",
        "replicas": 2,
        "gpus": 2000,
        "gpu": 0,
        "region": "us-east-2",
    }
    found = {running_digest([replace(ROW, **{name: value})]) for name, value in others.items()}
    assert (
        len(found | {running_digest([ROW]), running_digest([]), running_digest([ROW, ROW])}) == 11
    )
