"""``placement history``: what was committed, by whom, and whether the record holds together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from placement.catalog.text import visible
from placement.cli import output, storing
from placement.cli.documents import plan_text
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import (
    Environment,
    ModelFilter,
    Output,
    StoreOption,
    not_negative_whole,
    positive,
)
from placement.cli.table import Column, render
from placement.plan.wording import title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from placement.store.store import Store
    from placement.store.values import Entry, Replayed

_COLUMNS = (
    Column("SERIAL", right=True),
    Column("AT"),
    Column("AUTHOR"),
    Column("WHAT"),
    Column("REASON"),
    Column("PLAN"),
)
_FIELDS = (
    "serial",
    "parent",
    "at",
    "author",
    "kind",
    "arguments",
    "reason",
    "planDigest",
    "stateDigest",
    "catalogDigest",
)
_SHORT = len("sha256:") + 12

Serial = Annotated[
    int | None,
    typer.Argument(
        metavar="[SERIAL]",
        parser=not_negative_whole,
        help="Show the plan of one commit.",
        show_default=False,
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit", metavar="NUMBER", parser=positive, help="At most so many, newest first."
    ),
]
Verify = Annotated[
    bool, typer.Option("--verify", help="Make every state again from the plans, and compare.")
]


@guarded
def history(
    serial: Serial = None,
    model: ModelFilter = None,
    environment: Environment = None,
    limit: Limit = None,
    verify: Verify = False,
    store: StoreOption = None,
    form: Output = None,
) -> ExitCode:
    """List what was committed, newest first, or show the plan of one commit."""
    chosen = output.choose_format(form)
    with storing.opened(store) as opened:
        if verify:
            return _verify(opened, chosen)
        if serial is not None:
            return _show(opened, serial, chosen)
        entries = opened.history(limit=limit, model=model, environment=environment)
    output.emit(_render(entries, chosen))
    return ExitCode.DONE


def _show(store: Store, serial: int, form: Format) -> ExitCode:
    entry, plan = store.entry(serial), store.plan(serial)
    if form is not Format.TABLE:
        output.emit(plan_text(plan, form))
        return ExitCode.DONE
    from placement.cli.change_table import change_table

    output.emit(f"{render(_COLUMNS, [_row(entry)])}\n{change_table(plan)}")
    return ExitCode.DONE


def _render(entries: Sequence[Entry], form: Format) -> str:
    items = [_item(entry) for entry in entries]
    match form:
        case Format.TABLE:
            return render(_COLUMNS, [_row(entry) for entry in entries])
        case Format.JSON:
            return output.as_json({"kind": "List", "items": items})
        case Format.YAML:
            return output.as_yaml({"kind": "List", "items": items})
        case Format.CSV:
            return output.as_csv(_FIELDS, [_flat(item) for item in items])


def _row(entry: Entry) -> tuple[str, ...]:
    return (
        str(entry.serial),
        f"{entry.at:%Y-%m-%d %H:%M:%S}Z",
        visible(entry.author),
        title(entry.kind, entry.arguments),
        visible(entry.reason),
        entry.plan_digest[:_SHORT],
    )


def _item(entry: Entry) -> dict[str, Any]:
    values = (
        entry.serial,
        entry.parent,
        entry.at.isoformat().replace("+00:00", "Z"),
        entry.author,
        entry.kind,
        dict(entry.arguments),
        entry.reason,
        entry.plan_digest,
        entry.state_digest,
        entry.catalog_digest,
    )
    return dict(zip(_FIELDS, values, strict=True))


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    words = " ".join(f"{key}={value}" for key, value in item["arguments"].items())
    return {**item, "arguments": words}


# ------------------------------------------------------------------------- verify


def _verify(store: Store, form: Format) -> ExitCode:
    found = tuple(store.replay())
    output.emit(_report(found, form))
    return ExitCode.DONE if all(one.ok for one in found) else ExitCode.BROKEN_RULE


def _report(found: Sequence[Replayed], form: Format) -> str:
    from placement.cli.verdicts import render_report

    violations = [
        {"rule": "history", "subject": f"serial {one.entry.serial}", "message": fault}
        for one in found
        for fault in one.faults
    ]
    return render_report(violations, {"serials": len(found)}, form)
