"""Options that several commands share, each with its check and its help text."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from placement.cli.output import Format
from placement.cli.suggesting import environments, models
from placement.options import Billing


def near(text: str, known: Iterable[str]) -> str:
    """Return advice for an unknown word: the nearest known one, or all of them."""
    words = sorted(known)
    close = difflib.get_close_matches(text.lower(), words, n=1, cutoff=0.5)
    return f"did you mean `{close[0]}`?" if close else f"known are {', '.join(words)}"


def choose(text: str, known: Iterable[str]) -> str:
    """Return the known word that ``text`` is, whatever its case; otherwise a usage error."""
    words = tuple(known)
    if text.lower() not in words:
        raise typer.BadParameter(f"`{text}` is not known; {near(text, words)}")
    return text.lower()


def _format(text: str) -> Format:
    return Format(choose(text, [format.value for format in Format]))


def _billing(text: str) -> Billing:
    return Billing(choose(text, [billing.value for billing in Billing]))


def not_negative(text: str) -> float:
    """Return a finite number of at least 0; anything else is a usage error."""
    return _number(text, low=0.0)


def _positive(text: str) -> float:
    number = _number(text, low=0.0)
    if number == 0:
        raise typer.BadParameter("0 is too small; a number above 0 is needed")
    return number


def _number(text: str, *, low: float) -> float:
    try:
        number = float(text)
    except ValueError:
        raise typer.BadParameter(f"`{text}` is not a number") from None
    if not math.isfinite(number) or number < low:
        raise typer.BadParameter(f"`{text}` is not a finite number of at least {low:g}")
    return number


def _whole(text: str, *, low: int) -> int:
    try:
        number = int(text)
    except ValueError:
        raise typer.BadParameter(f"`{text}` is not a whole number") from None
    if not low <= number < 2**31:
        raise typer.BadParameter(f"`{text}` is not from {low} to {2**31 - 1}")
    return number


def positive(text: str) -> int:
    """Return a whole number of at least 1; anything else is a usage error."""
    return _whole(text, low=1)


def not_negative_whole(text: str) -> int:
    """Return a whole number of at least 0; anything else is a usage error."""
    return _whole(text, low=0)


def not_negative_decimal(text: str) -> Decimal:
    """Return a number that is at least 0, exactly as it is written."""
    _number(text, low=0.0)
    return Decimal(text)


def words(text: str) -> tuple[str, ...]:
    """Return the words of a list with commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def read_objective(text: str) -> str:
    """Return the objective by its own name; one that cannot be read is a usage error."""
    from placement.objectives.mix import PREFIX, parse_objective

    if text.strip().casefold() in {PREFIX, PREFIX.rstrip(":")}:
        raise typer.BadParameter("a mix needs weights, for instance `mix:cost=1,carbon=0.05`")
    try:
        return parse_objective(text).name
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


Paths = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATH", help="Manifest files or folders.", show_default=False),
]
CatalogFolder = Annotated[
    Path | None,
    typer.Option(
        "--catalog",
        metavar="DIR",
        help="Catalog folder; default: the one the store was last used with, else public-cloud.",
    ),
]
Output = Annotated[
    Format | None,
    typer.Option(
        "-o",
        "--output",
        metavar="table|json|yaml|csv",
        parser=_format,
        help="Form of the answer; default: table on a terminal, json otherwise.",
    ),
]
BillingOption = Annotated[
    Billing | None,
    typer.Option(
        "--billing",
        metavar="share|node",
        parser=_billing,
        help="Pay a replica's share of its node, or every used node whole; default: share.",
    ),
]
ObjectiveOption = Annotated[
    str,
    typer.Option(
        "--objective",
        metavar="NAME",
        parser=read_objective,
        help="cost, carbon, latency, or a mix such as mix:cost=1,carbon=0.05.",
    ),
]
Gap = Annotated[
    float,
    typer.Option(
        "--gap",
        metavar="FRACTION",
        parser=not_negative,
        help="Relative gap of the last tier at which the solve may end; 0: a proof.",
    ),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        metavar="SECONDS",
        parser=_positive,
        help="Wall limit; without it a fixed effort budget applies.",
    ),
]
Seed = Annotated[
    int,
    typer.Option("--seed", metavar="NUMBER", parser=not_negative_whole, help="Seed of the search."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", metavar="NUMBER", parser=positive, help="Independent parts solved at once."
    ),
]
Confirm = Annotated[
    bool,
    typer.Option(
        "--confirm", help="Have a second solver prove again what only a search has proved."
    ),
]
Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="Name of the model.", autocompletion=models)
]
ModelFilter = Annotated[
    str | None,
    typer.Option("--model", metavar="MODEL", help="Only of this model.", autocompletion=models),
]
Environment = Annotated[
    str | None,
    typer.Option(
        "--environment",
        "-e",
        metavar="ENVIRONMENT",
        help="Only in this environment.",
        autocompletion=environments,
    ),
]
OutFile = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Also write the plan, as JSON, to a file."),
]
StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        envvar="PLACEMENT_STORE",
        help="File, sqlite:///PATH or postgresql://...; default: sqlite:///.placement/state.db.",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Commit without asking.")]
Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why, for the history.", show_default=False)
]
AllowPartial = Annotated[
    bool,
    typer.Option(
        "--allow-partial", help="Place fewer replicas if not all fit: minReplicas, at least one."
    ),
]
Evict = Annotated[
    bool,
    typer.Option("--evict", help="Let running replicas go that no rule allows anywhere any more."),
]
Current = Annotated[
    Path | None,
    typer.Option("--current", metavar="PLAN", help="The plan that runs today (JSON)."),
]
