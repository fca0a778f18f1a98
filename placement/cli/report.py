"""``placement report``: a stored plan as one page, one picture, or text for a pull request."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placement.cli import output, storing
from placement.cli.answered import read_answered
from placement.cli.documents import check_writable
from placement.cli.faults import ExitCode, guarded
from placement.cli.parameters import CatalogFolder, Current, Paths, StoreOption
from placement.cli.verify import PlanFile

if TYPE_CHECKING:
    from placement.plan.plan import Plan


def _file(text: str) -> Path:
    from placement.report import form_of

    path = Path(text)
    try:
        form_of(path)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return path


ReportFile = Annotated[
    Path,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        parser=_file,
        help="What is written: a page (.html), a picture (.png), or text (.md).",
    ),
]


@guarded
def report(
    plan: PlanFile,
    file: ReportFile,
    paths: Paths = None,
    catalog: CatalogFolder = None,
    current: Current = None,
    store: StoreOption = None,
) -> ExitCode:
    """Write what a stored plan does: maps, use, cost, changes, bounds, findings.

    The page is one file that loads nothing. The plan is judged as `placement verify` judges it,
    against the same manifests or store; a plan that breaks a rule gets its report too, which says
    so.
    """
    from placement.report import content_of, form_of, subject_of

    check_writable(file)
    answered = read_answered(plan, paths, catalog=catalog, current=current, store=store)
    words = tuple(_options(paths, catalog, current, store))
    subject = subject_of(
        answered.plan,
        answered.catalog,
        answered.workspace,
        before=answered.before,
        commands=tuple(_commands(answered.plan, plan, words)),
    )
    content = content_of(subject, form_of(file))
    output.write_file(file, content)
    broken = subject.verdict.violations
    if broken:
        number = "1 violation" if len(broken) == 1 else f"{len(broken):,} violations, the first"
        output.say(f"warning: the verifier found {number}: {broken[0]}")
    output.say(f"wrote `{file}`")
    return ExitCode.DONE


def _options(
    paths: list[Path] | None, catalog: Path | None, current: Path | None, store: str | None
) -> Iterator[str]:
    """Yield the words that say against what a plan is made or judged; never a password."""
    yield from map(str, paths or ())
    place = None if store is None else storing.shown(store)
    for name, value in (("--catalog", catalog), ("--current", current), ("--store", place)):
        if value is not None:
            yield from (name, str(value))


def _commands(plan: Plan, file: Path, words: tuple[str, ...]) -> Iterator[str]:
    """Yield the command that makes a plan again, if there is one, and the one that judges it."""
    made = _making(plan)
    if made is not None:
        yield shlex.join(("placement", *made, *words, *_chosen(plan), "--out", str(file)))
    yield shlex.join(("placement", "verify", str(file), *words))


def _making(plan: Plan) -> tuple[str, ...] | None:
    """Return the command and its arguments of a plan, or of the dry run of a release."""
    record = plan.transition
    if record is None:
        return ("plan",)
    match dict(record.arguments):
        case {"model": model, "source": source, "target": target} if record.kind == "release":
            keep = record.arguments.get("keep")
            return (
                *("release", model, "--from", source, "--to", target, "--dry-run"),
                *(("--keep", keep) if keep else ()),
                *(("--copy-policies",) if "copyPolicies" in record.arguments else ()),
            )
    return None


def _chosen(plan: Plan) -> Iterator[str]:
    """Yield the options of the solve that are not the usual ones, as the plan tells them."""
    told = plan.stats.get("options")
    for name, option, usual in _OPTIONS:
        value = told.get(name) if isinstance(told, Mapping) else None
        if value is not None and value != usual:
            yield from (option, f"{value}")


_OPTIONS: tuple[tuple[str, str, object], ...] = (
    ("objective", "--objective", "cost"),
    ("billing", "--billing", "share"),
    ("gap", "--gap", 0),
    ("seed", "--seed", 0),
    ("timeLimit", "--time-limit", None),
)
