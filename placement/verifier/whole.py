"""Judges a whole plan, with everything it says about itself.

Every rule of the semantics is checked on its own, so that one broken rule hides no other.
Bounds are compared; those that the plan's prices prove are proved again by the certificate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING

from placement.certificate import Proof, Recheck, certificate_faults
from placement.constraints.base import Violation, subject
from placement.constraints.registry import CONSTRAINTS
from placement.memory import uncollected
from placement.objectives.mix import Mix, parse_objective
from placement.objectives.tiers import tiers_of
from placement.options import Billing
from placement.plan.changes import diff
from placement.plan.document import running_digest
from placement.plan.numbers import shown
from placement.plan.observed import observed_rows
from placement.plan.resolve import resolve_rows
from placement.plan.rows import Certificate, Status, Tier
from placement.plan.transition import check_transition
from placement.plan.waves import check as check_waves
from placement.verifier.rules import cost_faults, plan_faults
from placement.verifier.stated import stated_billing, stated_objective

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.plan.plan import Plan
    from placement.plan.rows import Change
    from placement.plan.view import PlanView
    from placement.workspace.refusal import Refusal
    from placement.workspace.workspace import ModelDeployment, Workspace

__all__ = ["Report", "judge", "verify"]

UNREPRODUCIBLE = ("time-limit", "signal", "cancel")
STOPS = (*UNREPRODUCIBLE, "budget", "gap")


@dataclass(frozen=True)
class Report:
    """What the verifier found.

    Attributes
    ----------
    violations : tuple of Violation
        Sorted; empty if the plan keeps every rule.
    tiers : tuple of Tier
        The tiers recomputed from the rows, without bounds.
    checked : mapping of str to int
        How much was looked at: rows, deployments, nodes, rules.
    proofs : tuple of Proof
        What the prices of the plan prove.
    """

    violations: tuple[Violation, ...]
    tiers: tuple[Tier, ...]
    checked: Mapping[str, int]
    proofs: tuple[Proof, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations


def verify(
    catalog: Catalog,
    workspace: Workspace,
    plan: Plan,
    *,
    before: Workspace | None = None,
    billing: Billing | None = None,
    objective: str | None = None,
) -> Report:
    """Judge a plan against the catalog and the workspace it claims to answer.

    Parameters
    ----------
    catalog : Catalog
    workspace : Workspace
        With today's rows in ``running``.
    plan : Plan
    before : Workspace, optional
        What the plan's transition starts from, with what runs there; without it, waves and
        transition are not judged.
    billing : Billing, optional
        How cost is counted; by default what the plan's options say, else by share.
    objective : str, optional
        The last tier; by default what the plan's options say, else its last tier's name.

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        If ``objective`` is given and is not one.
    """
    return judge(catalog, workspace, plan, before=before, billing=billing, objective=objective)


def judge(
    catalog: Catalog,
    workspace: Workspace,
    plan: Plan,
    *,
    before: Workspace | None = None,
    billing: Billing | None = None,
    objective: str | None = None,
    recheck: Recheck | None = None,
) -> Report:
    """Judge a plan as ``verify`` does, asking ``recheck`` what its prices prove."""
    with uncollected():
        return _report(catalog, workspace, plan, before, billing, objective, recheck or Recheck())


def _report(
    catalog: Catalog,
    workspace: Workspace,
    plan: Plan,
    before: Workspace | None,
    billing: Billing | None,
    objective: str | None,
    recheck: Recheck,
) -> Report:
    resolved = resolve_rows(workspace, catalog, plan.assignments)
    view = resolved.view
    counted = stated_billing(plan) if billing is None else Billing(billing)
    mix = _objective(plan, objective, counted)
    tiers = tiers_of(view, mix)
    found = [*_document(catalog, workspace, plan), *resolved.violations, *plan_faults(view)]
    proofs: tuple[Proof, ...] = ()
    if plan.refusal is not None or plan.status in (Status.INFEASIBLE, Status.UNKNOWN):
        found += _no_answer(plan)
    else:
        found += cost_faults(resolved, billing=counted)
        changes = diff(workspace, catalog, plan.assignments, state=view.state)
        found += _bookkeeping(view, plan, changes)
        found += _tiers(plan.tiers, tiers)
        found += _claims(plan)
        proofs = recheck(view, plan.prices, mix, {tier.name: tier.value for tier in tiers})
        found += certificate_faults(plan, tiers, proofs)
        if before is not None and plan.transition is not None:
            found += check_waves(catalog, before, workspace, plan, changes=changes)
            found += check_transition(before, workspace, plan)
    return Report(tuple(sorted(set(found))), tiers, _checked(view), proofs)


def _objective(plan: Plan, given: str | None, billing: Billing) -> Mix:
    return (
        stated_objective(plan, billing)
        if given is None
        else parse_objective(given, billing=billing)
    )


def _checked(view: PlanView) -> Mapping[str, int]:
    return MappingProxyType(
        {
            "rows": len(view.rows),
            "deployments": len(view.workspace.deployments),
            "nodes": len(view.rows_on),
            "constraints": len(CONSTRAINTS),
        }
    )


def _document(catalog: Catalog, workspace: Workspace, plan: Plan) -> Iterator[Violation]:
    if plan.stated_digest is not None and plan.stated_digest != plan.digest:
        message = f"the document states {plan.stated_digest[:23]}, it has {plan.digest[:23]}"
        yield Violation("digest", "plan", message)
    true = {
        "catalog": catalog.digest,
        "workspace": workspace.digest,
        "running": running_digest(workspace.running),
    }
    for name, digest in true.items():
        stated = getattr(plan.basis, name)
        if stated != digest:
            message = f"the plan was made for {stated[:23]}, this is {digest[:23]}"
            yield Violation("basis", name, message)
    if plan.stopped_by is not None and plan.stopped_by not in STOPS:
        yield Violation("stoppedBy", "plan", f"unknown reason `{plan.stopped_by}`")
    if plan.reproducible and plan.stopped_by in UNREPRODUCIBLE:
        message = f"a plan stopped by {plan.stopped_by} cannot be called reproducible"
        yield Violation("reproducible", "plan", message)


def _no_answer(plan: Plan) -> Iterator[Violation]:
    parts = ["assignments", "changes", "waves", "prices"]
    if plan.refusal is not None:
        parts += ["tiers", "unplaced", "observed", "forced"]
        yield from _refused(plan, plan.refusal)
    for what in parts:
        rows = getattr(plan, what)
        if rows:
            message = f"{len(rows)} {what} in a plan that is {_named(plan)}, none expected"
            yield Violation("status", "plan", message)
    if plan.certificate is not Certificate.NONE:
        message = f"`{plan.certificate}` in a plan that is {_named(plan)}, `none` expected"
        yield Violation("certificate", "plan", message)


def _named(plan: Plan) -> str:
    return "refused" if plan.refusal is not None else str(plan.status)


def _refused(plan: Plan, refusal: Refusal) -> Iterator[Violation]:
    status = Status.UNKNOWN if refusal.is_undecided else Status.INFEASIBLE
    if plan.status is not status:
        message = f"`{plan.status}` for the refusal `{refusal.reason}`, `{status}` expected"
        yield Violation("status", "plan", message)
    if plan.transition is not None:
        yield Violation("status", "plan", "a transition in a plan that is refused, none expected")
    if not refusal.message.strip():
        yield Violation("refusal", "plan", "no message is given")


def _bookkeeping(view: PlanView, plan: Plan, changes: tuple[Change, ...]) -> Iterator[Violation]:
    yield from _unplaced(view, plan)
    yield from _compare("changes", plan.changes, changes)
    yield from _compare("observed", plan.observed, observed_rows(view))
    forced = [(f.model, f.environment, f.node, f.replicas) for f in view.state.forced]
    stated = [(f.model, f.environment, f.node, f.replicas) for f in plan.forced]
    yield from _compare("forced", stated, forced)
    for row in plan.forced:
        if not row.reason.strip():
            yield Violation("forced", f"{row.model}@{row.environment}", "no reason is given")


def _compare(rule: str, stated: Iterable[object], true: Iterable[object]) -> Iterator[Violation]:
    """Yield the rows that are there and should not be, or the other way round, in any order."""
    stated, true = tuple(stated), tuple(true)
    if stated == true:
        return
    there, wanted = Counter(stated), Counter(true)
    for row in there - wanted:
        yield Violation(rule, _subject_of(row), f"wrong row {_text(row)}")
    for row in wanted - there:
        yield Violation(rule, _subject_of(row), f"missing row {_text(row)}")


def _subject_of(row: object) -> str:
    if isinstance(row, tuple):
        return f"{row[0]}@{row[1]}"
    return f"{getattr(row, 'model', '')}@{getattr(row, 'environment', '')}"


def _text(row: object) -> str:
    if isinstance(row, tuple):
        return ", ".join(str(value) for value in row[2:])
    fields = getattr(row, "__slots__", ())
    hidden = ("model", "environment")
    values = (getattr(row, field) for field in fields if field not in hidden)
    return ", ".join("-" if value is None else str(value) for value in values)


def _unplaced(view: PlanView, plan: Plan) -> Iterator[Violation]:
    stated: Counter[tuple[str, str]] = Counter()
    for row in plan.unplaced:
        name, deployment = f"{row.model}@{row.environment}", view.workspace.by_key.get(row.key)
        stated[row.key] += 1
        lacking = _lacking(view, deployment)
        if row.replicas != lacking:
            message = f"{row.replicas} replicas stated as unplaced, {lacking} are"
            yield Violation("unplaced", name, message)
        if not any(reason.strip() for reason in row.reasons):
            yield Violation("unplaced", name, "no reason is given")
        if stated[row.key] == 2:
            yield Violation("unplaced", name, "more than one row")
        if not lacking:
            yield Violation("unplaced", name, "a row for a deployment that lacks no replica")
    for deployment, lacking in view.lacking:
        if lacking > 0 and deployment.key not in stated:
            message = f"{lacking} replicas have no place and no row says so"
            yield Violation("unplaced", subject(deployment), message)


def _lacking(view: PlanView, deployment: ModelDeployment | None) -> int:
    if deployment is None or not deployment.enabled:
        return 0
    return max(0, deployment.replicas - view.placed(deployment))


def _tiers(stated: tuple[Tier, ...], true: tuple[Tier, ...]) -> Iterator[Violation]:
    names, wanted = [tier.name for tier in stated], [tier.name for tier in true]
    if names != wanted:
        message = f"tiers are {', '.join(names)}, they should be {', '.join(wanted)}"
        yield Violation("tiers", "plan", message)
    expected = {tier.name: tier for tier in true}
    for tier in stated:
        if tier.scale < 1:
            yield Violation("tiers", tier.name, f"scale {tier.scale} is not positive")
            continue
        if tier.name in expected:
            yield from _tier(tier, expected[tier.name])


def _tier(tier: Tier, true: Tier) -> Iterator[Violation]:
    value, right = shown(tier.value, tier.scale), shown(true.value, true.scale)
    if value != right:
        yield Violation("tiers", tier.name, f"value is stated as {value}, it is {right}")
    if tier.unit != true.unit:
        yield Violation("tiers", tier.name, f"unit is stated as {tier.unit}, it is {true.unit}")
    if tier.bound is not None and Fraction(tier.bound - tier.value, tier.scale) > 0:
        bound = shown(tier.bound, tier.scale)
        yield Violation("tiers", tier.name, f"lower bound {bound} is above the value {value}")


def _claims(plan: Plan) -> Iterator[Violation]:
    open_tiers = [tier.name for tier in plan.tiers if not tier.proved]
    if plan.status is Status.OPTIMAL and open_tiers:
        message = f"called optimal, but value and bound differ in {', '.join(open_tiers)}"
        yield Violation("status", "plan", message)
    if plan.status is Status.OPTIMAL and plan.certificate is not Certificate.GLOBAL:
        message = f"`{plan.certificate}` for an optimal plan, `global` expected"
        yield Violation("certificate", "plan", message)
    words = ("displaced", "unplaced", "evicted", "moves")
    first = [name for name in open_tiers if name.partition(":")[0] in words]
    if plan.certificate is Certificate.GLOBAL and first:
        message = f"called global, but {', '.join(first)} are not proved"
        yield Violation("certificate", "plan", message)
