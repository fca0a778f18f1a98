"""What was measured, kept per size and written as tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.registry import QUICK, SUBJECTS, Row, Subject

HERE = Path(__file__).parent
KEPT = HERE / "results"
RESULTS = HERE / "RESULTS.md"
LOST = "lost"


def keep(found: Mapping[str, Any]) -> None:
    """Store the figures of one size in the place of earlier ones."""
    KEPT.mkdir(exist_ok=True)
    text = json.dumps(found, indent=1)
    path = KEPT / f"{found['subject']}.{found['size']}.json"
    path.write_text(text + "\n", encoding="utf-8")


def kept(one: Subject) -> Iterator[dict[str, Any]]:
    """Yield what is stored of a subject, from small to large."""
    for size in one.sizes:
        path = KEPT / f"{one.name}.{size}.json"
        if size != QUICK and path.exists():
            yield json.loads(path.read_text(encoding="utf-8"))


def write_report(path: Path) -> None:
    """Write the tables of all that is kept."""
    path.write_text("\n".join(report()) + "\n", encoding="utf-8")


def report() -> Iterator[str]:
    """Yield the lines of the whole report."""
    yield "# Results"
    yield ""
    yield "Written by `python -m benchmarks`; [the README](README.md) says what is measured."
    known = [(one, list(kept(one))) for one in SUBJECTS]
    yield from _machines([found for _, own in known for found in own])
    yield from _losses(known)
    for one, own in known:
        if own:
            yield from _section(one, own)


def _machines(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    told = dict.fromkeys(json.dumps(_without_commit(one["machine"])) for one in found)
    for text in told:
        yield ""
        yield ", ".join(f"{key} {value}" for key, value in json.loads(text).items()) + "."


def _without_commit(machine: Mapping[str, str]) -> dict[str, str]:
    """Return what holds of all sizes: the commit is told with each of them."""
    return {key: value for key, value in machine.items() if key != "placement"}


def _losses(known: Sequence[tuple[Subject, Sequence[Mapping[str, Any]]]]) -> Iterator[str]:
    lost = [
        f"- {one.name}, {found['size']}: {row[LOST]}"
        for one, own in known
        for found in own
        for row in found["rows"]
        if row.get(LOST)
    ]
    yield ""
    yield "## What we lose"
    yield ""
    yield from lost or ["Nothing of what is measured here."]


def _section(one: Subject, own: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield ""
    yield f"## {one.name}"
    yield ""
    yield one.about
    yield ""
    rows = [{"size": found["size"], **row} for found in own for row in found["rows"]]
    yield from table(rows)
    yield ""
    yield from table([_circumstances(found) for found in own])


def _circumstances(found: Mapping[str, Any]) -> Row:
    return {
        "size": found["size"],
        "seed": found["seed"],
        "limit, s": found["limit"],
        "whole case, s": found["seconds"],
        "CPU, s": found["cpuSeconds"],
        "peak, MiB": found["peakMiB"],
        "version": found["machine"]["placement"],
    }


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a Markdown table; columns as they first appear, what is lost last."""
    columns = [c for c in dict.fromkeys(key for row in rows for key in row) if c != LOST]
    if any(row.get(LOST) for row in rows):
        columns.append(LOST)
    yield "| " + " | ".join(columns) + " |"
    yield "|" + " --- |" * len(columns)
    for row in rows:
        yield "| " + " | ".join(_shown(row.get(column)) for column in columns) + " |"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return (
        f"{value:,.4g}"
        if isinstance(value, float) and abs(value) < 1000
        else (f"{value:,.2f}" if isinstance(value, float) else str(value))
    )
