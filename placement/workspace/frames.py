"""Deployments from a pandas frame: one row each, columns named like the fields of manifests.

Rows that differ in nothing but their names are checked as one, so that a frame of a quarter of a
million rows takes about as long as its few thousand different ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from placement.catalog.missing import is_missing
from placement.catalog.text import did_you_mean, quote
from placement.errors import FindingCode
from placement.memory import uncollected
from placement.policies.base import Policy
from placement.workspace.assignment import Assignment
from placement.workspace.checks import (
    MAX_DEPLOYMENTS,
    check_duplicates,
    check_places,
    check_references,
    check_texts,
)
from placement.workspace.codes import Code
from placement.workspace.documents import Loaded, build
from placement.workspace.fields import MAX_NAME, name_problem
from placement.workspace.findings import PYTHON, Advice, Findings, Source, raise_all
from placement.workspace.frame_values import value_node
from placement.workspace.making import assemble
from placement.workspace.manifests import drafts
from placement.workspace.nodes import Entry, Node
from placement.workspace.shapes import renamed
from placement.workspace.validation import validate, wrong_type
from placement.workspace.workspace import Environment, ModelDeployment, Workspace

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

FRAME = "<deployments>"
"""File name in findings; the line is the row, counted from 1, the column that of the frame."""

RESOURCES = ("gpus", "gpuMemoryGiB", "cpus", "memoryGiB")
FIELDS = tuple(
    field.alias or name
    for name, field in ModelDeployment.model_fields.items()
    if name != "resources"
)
PATHS = {**{name: (name,) for name in FIELDS}, **{name: ("resources", name) for name in RESOURCES}}
"""Where in a document the value of each column stands."""
PREFIXES = {"extra:": ("resources", "extra"), "label:": ("labels",)}
"""Columns that hold one entry of a mapping, by how they begin."""
REQUIRED = ("name", "version")


@dataclass(slots=True)
class RowFindings(Findings):
    """Findings about a frame; each says which row it is about."""

    source: Source = field(default_factory=lambda: Source(FRAME))

    def add(
        self,
        code: FindingCode,
        message: str,
        node: Node | None = None,
        *,
        suggestion: Advice = None,
    ) -> None:
        """Record one error in the row of ``node``, or in the frame as a whole."""
        said = f"row {node.line}: {message}" if node else message
        Findings.add(self, code, said, node, suggestion=suggestion)


@dataclass(frozen=True)
class Column:
    """One column: its number from 1, where its values stand in a document, and its cells."""

    number: int
    path: tuple[str, ...]
    cells: Sequence[Any]


def from_frames(
    deployments: pd.DataFrame,
    *,
    policies: Iterable[Policy | Mapping[str, Any]] = (),
    environments: Iterable[Environment | Mapping[str, Any]] = (),
    running: Iterable[Assignment] = (),
) -> Workspace:
    """Return the workspace of a frame; see ``Workspace.from_frames``."""
    with uncollected():
        frame_findings, other_findings = RowFindings(), Findings(Source(PYTHON))
        others = _loaded([*policies, *environments], other_findings)
        rows = _Rows(deployments, frame_findings)
        check_duplicates(others)
        check_texts(others)
        check_places([*others, *rows.templates])
        check_references([*others, *rows.templates])
        members = rows.members()
        raise_all([other_findings, frame_findings])
        return assemble(others, running, members)


def _loaded(given: Iterable[object], findings: Findings) -> list[Loaded]:
    """Return policies and environments, as objects or as documents of manifests."""
    found: list[Loaded] = []
    for one in given:
        if isinstance(one, Policy | Environment):
            kind = "Policy" if isinstance(one, Policy) else "Environment"
            found.append(Loaded(kind, one, None, findings))
            continue
        for draft in drafts(value_node(one, 1, 1, findings), findings):
            if draft.kind == "ModelDeployment":
                wrong_type("kind", "a policy or an environment", draft.root, findings)
            else:
                found.append(build(draft, findings))
    return found


class _Rows:
    """The rows of one frame: which are alike, and what is wrong with them."""

    def __init__(self, frame: pd.DataFrame, findings: RowFindings) -> None:
        self.findings = findings
        self.size = len(frame)
        if self.size > MAX_DEPLOYMENTS:
            message = f"{self.size} model deployments, the limit is {MAX_DEPLOYMENTS}"
            findings.add(Code.TOO_MANY, message)
        self.columns = dict(self._columns(frame))
        for name in REQUIRED:
            if name not in self.columns:
                findings.add(Code.MISSING_FIELD, f"column `{name}` is missing")

    def _columns(self, frame: pd.DataFrame) -> Iterator[tuple[str, Column]]:
        seen = set()
        for number, name in enumerate(frame.columns):
            path = _path(name)
            if path is None:
                advice = partial(did_you_mean, str(name), (*PATHS, *PREFIXES))
                message = f"unknown column {quote(name)}"
                self.findings.add(Code.UNKNOWN_FIELD, message, suggestion=advice)
            elif name in seen:
                message = f"column {quote(name)} is there twice"
                self.findings.add(Code.DUPLICATE_KEY, message)
            else:
                seen.add(name)
                yield name, Column(number + 1, path, frame.iloc[:, number].tolist())

    # ------------------------------------------------------------ templates

    @cached_property
    def _alike(self) -> tuple[NDArray[np.int64], list[int]]:
        """Return the number of each row's template, and the first row of each template."""
        import numpy as np
        import pandas as pd

        code = np.zeros(self.size, np.int64)
        for name, column in self.columns.items():
            if name != "name":
                own = _codes(column.cells)
                code = pd.factorize(code * (own.max(initial=0) + 1) + own)[0]
        _, first = np.unique(code, return_index=True)
        return code, first.tolist()

    @cached_property
    def templates(self) -> list[Loaded]:
        """What each lot of rows has in common, under a name that stands for any."""
        if any(name not in self.columns for name in REQUIRED):
            return []
        return [self._template(row) for row in self._alike[1]]

    def _template(self, row: int) -> Loaded:
        root = Node({}, row + 1, 1)
        root.mapping["name"] = Entry(root.word("name"), root.word("unnamed"))
        for column in self.columns.values():
            if column.path != ("name",) and not is_missing(column.cells[row]):
                _put(
                    root,
                    column,
                    value_node(column.cells[row], row + 1, column.number, self.findings),
                )
        before = len(self.findings.errors)
        value = validate(ModelDeployment, root, self.findings)
        if len(self.findings.errors) > before:
            value = None
        return Loaded("ModelDeployment", value, root, self.findings)

    # -------------------------------------------------------------- members

    def members(self) -> list[ModelDeployment]:
        """Return all deployments in their order, if nothing is wrong with them."""
        if not self.templates:
            return []
        names = self.columns["name"].cells
        for row in _bad_names(names):
            self._refuse_name(row, names[row])
        if self.findings.errors:
            return []
        makers = [one.value for one in self.templates if isinstance(one.value, ModelDeployment)]
        for maker in makers:
            _derive(maker)
        codes = self._alike[0].tolist()
        stages = [makers[code].environment for code in codes]
        order = _order(names, stages)
        self._refuse_twins(names, stages, order)
        return [renamed(makers[codes[row]], names[row]) for row in order]

    def _refuse_twins(
        self, names: Sequence[str], stages: Sequence[str], order: Sequence[int]
    ) -> None:
        """Refuse rows of one name in one environment; they are neighbours in the order."""
        for first, row in pairwise(order):
            if names[first] == names[row] and stages[first] == stages[row]:
                node = Node(names[row], row + 1, self.columns["name"].number)
                one = f"model deployment {quote(names[row])} in environment {quote(stages[row])}"
                message = f"{one} is declared twice, first in row {first + 1}"
                self.findings.add(Code.DUPLICATE_NAME, message, node)

    def _refuse_name(self, row: int, name: Any) -> None:
        column = self.columns["name"]
        if is_missing(name):
            node = Node(None, row + 1, column.number)
            self.findings.add(Code.MISSING_FIELD, "field `name` is missing", node)
            return
        node = value_node(name, row + 1, column.number, self.findings)
        if isinstance(node.value, str):
            message = f"name {quote(node.value)} {name_problem(node.value)}"
            self.findings.add(Code.BAD_NAME, message, node)
        else:
            wrong_type("name", "text", node, self.findings)


def _path(name: object) -> tuple[str, ...] | None:
    """Return where the values of a column stand in a document; None for an unknown column."""
    if not isinstance(name, str):
        return None
    for prefix, path in PREFIXES.items():
        if name.startswith(prefix) and len(name) > len(prefix):
            return (*path, name.removeprefix(prefix))
    return PATHS.get(name)


def _put(root: Node, column: Column, value: Node) -> None:
    """Put a value where it stands in a document."""
    for step in column.path[:-1]:
        if step not in root.mapping:
            root.mapping[step] = Entry(value.word(step), value.like({}))
        root = root.mapping[step].value
    last = column.path[-1]
    root.mapping[last] = Entry(value.word(last), value)


def _codes(cells: Sequence[Any]) -> NDArray[np.int64]:
    """Return equal numbers for cells that hold the same, of the same type."""
    import numpy as np
    import pandas as pd

    kinds = {type(cell) for cell in cells}
    values = np.empty(len(cells), object)
    values[:] = cells if kinds <= PLAIN else [repr(cell) for cell in cells]
    codes = pd.factorize(values)[0] + 1
    if len(kinds) > 1:  # `1` and `True` are equal to Python, and not to a manifest
        number = {kind: i for i, kind in enumerate(kinds)}
        kind = np.fromiter((number[type(cell)] for cell in cells), np.int64, len(cells))
        codes = codes * len(kinds) + kind
    return codes


PLAIN = {str, int, float, bool, type(None)}


def _order(names: Sequence[str], stages: Sequence[str]) -> list[int]:
    """Return the rows by (name, environment, row)."""
    order = list(range(len(names)))
    if len(set(stages)) > 1:
        order.sort(key=stages.__getitem__)
    order.sort(key=names.__getitem__)  # keeps the order of those that have one name
    return order


def _bad_names(names: Sequence[Any]) -> list[int]:
    """Return the rows whose name is none; as a rule all are well, which is seen at once."""
    if all(type(name) is str for name in names):
        text = "".join(names)
        longest = max(map(len, names), default=0)
        if text.isascii() and text.isprintable() and longest <= MAX_NAME:
            return [row for row, name in enumerate(names) if not name or name != name.strip()]
    return [
        row
        for row, name in enumerate(names)
        if not isinstance(name, str) or name_problem(name) is not None
    ]


def _derive(maker: ModelDeployment) -> None:
    """Work out what all members of a template have in common before they are made of it."""
    for name in ("key", "shape", "gpus", "gpu_memory", "cpus", "memory", "extra"):
        getattr(maker, name)
