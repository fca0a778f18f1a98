"""A scenario: a name, and what is changed in it all at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from placement.errors import Diagnostic, InputError, Severity
from placement.simulation.codes import Code, senseless
from placement.simulation.edits.base import Edit, World
from placement.workspace.findings import PYTHON
from placement.workspace.names_check import check_names
from placement.workspace.refusal import Refusal
from placement.workspace.transitions import TransitionKind, between

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.workspace.sources import Written
    from placement.workspace.transitions import Transition
    from placement.workspace.workspace import Workspace


@dataclass(frozen=True)
class Scenario:
    """What is imagined.

    Attributes
    ----------
    name : str
    edits : tuple of Edit
        Made one after the other on paper; what runs follows them all in one change.
    written : tuple of Written
        Where each edit was read from, if it was; no part of equality.
    """

    name: str
    edits: tuple[Edit, ...] = ()
    written: tuple[Written, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        """Take any iterable of edits."""
        object.__setattr__(self, "edits", tuple(self.edits))

    def words(self) -> tuple[str, ...]:
        """Return every edit as people say it."""
        return tuple(edit.words() for edit in self.edits)


@dataclass(frozen=True)
class Change:
    """What a scenario asks of a planner: another catalog, and a change of the workspace."""

    catalog: Catalog
    transition: Transition


def change_of(scenario: Scenario, catalog: Catalog, workspace: Workspace) -> Change | Refusal:
    """Return what a scenario changes, or why it is not allowed.

    Nothing is placed; the catalog and the workspace stay as they are.

    Parameters
    ----------
    workspace : Workspace
        With what runs.

    Raises
    ------
    InputError
        If an edit names what is not there, or makes no sense; with its place, if it is in a file.
    """
    world = World(catalog, workspace)
    for number, edit in enumerate(scenario.edits):
        with _placed(scenario, number):
            found = edit.apply(world)
            if isinstance(found, World):
                _check_names(found, world)
        if isinstance(found, Refusal):
            if found.is_usage:
                with _placed(scenario, number):
                    raise senseless(Code.SENSELESS, found.message, _advice(found))
            return found
        world = found
    return Change(world.catalog, _joined(workspace, world))


def is_plain(scenario: Scenario, catalog: Catalog, workspace: Workspace) -> bool:
    """Whether it is plain, without planning, that a scenario concerns nothing that runs.

    Raises
    ------
    InputError
        If an edit names what is not there.
    """
    world = World(catalog, workspace)
    for number, edit in enumerate(scenario.edits):
        with _placed(scenario, number):
            if not edit.spares(world):
                return False
    return True


def check_names_once(scenarios: Iterable[Scenario]) -> None:
    """Refuse scenarios of which two have one name."""
    seen = set()
    for scenario in scenarios:
        if scenario.name in seen:
            raise senseless(Code.SCENARIO_TWICE, f"scenario `{scenario.name}` is there twice")
        seen.add(scenario.name)


def _check_names(after: World, before: World) -> None:
    """Refuse a policy that names what the catalog does not have."""
    if after.workspace.policies is not before.workspace.policies:
        found = check_names(after.workspace, after.catalog.names)
        errors = [finding for finding in found if finding.severity is Severity.ERROR]
        if errors:
            raise InputError(errors)


def _joined(before: Workspace, world: World) -> Transition:
    """Return all changes of a workspace as one; a single one stays what it is."""
    if not world.steps:
        return between(before, before, kind=TransitionKind.CAPACITY)
    if len(world.steps) == 1:
        return world.steps[0]
    joined = between(
        before,
        world.workspace,
        kind=TransitionKind.APPLY,
        warnings=chain.from_iterable(step.warnings for step in world.steps),
    )
    strict = frozenset(chain.from_iterable(step.strict for step in world.steps))
    return replace(joined, strict=joined.strict | strict & frozenset(joined.changed))


def _advice(refusal: Refusal) -> str | None:
    return next((str(repair) for repair in refusal.repairs), None)


@contextmanager
def _placed(scenario: Scenario, number: int) -> Iterator[None]:
    """Let errors of an edit point at where it was read from, or name its scenario."""
    try:
        yield
    except InputError as error:
        found = [_at(scenario, number, finding) for finding in error.diagnostics]
        raise InputError(found) from None


def _at(scenario: Scenario, number: int, finding: Diagnostic) -> Diagnostic:
    if finding.file != PYTHON:
        return finding
    if number >= len(scenario.written):
        return replace(finding, message=f"{finding.message} (scenario `{scenario.name}`)")
    written = scenario.written[number]
    node = written.node
    if node is None:
        return replace(finding, file=written.source.name)
    excerpt = written.source.excerpt(node.line, node.column, node.end)
    return replace(
        finding,
        file=written.source.name,
        line=node.line,
        column=node.column,
        excerpt=excerpt,
    )
