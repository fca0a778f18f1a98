"""The tables of the catalog page are the columns that the loader knows."""

from __future__ import annotations

import pytest

from placement.catalog.layout import GPUS, LATENCY, NODES, REGIONS, RESERVED, STATES, Layout
from tests.docs.pages import DOCS, table


@pytest.mark.parametrize(
    "layout", [REGIONS, GPUS, NODES, RESERVED, STATES, LATENCY], ids=lambda layout: layout.file
)
def test_the_table_of_a_file_has_its_columns(layout: Layout) -> None:
    listed: dict[str, set[str]] = {"yes": set(), "no": set()}
    for columns, required, *_ in table(DOCS / "catalog.md", layout.file):
        listed[required].update(column.strip(" `") for column in columns.split(","))
    assert listed == {"yes": set(layout.required), "no": set(layout.optional)}
