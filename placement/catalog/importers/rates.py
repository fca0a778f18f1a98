"""Tables that a user writes for an import: prices, or numbers of nodes, by what nodes are.

A row holds for what is equal to all its filled cells. Of several rows the one with the most
filled cells holds; two of the same rank that say different things are an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from placement.catalog import cells
from placement.catalog.columns import Columns
from placement.catalog.geography import fold
from placement.catalog.hardware import hardware_key, standard_name
from placement.catalog.importers.codes import Code
from placement.catalog.layout import Layout
from placement.catalog.load import MOST_NODES, MOST_PRICE
from placement.catalog.rows import NANO
from placement.catalog.sheet import Fault, Findings, Sheet, open_sheet

_CONDITIONS: Mapping[str, Callable[[str], str]] = {
    "provider": fold,
    "region": fold,
    "zone": fold,
    "instance_type": fold,
    "flavor": lambda text: hardware_key(standard_name(text)),
    "gpu_count": fold,
    "capacity": fold,
}

PRICES = Layout("prices.csv", ("price_per_hour",), tuple(_CONDITIONS))
COUNTS = Layout("counts.csv", ("count",), tuple(_CONDITIONS))


@dataclass(frozen=True)
class Rates:
    """The rows of one table.

    Attributes
    ----------
    rows : tuple of (row, conditions, value)
        Conditions by column, in the form in which they are compared.
    """

    sheet: Sheet
    rows: tuple[tuple[int, Mapping[str, str], int], ...]

    def find(self, subject: Mapping[str, str], what: str, findings: Findings) -> int | None:
        """Return the value for one description; None if no row holds for it.

        Parameters
        ----------
        subject : mapping of str to str
            By the columns of the table.
        what : str
            The subject for people.
        findings : Findings
            Takes two rows of one rank.
        """
        keys = {name: _CONDITIONS[name](text) for name, text in subject.items()}
        holding = [
            (len(conditions), row, value)
            for row, conditions, value in self.rows
            if all(keys.get(name) == wanted for name, wanted in conditions.items())
        ]
        if not holding:
            return None
        rank = max(holding)[0]
        best = [(row, value) for size, row, value in holding if size == rank]
        if len({value for _, value in best}) > 1:
            (first, _), *_, (last, _) = best
            line = self.sheet.starts[first]
            message = f"this row and line {line} both hold for {what}"
            findings.add_at(self.sheet, last, self.sheet.header[0], Fault(Code.SAME_RANK, message))
        return best[0][1]


def read_prices(file: str, findings: Findings) -> Rates | None:
    """Read a table of prices, in nano-USD per hour; None, with findings, if it cannot be used."""
    return _read(file, PRICES, cells.number(unit=NANO, limit=MOST_PRICE), findings)


def read_counts(file: str, findings: Findings) -> Rates | None:
    """Read a table of numbers of nodes; None, with findings, if it cannot be used."""
    return _read(file, COUNTS, cells.number(unit=1, limit=MOST_NODES), findings)


def _read(file: str, layout: Layout, reader: cells.Reader[int], findings: Findings) -> Rates | None:
    before = len(findings)
    sheet = open_sheet(file, layout, findings)
    if sheet is None:
        return None
    columns = Columns(sheet, sheet.frame(), findings)
    values = columns.read(layout.required[0], reader)
    if len(findings) > before:
        return None
    return Rates(sheet, tuple(_rows(columns, values)))


def _rows(columns: Columns, values: list[int]) -> Iterator[tuple[int, Mapping[str, str], int]]:
    there = [name for name in _CONDITIONS if name in columns.sheet.header]
    texts = [columns.texts(name) for name in there]
    for row, value in enumerate(values):
        filled = ((name, column[row]) for name, column in zip(there, texts, strict=True))
        yield row, {name: _CONDITIONS[name](text) for name, text in filled if text}, value
