"""Makes every state again from the plan documents alone, and compares it with what is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from placement.catalog.catalog import Catalog
from placement.plan.plan import Plan
from placement.store.judging import record_of
from placement.store.objects import derive
from placement.store.values import Entry, Replayed, Snapshot


def replay(
    start: Snapshot,
    recorded: Iterator[tuple[Entry, Plan, Snapshot]],
    catalog_of: Callable[[str], Catalog],
) -> Iterator[Replayed]:
    """Yield every serial as the plans make it, beginning with the one after ``start``.

    Parameters
    ----------
    start : Snapshot
    recorded : iterator of (Entry, Plan, Snapshot)
        Entry, plan and state of each serial, in order, as the tables have them.
    catalog_of : callable
        Returns a stored catalog by its digest.
    """
    made = start
    for entry, plan, tables in recorded:
        made = replace(
            made,
            serial=made.serial + 1,
            workspace=derive(made.workspace, record_of(plan)).with_running(plan),
            catalog=catalog_of(plan.basis.catalog),
        )
        yield Replayed(entry, made, tuple(_faults(entry, plan, tables, made)))


def _faults(entry: Entry, plan: Plan, tables: Snapshot, made: Snapshot) -> Iterator[str]:
    if (entry.serial, entry.parent) != (made.serial, made.serial - 1):
        yield f"serial {entry.serial} follows {entry.parent}, it should be {made.serial}"
    for what, is_so, should_be in (
        ("plan", plan.digest, entry.plan_digest),
        ("plan document", plan.stated_digest, entry.plan_digest),
        ("state that the plans make", made.digest, entry.state_digest),
        ("state in the tables", tables.digest, entry.state_digest),
    ):
        if is_so != should_be:
            yield f"the {what} has digest {is_so}, recorded is {should_be}"
    if tables.workspace.running != made.workspace.running:
        yield "the running rows in the tables are not those of the plan"
