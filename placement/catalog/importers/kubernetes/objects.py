"""Lists of nodes and pods: their fields, each error with the path and the place of the value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from placement.catalog import cells
from placement.catalog.importers.codes import Code
from placement.catalog.importers.documents import Document
from placement.catalog.importers.findings import Path, Report, spell
from placement.catalog.importers.kubernetes.quantities import parse_quantity
from placement.catalog.sheet import Fault
from placement.catalog.text import quote

_ABSENT = (None, "", "null", "~")
"""What stands where a mapping or list is not there; YAML has several ways to say so."""


@dataclass(frozen=True)
class Fields:
    """One mapping of a document; what is wrong with its values goes into the report."""

    document: Document
    report: Report
    path: Path
    value: Mapping[str, Any]

    def has(self, key: str) -> bool:
        """Whether there is such a key with a value."""
        return self.value.get(key) not in _ABSENT

    def inside(self, key: str, *, required: bool = False) -> Fields:
        """Return the mapping under a key; an empty one, with an error, if there is none."""
        return Fields(
            self.document, self.report, (*self.path, key), self._typed(key, dict, required) or {}
        )

    def each(self, key: str) -> Iterator[Fields]:
        """Yield the mappings in the list under a key."""
        for index, one in enumerate(self._typed(key, list, required=False) or ()):
            path = (*self.path, key, index)
            if isinstance(one, dict):
                yield Fields(self.document, self.report, path, one)
            else:
                self._wrong(path, "a mapping", one)

    def text(self, key: str, *, required: bool = False) -> str:
        """Return the text under a key; empty, with an error if it is required, if there is none.

        Texts that no catalog can hold are errors: hidden characters, or far too many.
        """
        value = self.value.get(key)
        if value is None or value == "":
            if required:
                self.fault(key, Fault(Code.FIELD, f"`{self._spell(key)}` is missing"))
            return ""
        if not isinstance(value, str):
            self._wrong((*self.path, key), "text", value)
            return ""
        read = cells.free_text(value)
        if isinstance(read, Fault):
            self.fault(key, read)
            return ""
        return read

    def is_true(self, key: str) -> bool:
        """Whether ``true`` stands under a key."""
        return self.value.get(key) in (True, "true")

    def texts(self) -> dict[str, str]:
        """Return all values as texts, which those of labels are."""
        return {key: self.text(key) for key in self.value}

    def amounts(self) -> dict[str, Fraction]:
        """Return all values as quantities."""
        found = {}
        for key, text in self.value.items():
            amount = parse_quantity(text) if isinstance(text, str) else None
            if amount is None:
                self._wrong((*self.path, key), "a quantity", text)
            elif isinstance(amount, Fault):
                self.fault(key, Fault(amount.code, f"`{self._spell(key)}`: {amount.message}"))
            else:
                found[key] = amount
        return found

    def fault(self, key: str, fault: Fault) -> None:
        """Report what is wrong with the value under a key."""
        self.report.error(self.document, (*self.path, key), fault)

    def _typed(self, key: str, kind: type, required: bool) -> Any:
        value = self.value.get(key)
        if value in _ABSENT:
            if required:
                self.fault(key, Fault(Code.FIELD, f"`{self._spell(key)}` is missing"))
            return None
        if not isinstance(value, kind):
            self._wrong((*self.path, key), "a mapping" if kind is dict else "a list", value)
            return None
        return value

    def _wrong(self, path: Path, wanted: str, value: object) -> None:
        message = f"`{spell(path)}` must be {wanted}, found {_shown(value)}"
        self.report.error(self.document, path, Fault(Code.FIELD, message))

    def _spell(self, key: str) -> str:
        return spell((*self.path, key))


def read_objects(document: Document, kind: str, report: Report) -> list[Fields]:
    """Return the objects of a list of one kind, or the one object that a file holds.

    Parameters
    ----------
    document : Document
    kind : str
        ``Node`` or ``Pod``.
    report : Report
        A file that holds something else is an error.
    """
    root = document.root
    if not isinstance(root, dict):
        _refuse(document, (), f"{_shown(root)} where a list of {_plural(kind)} is wanted", report)
        return []
    whole = Fields(document, report, (), root)
    stated = whole.text("kind")
    if stated == kind:
        return [whole]
    if stated not in ("List", f"{kind}List"):
        message = f"kind {quote(stated)} where a list of {_plural(kind)} is wanted"
        _refuse(document, ("kind",), message, report)
        return []
    if "items" not in root:
        report.error(document, (), Fault(Code.FIELD, "`items` is missing"))
    return [one for one in whole.each("items") if _is(one, kind)]


def _is(one: Fields, kind: str) -> bool:
    """Whether an item is of the kind; items of a typed list need not say so."""
    stated = one.text("kind") or kind
    if stated != kind:
        message = f"`{spell(one.path)}` is a {quote(stated)}, not a `{kind}`"
        one.fault("kind", Fault(Code.NOT_A_LIST, message))
    return stated == kind


def _refuse(document: Document, path: Path, message: str, report: Report) -> None:
    advice = "what is read is the output of `kubectl get nodes -o json`"
    if "pods" in message:
        advice = "what is read is the output of `kubectl get pods --all-namespaces -o json`"
    report.error(document, path, Fault(Code.NOT_A_LIST, message, advice))


def _plural(kind: str) -> str:
    return f"{kind.lower()}s"


def _shown(value: object) -> str:
    match value:
        case None | "":
            return "nothing"
        case bool():
            return f"`{str(value).lower()}`"
        case str():
            return quote(value)
        case Mapping():
            return "a mapping"
        case Sequence():
            return "a list"
    return quote(value)
