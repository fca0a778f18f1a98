"""Judges what a change touches, given that everything was right before it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING

from placement.constraints.base import Violation, subject
from placement.constraints.capacity import Capacity
from placement.constraints.colocation import Colocation
from placement.constraints.peers import selects
from placement.constraints.registry import CONSTRAINTS
from placement.constraints.separation import Separation
from placement.options import Billing
from placement.plan.resolve import resolve_rows
from placement.plan.view import PlanView
from placement.verifier.rules import cost_faults, policy_faults

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.workspace.assignment import Assignment
    from placement.workspace.workspace import ModelDeployment, Peers, Workspace

Key = tuple[str, str]
Rows = tuple["Assignment", ...]
PEER_RULES = (Separation, Colocation)
"""Rules of which a deployment can be the victim without having changed."""


def verify_change(
    catalog: Catalog,
    after: Workspace,
    rows_of: Mapping[Key, Rows],
    rows_on: Mapping[str, Rows],
    *,
    deployments: Collection[Key],
    before: Workspace | None = None,
    billing: Billing = Billing.SHARE,
) -> tuple[Violation, ...]:
    """Judge the rows of some deployments and the totals of some nodes.

    Together with a plan that was verified before, of which only these deployments and nodes
    changed, this is as good as ``verify`` on policies, constraints and costs.

    Parameters
    ----------
    catalog : Catalog
    after : Workspace
        With the rows that ran before in ``running``.
    rows_of : mapping of (model, environment) to rows
        All rows of the deployments, and of those that their rules about other deployments reach in
        either direction. Others are not looked at; a deployment without rows may be left out.
    rows_on : mapping of node to rows
        All rows on each node where something came, went or changed.
    deployments : collection of (model, environment)
        Those that changed: their rows, or what is asked of them.
    before : Workspace, optional
        What was asked before, if labels changed or a deployment is gone: the rules of others may
        have been about it.
    billing : Billing
        How the rows on the nodes count what they cost.

    Returns
    -------
    tuple of Violation
        Sorted; empty if no rule is broken.
    """
    changed = frozenset(deployments)
    declaring = _declaring(after, before, changed)
    seen = changed | declaring | _selected(after, changed | declaring)
    found = [*_nodes(catalog, after, rows_on, billing), *_tallies(rows_of, rows_on, changed)]
    found += _deployments(catalog, after, _rows(rows_of, seen), changed, declaring)
    return tuple(sorted(set(found)))


def _rows(rows_of: Mapping[Key, Rows], keys: Iterable[Key]) -> Rows:
    return tuple(chain.from_iterable(rows_of.get(key, ()) for key in sorted(keys)))


def _nodes(
    catalog: Catalog, after: Workspace, rows_on: Mapping[str, Rows], billing: Billing
) -> Iterator[Violation]:
    """Yield what is wrong with the rows on the nodes, as names, copies and totals."""
    resolved = resolve_rows(after, catalog, _rows_on(rows_on))
    yield from resolved.violations
    yield from cost_faults(resolved, billing=billing)
    yield from Capacity().check(resolved.view)


def _rows_on(rows_on: Mapping[str, Rows]) -> Rows:
    return tuple(chain.from_iterable(rows_on[node] for node in sorted(rows_on)))


def _tallies(
    rows_of: Mapping[Key, Rows], rows_on: Mapping[str, Rows], changed: frozenset[Key]
) -> Iterator[Violation]:
    """Yield rows of changed deployments that one of the two listings lacks."""
    listed = {row for key in changed for row in rows_of.get(key, ()) if row.node in rows_on}
    there = {row for rows in rows_on.values() for row in rows if row.key in changed}
    for row in listed ^ there:
        message = f"the row on node `{row.node}` is in only one of two listings"
        yield Violation("assignments", f"{row.model}@{row.environment}", message)


def _deployments(
    catalog: Catalog,
    after: Workspace,
    rows: Rows,
    changed: frozenset[Key],
    declaring: frozenset[Key],
) -> Iterator[Violation]:
    """Yield the rules that changed deployments break, and those about them that others declare."""
    resolved = resolve_rows(after, catalog, rows)
    keys = {row.key for row in rows}
    running = tuple(row for key in sorted(keys) for row in after.running_by_key.get(key, ()))
    view = PlanView(catalog, after, resolved.view.rows, running)
    mine = {subject(after.by_key[key]) for key in changed if key in after.by_key}
    theirs = {subject(after.by_key[key]) for key in declaring}
    names = {f"{model}@{environment}" for model, environment in changed}
    yield from (found for found in resolved.violations if found.subject in names)
    for pair in view.pairs:
        if pair.deployment.key in changed:
            yield from policy_faults(pair, view)
    for rule in CONSTRAINTS:
        judged = mine | theirs if isinstance(rule, PEER_RULES) else mine
        if not isinstance(rule, Capacity):
            yield from (found for found in rule.check(view) if found.subject in judged)


def _declaring(
    after: Workspace, before: Workspace | None, changed: frozenset[Key]
) -> frozenset[Key]:
    """Return the other deployments with a rule about one of the changed ones, then or now."""
    records = [space.by_key.get(key) for space in (before, after) if space for key in changed]
    targets = [one for one in records if one is not None]
    return frozenset(
        one.key
        for one in after.deployments
        if (entries := _entries(one))
        and one.key not in changed
        and any(selects(entry.selector, target) for entry in entries for target in targets)
    )


def _selected(after: Workspace, keys: Iterable[Key]) -> frozenset[Key]:
    """Return all deployments that rules of these are about."""
    declared = [after.by_key[key] for key in keys if key in after.by_key]
    selectors = [entry.selector for one in declared for entry in _entries(one)]
    if not selectors:
        return frozenset()
    return frozenset(
        one.key for one in after.deployments if any(selects(known, one) for known in selectors)
    )


def _entries(one: ModelDeployment) -> tuple[Peers, ...]:
    return one.separate_from + one.together_with
