"""The sections about places: where it runs, how full that is, and what it costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from placement.report.content import Figure, Section, Table, table
from placement.report.numbers import amount, counted, listed, named, usd
from placement.report.style import FLAVORS
from placement.report.subject import Subject, region_of
from placement.report.use import Bill, Grid, Square, bill, grid, spots

if TYPE_CHECKING:
    import altair as alt

    from placement.workspace.assignment import Assignment

MOST_ROWS = 20


def where(subject: Subject) -> Section:
    """Return the map of everything, and the largest regions."""
    title = "Where it runs"
    if not subject.plan.assignments:
        return Section(title, ("nothing is placed",))
    return Section(title, tuple(_not_drawn(subject)), _world(subject), _regions(subject))


def _not_drawn(subject: Subject) -> Iterator[str]:
    """Yield what the map lacks: regions that nobody knows the place of, and what is smallest."""
    known = subject.catalog.regions
    unknown = [key for key in subject.regions if key not in known]
    if unknown:
        yield f"{counted(len(unknown), 'region')} of the plan: not in the catalog, not on the map"
    places = {(row.environment, region_of(row)) for row in subject.plan.assignments}
    left = sum(region in known for _, region in places) - len(spots(subject))
    if left:
        yield f"{counted(left, 'smallest part')} of circles: left out of the map"


def _world(subject: Subject) -> tuple[Figure, ...]:
    found = spots(subject)
    if not found:
        return ()

    def chart() -> alt.TopLevelMixin:
        from placement.report.maps import palette_of, world_map

        return world_map(found, palette_of(subject.environments))

    caption = (
        "the area of a circle grows with the GPUs in use there, a replica without GPUs counting as "
        "one; regions that lie almost on each other share a circle"
    )
    return (Figure("GPUs in use by region and environment", chart, caption),)


def _regions(subject: Subject) -> tuple[Table, ...]:
    found: defaultdict[str, list[Assignment]] = defaultdict(list)
    for row in subject.plan.assignments:
        found[region_of(row)].append(row)
    order = sorted(found, key=lambda key: (-sum(row.gpus for row in found[key]), key))
    return table(
        ("region", "country", "environments", "nodes", "replicas", "GPUs", "USD/h"),
        [(key, *_cells(found[key])) for key in order],
        right=("nodes", "replicas", "GPUs", "USD/h"),
        most=MOST_ROWS,
        things="regions",
    )


def _cells(rows: Sequence[Assignment]) -> tuple[str, ...]:
    return (
        named({row.country for row in rows}, 3),
        listed(sorted({row.environment for row in rows}), 4),
        f"{len({row.node for row in rows}):,}",
        f"{sum(row.replicas for row in rows):,}",
        amount(sum(row.gpus for row in rows)),
        usd(sum(row.cost for row in rows)),
    )


def full(subject: Subject) -> Section:
    """Return use against capacity as a heat map."""
    title = "Use against capacity"
    found = grid(subject)
    if not found.squares:
        return Section(title, ("no GPU is in use",))

    def chart() -> alt.TopLevelMixin:
        from placement.report.grids import heat_map

        return heat_map(found)

    caption = (
        "GPUs in use / GPUs of nodes that may hold replicas, without what is reserved for others"
    )
    return Section(title, (), (Figure("region by GPU", chart, caption, tables=_grid(found)),))


def _grid(found: Grid) -> tuple[Table, ...]:
    squares = {(one.region, one.gpu): one for one in found.squares}
    gpus = found.gpus.labels
    rows = [
        (region, *(_square(squares.get((region, gpu))) for gpu in gpus))
        for region in found.regions.labels
    ]
    return table(("region", *gpus), rows, right=gpus)


def _square(one: Square | None) -> str:
    return "" if one is None else f"{amount(one.used)} / {amount(one.capacity)}"


def paid(subject: Subject) -> Section:
    """Return cost by region and GPU as bars."""
    title = "Cost"
    if not subject.plan.assignments:
        return Section(title, ("nothing is placed, nothing is paid",))
    found = bill(subject, len(FLAVORS))

    def chart() -> alt.TopLevelMixin:
        from placement.report.bars import cost_bars

        return cost_bars(found)

    figure = Figure("USD per hour by region and GPU", chart, tables=_bill(found))
    return Section(title, (), (figure,))


def _bill(found: Bill) -> tuple[Table, ...]:
    costs = {(bar.region, bar.flavor): bar.cost for bar in found.bars}
    flavors = found.flavors.labels
    rows = []
    for region in found.regions.labels:
        own = [costs.get((region, flavor)) for flavor in flavors]
        cells = ("" if cost is None else usd(cost) for cost in own)
        rows.append((region, *cells, usd(sum(cost for cost in own if cost is not None))))
    heads = ("region", *flavors, "all")
    return table(heads, rows, right=heads[1:])
