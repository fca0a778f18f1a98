"""What has to hold before a plan becomes the newest state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from placement.errors import InputError, StaleError, VerificationError
from placement.plan.document import running_digest
from placement.plan.rows import Status, TransitionRecord
from placement.store.objects import derive
from placement.store.values import Snapshot
from placement.store.writing import Change
from placement.verifier import verify

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.constraints.base import Violation
    from placement.plan.plan import Plan
    from placement.preview import Preview
    from placement.workspace.workspace import Workspace

PLAN = "plan"
"""Kind of an entry whose plan changes the running rows only."""


def record_of(plan: Plan) -> TransitionRecord:
    """Return what a plan changes besides the rows; nothing if it is no transition."""
    return plan.transition or TransitionRecord(PLAN, {})


def why_never(plan: Plan) -> str | None:
    """Return why a plan can be committed to no state at all, or None."""
    if plan.refusal is not None:
        return f"a refused change cannot be committed: {plan.refusal.message}"
    if plan.status in (Status.INFEASIBLE, Status.UNKNOWN):
        return f"a plan that is {plan.status} cannot be committed"
    if plan.stated_digest not in (None, plan.digest):
        stated = str(plan.stated_digest)[:23]
        return f"the plan was changed: it states {stated}, it has {plan.digest[:23]}"
    return None


@dataclass(frozen=True)
class Judge:
    """Compares a plan with the newest state.

    Attributes
    ----------
    newest : Snapshot
    expected : int or None
        The serial that the change was made for, if that is known.
    """

    newest: Snapshot
    expected: int | None

    def check_is_new(self, plan: Plan, committed: int | None) -> None:
        """Refuse a plan that was committed before: its serial does not say so.

        Raises
        ------
        StaleError
        """
        if committed is not None:
            message = f"the plan was committed before, as serial {committed}"
            raise StaleError(message, expected=None, newest=self.newest.serial)

    def judge(self, plan: Plan, catalog: Catalog, *, preview: Preview | None = None) -> Change:
        """Return the change that a plan makes.

        Raises
        ------
        StaleError
            If the plan was made for another state.
        VerificationError
            If it breaks a rule, or is not what the preview showed.
        """
        self._check_basis(plan, catalog)
        if preview is not None:
            self._check_before(preview)
        record = record_of(plan)
        after = self._derived(record)
        if after.digest != plan.basis.workspace:
            raise self._stale("the workspace that the plan answers")
        today = replace(after, replaced=frozenset(record.replaced))
        before = self.newest.workspace
        _check_rules(verify(catalog, today, plan, before=before).violations)
        state = replace(
            self.newest,
            serial=self.newest.serial + 1,
            workspace=after.with_running(plan),
            catalog=catalog,
        )
        if preview is not None:
            _check_shown(preview, state)
        return Change(self.newest, state, plan, record)

    def _check_basis(self, plan: Plan, catalog: Catalog) -> None:
        if plan.basis.serial not in (None, self.newest.serial):
            raise self._stale(f"serial {plan.basis.serial}, which the plan answers,")
        if plan.basis.running != running_digest(self.newest.workspace.running):
            raise self._stale("what runs today")
        if plan.basis.catalog != catalog.digest:
            raise self._stale("the catalog")
        known = self.newest.catalog_digest
        if self.expected is None and known not in (None, catalog.digest):
            # Only a serial tells a plan with a new catalog from one with an old one.
            raise self._stale("the catalog")

    def _check_before(self, preview: Preview) -> None:
        before = preview.before
        if before.digest != self.newest.workspace.digest:
            raise self._stale("the workspace before")

    def _derived(self, record: TransitionRecord) -> Workspace:
        try:
            return derive(self.newest.workspace, record)
        except InputError as error:
            found = error.diagnostics[0].message
        except KeyError as error:
            found = f"{error} is not there"
        raise self._stale(f"the workspace before ({found})")

    def _stale(self, what: str) -> StaleError:
        return StaleError(
            f"{what} is not the one of serial {self.newest.serial}",
            expected=self.expected,
            newest=self.newest.serial,
        )


def _check_rules(violations: tuple[Violation, ...]) -> None:
    if violations:
        listed = "\n".join(str(violation) for violation in violations[:20])
        raise VerificationError(f"the plan broke a rule and is not committed:\n{listed}")


def _check_shown(preview: Preview, state: Snapshot) -> None:
    shown, made = preview.workspace, state.workspace
    if shown.digest != made.digest or shown.running != made.running:
        raise VerificationError("the plan does not make the workspace that the preview shows")
