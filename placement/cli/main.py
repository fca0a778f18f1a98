"""The application: every command, and what happens around all of them.

Commands import what they need when they run, so that ``--help`` and ``validate`` load no
solver, no pandas and no numpy.
"""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from placement.cli import (
    apply,
    catalog,
    completion,
    conflicts,
    deploy,
    diff,
    endpoints,
    explain,
    export,
    get,
    headroom,
    history,
    lint,
    output,
    plan,
    policy_diff,
    policy_prices,
    prices,
    release,
    report,
    rollback,
    schema,
    simulate,
    switching,
    validate,
    verify,
)
from placement.cli.faults import ExitCode

app = typer.Typer(
    name="placement",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=(
        "Exit codes: 0 done; 1 internal fault; 2 bad input or usage; 3 something could not be "
        "placed, or a change was refused; 4 no answer within the limit; 5 the store has changed "
        "or is locked; 6 verify found a broken rule; 7 diff found a difference; "
        "130 interrupted, or not agreed to."
    ),
)
app.command("plan")(plan.plan)
app.command("validate")(validate.validate)
app.command("lint")(lint.lint)
app.command("explain")(explain.explain)
app.command("verify")(verify.verify)
app.command("conflicts")(conflicts.conflicts)
app.command("prices")(prices.prices)
app.command("policy-prices")(policy_prices.policy_prices)
app.command("report")(report.report)
app.command("headroom")(headroom.headroom)
app.command("apply")(apply.apply)
app.command("deploy")(deploy.deploy)
app.command("enable")(switching.enable)
app.command("disable")(switching.disable)
app.command("delete")(switching.delete)
app.command("release")(release.release)
app.command("rollback")(rollback.rollback)
app.command("history")(history.history)
app.command("policy-diff")(policy_diff.policy_diff)
app.command("diff")(diff.diff)
app.command("endpoints")(endpoints.endpoints)
app.command("get")(get.get)
app.command("simulate")(simulate.simulate)
app.command("schema")(schema.schema)
app.command("completion")(completion.completion)
app.add_typer(catalog.app, name="catalog")
app.add_typer(export.app, name="export")


def _show_version(wanted: bool) -> None:
    if wanted:
        from placement import __version__

        output.emit(f"placement {__version__}\n")
        raise typer.Exit


@app.callback()
def placement(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Decide on which nodes of a GPU fleet model deployments run, and prove it."""


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    output.prepare_streams()
    completion.prepare()
    try:
        app(prog_name=completion.PROGRAM)
    except KeyboardInterrupt:  # before a command has begun
        sys.exit(ExitCode.INTERRUPTED)
    sys.exit(0)
