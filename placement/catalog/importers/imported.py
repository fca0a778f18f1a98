"""What an import gives: a catalog, what it left out and why, and where everything is from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.errors import Diagnostic

PROVENANCE = "PROVENANCE.md"
"""File of an imported catalog that says what it was made of."""


class Reason(StrEnum):
    """Why something is left out."""

    TAINTED = "tainted"
    OPERATING_SYSTEM = "operating-system"
    ARCHITECTURE = "architecture"
    UNKNOWN_GPU = "unknown-gpu"
    SEVERAL_GPUS = "several-gpus"
    NO_GPUS = "no-gpus"
    NO_CAPACITY = "no-capacity"
    NO_PRICE = "no-price"
    NO_SIZE = "no-size"
    NO_HOST = "no-host"
    UNKNOWN_REGION = "unknown-region"
    NO_NODES = "no-nodes"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One node or offer that is not in the catalog.

    Attributes
    ----------
    path : str
        Where it is in its file, such as ``items[3]`` or ``line 7``.
    name : str
        What it is called.
    reason : Reason
    detail : str
        The reason in words.
    """

    path: str
    name: str
    reason: Reason
    detail: str


@dataclass(frozen=True)
class Imported:
    """The result of an import.

    Attributes
    ----------
    catalog : Catalog
    what : str
        What was read, in the plural: ``nodes`` or ``offers``.
    read : int
        How many were read; those not in ``left_out`` are in the catalog.
    left_out : tuple of LeftOut
    warnings : tuple of Diagnostic
        With file and position; everything left out is among them, up to 100 a file.
    notes : tuple of str
        Where the numbers are from, one sentence each.
    files : mapping of str to str
        Further files of the folder, by name.
    """

    catalog: Catalog
    what: str
    read: int
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def counts(self) -> Mapping[Reason, int]:
        """How much is left out, by reason, most first."""
        return MappingProxyType(dict(Counter(one.reason for one in self.left_out).most_common()))

    def summary(self) -> dict[str, Any]:
        """Return the numbers of the import as a document."""
        groups = self.catalog.node_groups
        return {
            "read": self.read,
            "taken": self.read - len(self.left_out),
            "leftOut": {str(reason): number for reason, number in self.counts.items()},
            "nodeGroups": len(groups),
            "nodes": sum(group.count for group in groups),
            "gpus": sum(
                group.count * group.gpu_count for group in groups if not group.gpu_fraction
            ),
            "gpuParts": sum(group.count for group in groups if group.gpu_fraction),
            "digest": self.catalog.digest,
        }

    def to_files(self) -> dict[str, str]:
        """Return the text of every file of the folder by file name.

        Raises
        ------
        InputError
            If the catalog has what its files cannot say.
        """
        return {**self.catalog.to_files(), **self.files, PROVENANCE: self._provenance()}

    def _provenance(self) -> str:
        lines = ["# Where this catalog is from", "", *(f"- {note}" for note in self.notes), ""]
        taken = self.read - len(self.left_out)
        lines.append(f"{self.read} {self.what} read, {taken} taken, {len(self.left_out)} left out.")
        if self.left_out:
            lines += ["", "| where | name | reason | detail |", "| --- | --- | --- | --- |"]
            lines += [
                f"| {_cell(one.path)} | {_cell(one.name)} | {one.reason} | {_cell(one.detail)} |"
                for one in self.left_out
            ]
        return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
