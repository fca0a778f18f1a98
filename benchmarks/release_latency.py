"""How long it takes to preview a release while thousands of deployments run.

Fleets are drawn by ``fleets.py``. Every tenth deployment has a later version in ``staging``; one
after the other is released over the running one, each on the state that the release before left
(committed in memory), with one planner. Timed is ``Planner.release``: the transition, what it
concerns, solving, the order of the waves, verifying what the change touches, and the workspace
after it. Not timed: the digest of the whole plan (measured by itself), writing to a store, and
what this script checks:

- every row of a deployment that is neither released nor moved is the same before and after;
- every ``--verify-every``-th accepted plan passes ``verify``, which looks at the whole state.

Run ``python benchmarks/release_latency.py``; ``--json`` prints all figures instead of tables.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from fleets import Instance, draw

from placement.catalog.load import load_catalog
from placement.catalog.rows import UNIT
from placement.catalog.shipped import shipped
from placement.planner import Planner
from placement.verifier import verify
from placement.workspace.making import make_workspace
from placement.workspace.refusal import Refusal
from placement.workspace.transitions import release
from placement.workspace.transitions.edits import remade
from placement.workspace.workspace import ModelDeployment, Workspace

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.preview import Preview

T = TypeVar("T")
PERCENTILES = (50, 95, 99, 100)
FILL = 0.8
"""Share of the GPUs in use where a release is to find room by itself."""
PROBE = "probe"
"""The deployment that is released on fleets of any size."""
TOP = 5
"""Node groups that a recommendation lists."""


@dataclass(frozen=True)
class Case:
    """Releases on fleets of one size; ``target`` is milliseconds for the 95th percentile."""

    name: str
    deployments: int
    nodes: int
    fill: float
    larger: int
    moves: bool
    """Whether the releases that need other moves are the ones to be timed."""
    target: float


SIZES = ((1000, 3000, 50.0), (3000, 10_000, 100.0))
CASES = (
    *(Case("release", d, n, FILL, 1, moves=False, target=t) for d, n, t in SIZES),
    *(
        Case(f"release, {fill} full", d, n, fill, 8, moves=True, target=1000.0)
        for d, n, _ in SIZES
        for fill in (0.97, 0.985)
    ),
)
GROWING = ((1000, 3000), (3000, 10_000), (10_000, 30_000))
"""Deployments and nodes of the fleets on which the same deployment is released."""


@dataclass(frozen=True)
class Timed:
    """Milliseconds of one call: what a clock shows, and what the process was busy."""

    wall: float
    cpu: float


@dataclass
class Lot:
    """Calls of one kind."""

    times: list[Timed] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return percentiles by the nearest rank, in milliseconds; 100 is the maximum."""
        return {
            "calls": len(self.times),
            "wallMs": _percentiles([one.wall for one in self.times]),
            "cpuMs": _percentiles([one.cpu for one in self.times]),
        }


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    last = len(ordered) - 1
    ranks = {p: max(0, -(-p * len(ordered) // 100) - 1) for p in PERCENTILES}
    return {f"p{p}": round(ordered[min(r, last)], 1) for p, r in ranks.items() if ordered}


def timed(call: Callable[[], T]) -> tuple[T, Timed]:
    """Return what a call returns, and what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = call()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return found, Timed(1000 * wall, 1000 * cpu)


# ------------------------------------------------------------------- releases


class Releases:
    """Releases one deployment after the other, and keeps count of what comes of it.

    Attributes
    ----------
    lots : mapping of str to Lot
        Calls by outcome: ``cold`` (the first of a planner), ``warm-up``, ``alone`` (nothing else
        moves), ``moves``, ``refused`` (with a proved conflict), ``undecided``.
    compiled : mapping of str to list of (deployments, pairs)
        What went into problems, by the same outcomes.
    """

    def __init__(self, case: Case, *, warm_up: int, verify_every: int) -> None:
        self.case = case
        self.warm_up = warm_up
        self.verify_every = verify_every
        self.lots: defaultdict[str, Lot] = defaultdict(Lot)
        self.compiled: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        self.moves: list[int] = []
        self.open: list[str] = []
        self.certificates: Counter[str] = Counter()
        self.unbounded = 0
        self.verified = 0
        self.compared = 0
        self.seeds: list[int] = []
        self.in_use: list[float] = []
        self.digest = Lot()
        self.recommend = Lot()

    @property
    def kind(self) -> str:
        """The outcome that is looked for."""
        return "moves" if self.case.moves else "alone"

    def run(self, base: Catalog, calls: int) -> dict[str, Any]:
        """Draw one fleet after the other until there are so many calls of the wished outcome."""
        for seed in count(1):
            case = self.case
            instance = draw(
                base,
                nodes=case.nodes,
                deployments=case.deployments,
                fill=case.fill,
                seed=seed,
                larger=case.larger,
            )
            self.seeds.append(seed)
            self.in_use.append(_share_in_use(instance))
            self._fleet(instance, calls)
            if len(self.lots[self.kind].times) >= calls:
                return self.document()
        raise AssertionError

    def _fleet(self, instance: Instance, calls: int) -> None:
        planner, workspace = Planner(instance.catalog), instance.workspace
        gc.collect()
        for number, (model, environment) in enumerate(instance.releasable):
            if len(self.lots[self.kind].times) >= calls:
                break
            if number > self.warm_up:
                self._recommend(planner, workspace, model, environment)
            preview = self._release(planner, workspace, model, environment, number)
            workspace = preview.workspace

    def _recommend(
        self, planner: Planner, workspace: Workspace, model: str, environment: str
    ) -> None:
        later = remade(workspace.by_key[model, "staging"], environment=environment)
        found, took = timed(partial(planner.recommend, workspace, later, top=TOP))
        assert len(found) <= TOP
        self.recommend.times.append(took)

    def _release(
        self, planner: Planner, workspace: Workspace, model: str, environment: str, number: int
    ) -> Preview:
        preview, took = timed(
            partial(planner.release, workspace, model, source="staging", target=environment)
        )
        outcome = _outcome(preview)
        self._check(preview, (model, environment), number)
        if number <= self.warm_up:
            self.lots["warm-up" if number else "cold"].times.append(took)
            return preview
        if outcome == "undecided":
            self.open.append(f"{model} in {environment}, seed {self.seeds[-1]}")
        self.lots[outcome].times.append(took)
        self.compiled[outcome].append(_compiled(preview))
        if outcome == self.kind:
            self._note(preview)
        return preview

    def _note(self, preview: Preview) -> None:
        plan = preview.plan
        self.certificates[str(plan.certificate)] += 1
        self.unbounded += any(tier.bound is None for tier in plan.tiers)
        self.moves.append(sum(row.replicas for row in plan.changes if row.action == "move"))

    def _check(self, preview: Preview, key: tuple[str, str], number: int) -> None:
        """Compare what is not concerned, and verify now and then what is planned."""
        if preview.refusal is not None:
            assert preview.workspace is preview.before
            return
        self.compared += unaffected(preview, key)
        if number % self.verify_every == 0:
            verified(preview, key)
            self.verified += 1
            _, took = timed(lambda: preview.digest)
            self.digest.times.append(took)

    def document(self) -> dict[str, Any]:
        """Return all figures."""
        case, own = self.case, self.lots[self.kind]
        accepted = sum(self.certificates.values())
        return {
            "case": case.name,
            "deployments": case.deployments,
            "nodes": case.nodes,
            "gpusInUse": [round(share, 3) for share in self.in_use],
            "seeds": self.seeds,
            "timed": self.kind,
            "targetP95Ms": case.target,
            **own.document(),
            "certificates": dict(self.certificates),
            "shareGlobal": round(self.certificates["global"] / max(1, accepted), 3),
            "withoutBound": self.unbounded,
            "movesPerRelease": _spread(self.moves),
            "undecided": self.open,
            "compiled": _compiled_spread(self.compiled[self.kind]),
            "others": {
                name: lot.document()
                for name, lot in sorted(self.lots.items())
                if name != self.kind and lot.times
            },
            "digest": self.digest.document(),
            "recommend": self.recommend.document(),
            "rowsComparedUnaffected": self.compared,
            "plansVerifiedWhole": self.verified,
        }


def _outcome(preview: Preview) -> str:
    refusal = preview.refusal
    if refusal is None:
        return "moves" if any(row.action == "move" for row in preview.changes) else "alone"
    proved = bool(refusal.conflicts) and all(one.proved for one in refusal.conflicts)
    return "refused" if proved and not refusal.is_undecided else "undecided"


def _share_in_use(instance: Instance) -> float:
    there = sum(group.gpu_count * group.count for group in instance.catalog.node_groups)
    return sum(row.gpus for row in instance.workspace.running) / UNIT / there


def _compiled(preview: Preview) -> tuple[int, int]:
    counts = preview.plan.stats["compiled"]
    return counts["deployments"], counts["pairs"]


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {} if not values else {"mean": round(sum(values) / len(values), 2), "max": max(values)}


def _compiled_spread(found: Sequence[tuple[int, int]]) -> dict[str, dict[str, float]]:
    return {
        "deployments": _percentiles([float(d) for d, _ in found]),
        "pairs": _percentiles([float(p) for _, p in found]),
    }


# --------------------------------------------------------------------- checks


def unaffected(preview: Preview, key: tuple[str, str]) -> int:
    """Return how many rows are of deployments that nothing happens to; all of them must stay."""
    moved = {(row.model, row.environment) for row in preview.changes if row.action == "move"}
    before, after = preview.before.running_by_key, preview.workspace.running_by_key
    others = (before.keys() | after.keys()) - moved - {key}
    wrong = [other for other in others if before.get(other) != after.get(other)]
    if wrong:
        raise AssertionError(f"rows of {sorted(wrong)[:5]} changed with the release of {key}")
    return sum(len(before[other]) for other in others)


def verified(preview: Preview, key: tuple[str, str]) -> None:
    """Judge a whole plan, with its waves and its transition."""
    before = preview.before
    transition = release(before, key[0], source="staging", target=key[1])
    if isinstance(transition, Refusal):
        raise AssertionError(transition.message)
    report = verify(preview.catalog, transition.after, preview.plan, before=before)
    if not report.ok:
        raise AssertionError("\n".join(str(one) for one in report.violations[:5]))


# ---------------------------------------------------------------- other cases


def growing(base: Catalog) -> Iterator[dict[str, Any]]:
    """Release the same deployment on fleets of several sizes, and yield what was compiled."""
    for deployments, nodes in GROWING:
        instance = draw(base, nodes=nodes, deployments=deployments, fill=FILL, seed=1)
        planner, workspace = Planner(instance.catalog), probed(instance.workspace)
        for source in ("staging", "development"):
            call = partial(planner.release, workspace, PROBE, source=source, target="production")
            preview = call()
            again, took = timed(call)
            workspace = preview.workspace
            assert again.digest == preview.digest
        found = _compiled(preview)
        yield {
            "deployments": deployments,
            "nodes": nodes,
            "running": len(workspace.running),
            "compiledDeployments": found[0],
            "compiledPairs": found[1],
            "wallMs": round(took.wall, 1),
            "cpuMs": round(took.cpu, 1),
        }


def probed(workspace: Workspace) -> Workspace:
    """Return a workspace with two versions of the probe that may be released to production."""
    probes = [
        ModelDeployment.model_validate(
            {
                "name": PROBE,
                "environment": environment,
                "version": version,
                "replicas": 8,
                "flavors": [{"type": "gpu", "name": "L4"}],
                "resources": {"gpus": 1, "cpus": 4, "memoryGiB": 16},
            }
        )
        for environment, version in (("staging", "1"), ("development", "2"))
    ]
    return make_workspace(
        workspace.policies.values(),
        workspace.environments.values(),
        [*workspace.deployments, *probes],
        workspace.running,
    )


def first_call(base: Catalog) -> Timed:
    """Return what the first release of a process takes on a small fleet: mostly imports."""
    instance = draw(base, nodes=40, deployments=10, fill=0.5)
    (model, environment), *_ = instance.releasable
    planner = Planner(instance.catalog)
    release_it = partial(planner.release, instance.workspace, model, source="staging")
    return timed(partial(release_it, target=environment))[1]


# --------------------------------------------------------------------- output


def _figures(lot: dict[str, Any]) -> str:
    cells = [f"{lot[clock][f'p{p}']:.1f}" for clock in ("wallMs", "cpuMs") for p in PERCENTILES]
    return " | ".join(cells)


HEAD = "wall p50 | p95 | p99 | max | CPU p50 | p95 | p99 | max"


def table(result: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of one case."""
    yield (
        f"\n{result['case']}: {result['deployments']} deployments on {result['nodes']} nodes, "
        f"seeds {result['seeds']}, GPUs in use {result['gpusInUse']}"
    )
    yield f"| milliseconds | calls | {HEAD} | target p95 |"
    yield f"|{' --- |' * 11}"
    own = f"| {result['timed']} | {result['calls']} | {_figures(result)} |"
    yield f"{own} {result['targetP95Ms']:g} |"
    for name, lot in result["others"].items():
        yield f"| {name} | {lot['calls']} | {_figures(lot)} | |"
    yield f"| recommend | {result['recommend']['calls']} | {_figures(result['recommend'])} | 10 |"
    yield f"| digest | {result['digest']['calls']} | {_figures(result['digest'])} | |"
    yield (
        f"certificates {result['certificates']}, plans without a bound {result['withoutBound']}, "
        f"moves per release {result['movesPerRelease']}"
    )
    if result["undecided"]:
        yield f"undecided: {'; '.join(result['undecided'])}"
    yield f"compiled {result['compiled']}"
    yield (
        f"rows compared that must not change {result['rowsComparedUnaffected']}, "
        f"plans verified whole {result['plansVerifiedWhole']}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=200, help="warm calls per case")
    parser.add_argument("--warm-up", type=int, default=5, help="calls of each planner not counted")
    parser.add_argument("--verify-every", type=int, default=20)
    parser.add_argument("--cases", type=int, nargs="*", help="numbers of the cases, from 0")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    base = load_catalog(shipped("catalogs", "public-cloud"))
    told = f"{platform.platform()}, Python {platform.python_version()}, load {os.getloadavg()}"
    print(told, file=sys.stderr)
    first = first_call(base)
    chosen = range(len(CASES)) if arguments.cases is None else arguments.cases
    documents = []
    for number in chosen:
        releases = Releases(
            CASES[number], warm_up=arguments.warm_up, verify_every=arguments.verify_every
        )
        documents.append(releases.run(base, arguments.calls))
        if not arguments.json:
            print("\n".join(table(documents[-1])), flush=True)
    grown = list(growing(base))
    if arguments.json:
        whole = {
            "firstCallOfProcess": vars(first),
            "cases": documents,
            "sameRelease": grown,
            "load": os.getloadavg(),
        }
        print(json.dumps(whole))
        return
    print("\nthe same release on fleets of several sizes (warm)")
    for row in grown:
        print(row)
    print(f"first release of a process on 40 nodes: {first.wall:.0f} ms, CPU {first.cpu:.0f} ms")


if __name__ == "__main__":
    main()
