"""``placement policy-prices``: what is given up because of each policy, by planning without it."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from placement.cli import inputs, output
from placement.cli.documents import exact_text
from placement.cli.faults import ExitCode, guarded
from placement.cli.output import Format
from placement.cli.parameters import (
    BillingOption,
    CatalogFolder,
    Gap,
    Output,
    Paths,
    Seed,
    StoreOption,
    TimeLimit,
    read_objective,
)
from placement.cli.progress import Counted
from placement.cli.signals import run_cancellable
from placement.cli.simulate import Processes, pool
from placement.cli.table import Column, render
from placement.options import Billing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from placement.simulation.policy_price import PolicyPrice

Objectives = Annotated[
    list[str] | None,
    typer.Option(
        "--objective",
        metavar="NAME",
        parser=read_objective,
        help="cost, carbon, latency, or a mix; may be repeated; default: cost, carbon, latency.",
    ),
]
PRICES_FOLLOW = "stopping; the prices so far follow (once more: stop at once)"

KEYS = (
    "policy",
    "environment",
    "objective",
    "unit",
    "deployments",
    "amount",
    "least",
    "most",
    "unplacedGpus",
    "exactness",
    "seconds",
)
NEGATIVE = (
    "\nbelow 0: the policy widens what others of its type allow, so less is allowed without it\n"
)
_COLUMNS = (
    Column("POLICY"),
    Column("ENVIRONMENT"),
    Column("DEPLOYMENTS", right=True),
    Column("OBJECTIVE"),
    Column("PRICE"),
    Column("EXACTNESS"),
    Column("UNPLACED GPUS", right=True),
)


@guarded
def policy_prices(
    paths: Paths = None,
    catalog: CatalogFolder = None,
    store: StoreOption = None,
    objective: Objectives = None,
    billing: BillingOption = None,
    gap: Gap = 0.0,
    time_limit: TimeLimit = None,
    seed: Seed = 0,
    workers: Processes = None,
    form: Output = None,
) -> ExitCode:
    """Show what each policy costs in each environment, by planning everything without it.

    What runs is left aside: both plans are made from nothing. `placement prices` estimates the
    same by the prices of one plan, in no time.
    """
    fleet, workspace = inputs.asked_of(paths, catalog, store=store)
    from placement.simulation.policy_prices import policy_prices as found

    plans = 3 * len(workspace.policies) * len(workspace.environments)

    def call(cancel: Event) -> tuple[PolicyPrice, ...]:
        executor_of = pool(workers, plans, len(workspace.deployments))
        with executor_of as executor, Counted("plans") as counted:
            return found(
                fleet,
                workspace,
                objectives=objective,
                executor=executor,
                billing=billing or Billing.SHARE,
                gap=gap,
                time_limit=time_limit,
                seed=seed,
                on_plan=counted.show_count,
                cancel=cancel,
            )

    prices, interrupted = run_cancellable(call, notice=PRICES_FOLLOW)
    output.emit(_rendered(prices, output.choose_format(form)))
    if interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.NO_ANSWER if any(row.amount is None for row in prices) else ExitCode.DONE


def _rendered(prices: Sequence[PolicyPrice], form: Format) -> str:
    documents = [row.to_document() for row in prices]
    match form:
        case Format.TABLE:
            return _page(prices)
        case Format.CSV:
            return output.as_csv(KEYS, documents)
        case Format.JSON | Format.YAML:
            return exact_text({"kind": "List", "items": documents}, form)


def _page(prices: Sequence[PolicyPrice]) -> str:
    if not prices:
        return "no policy is attached to anything\n"
    table = render(_COLUMNS, [_line(row) for row in sorted(prices, key=_most_first)])
    is_negative = any(row.amount is not None and row.amount < 0 for row in prices)
    return table + (NEGATIVE if is_negative else "")


def _most_first(row: PolicyPrice) -> tuple[str, bool, float, str, str]:
    amount = 0.0 if row.amount is None else float(row.amount)
    return (row.objective, row.amount is None, -amount, row.policy, row.environment)


def _line(row: PolicyPrice) -> tuple[str, ...]:
    unplaced = f"{float(row.unplaced):+g}" if row.unplaced else "0"
    return (
        row.policy,
        row.environment,
        str(row.deployments),
        row.objective,
        row.words(),
        str(row.exactness),
        unplaced,
    )
