"""The columns of one file of a catalog as values, with a finding for every cell at fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from placement.catalog import cells
from placement.catalog.codes import Code
from placement.catalog.geography import fold
from placement.catalog.rows import Region
from placement.catalog.sheet import Fault, Findings, Sheet
from placement.catalog.text import did_you_mean, quote

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")


@dataclass(frozen=True)
class Columns:
    """The columns of one file; reading one reports the cells that make no sense."""

    sheet: Sheet
    frame: pd.DataFrame
    findings: Findings

    def texts(self, column: str) -> list[str]:
        """Return a column as stripped text."""
        return [text.strip() for text in self.frame[column].tolist()]

    def read(self, column: str, reader: cells.Reader[T]) -> list[T]:
        """Return the values of a column; distinct texts are read once.

        A cell at fault is reported and stands as None: nothing is built from this file any
        more, the rest is only checked.
        """
        import pandas as pd

        codes, texts = pd.factorize(self.frame[column])
        values = [reader(str(text).strip()) for text in texts]
        if any(isinstance(value, Fault) for value in values):
            for row, code in enumerate(codes.tolist()):
                value = values[code]
                if isinstance(value, Fault):
                    self.fault(row, column, value)
        sound: list[Any] = [None if isinstance(v, Fault) else v for v in values]
        return [sound[code] for code in codes.tolist()]

    def read_if_there(self, column: str, reader: cells.Reader[T]) -> Sequence[T | None]:
        """Return the values of an optional column, None where the file lacks it."""
        if column not in self.sheet.header:
            return [None] * len(self.frame)
        return self.read(column, reader)

    def regions(
        self, provider: str, code: str, regions: Mapping[str, Region] | None
    ) -> list[Region]:
        """Return the regions that two columns name; regions None means they are not known."""
        providers: Sequence[str | None] = self.read(provider, cells.key_part)
        codes: Sequence[str | None] = self.read(code, cells.key_part)
        if regions is None:
            return []
        known = {fold(key): region for key, region in regions.items()}
        found: dict[tuple[str, str], Region | None] = {}
        result: list[Any] = []
        for row, (first, second) in enumerate(zip(providers, codes, strict=True)):
            if first is None or second is None:
                continue
            pair = first, second
            if pair not in found:
                found[pair] = known.get(fold("/".join(pair)))
            if found[pair] is None:
                self.fault(row, code, _unknown_region(pair, regions))
            result.append(found[pair])
        return result

    def unique(self, keys: Sequence[str | None], column: str, key: Callable[[str], str]) -> None:
        """Report every row whose key an earlier row has."""
        seen: dict[str, int] = {}
        for row, text in enumerate(keys):
            if text is None:
                continue
            first = seen.setdefault(key(text), row)
            if first != row:
                line = self.sheet.starts[first]
                message = f"{quote(text)} is there twice, first on line {line}"
                self.fault(row, column, Fault(Code.TWICE, message))

    def fault(self, row: int, column: str, fault: Fault) -> None:
        """Report one cell."""
        self.findings.add_at(self.sheet, row, column, fault)


def _unknown_region(pair: tuple[str, str], regions: Mapping[str, Region]) -> Fault:
    provider, code = pair
    text = f"{provider}/{code}"

    def advice() -> str | None:
        there = [region.code for region in regions.values() if region.provider == provider]
        return did_you_mean(code, there) or did_you_mean(text, regions)

    return Fault(Code.UNKNOWN_REGION, f"unknown region {quote(text)}", advice)
