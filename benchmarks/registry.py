"""All subjects that are measured: a line here is all that a new one needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias, cast

Row: TypeAlias = dict[str, Any]
"""One line of a table: column to value. ``lost`` says what we lose there, if anything."""

Size: TypeAlias = Mapping[str, Any]
"""What a subject is told about one of its sizes."""

QUICK = "quick"
"""The size of every subject that takes about a second and runs in the tests."""


@dataclass(frozen=True)
class Options:
    """What a run is told besides the size.

    Attributes
    ----------
    seed : int
    limit : float
        Seconds that each solver gets, ours and the rivals'.
    cache : Path or None
        Folder for environments of rivals that cannot live in this one; without it they are left
        out, and the table says so.
    data : Path or None
        Folder of stored instances; subjects that need one and have none say so.
    """

    seed: int = 1
    limit: float = 60.0
    cache: Path | None = None
    data: Path | None = None


Measure: TypeAlias = Callable[[Size, Options], Sequence[Row]]


@dataclass(frozen=True)
class Subject:
    """Something to measure.

    Attributes
    ----------
    name : str
    about : str
        What the table shows, in a sentence or two of Markdown.
    measure : str
        ``module:function``, imported when the subject runs.
    sizes : mapping of str to mapping
        By name, from small to large; one of them is ``quick``.
    """

    name: str
    about: str
    measure: str
    sizes: Mapping[str, Size]

    def run(self, size: str, options: Options) -> Sequence[Row]:
        """Measure one size."""
        module, _, function = self.measure.partition(":")
        found = cast("Measure", getattr(import_module(module), function))
        return found(self.sizes[size], options)


def subject(name: str) -> Subject:
    """Return a subject by its name; KeyError if there is none."""
    return {one.name: one for one in SUBJECTS}[name]


def _drawing(variant: str, deployments: int, nodes: int, groups: int, **more: Any) -> Size:
    return {
        "variant": variant,
        "deployments": deployments,
        "nodes": nodes,
        "groups": groups,
        **more,
    }


OPENB = (
    *(f"cpu{share}" for share in ("050", "100", "200", "250")),
    *(f"gpushare{share}" for share in (40, 60, 80, 100)),
    *(f"gpuspec{share}" for share in (10, 20, 25, 33)),
    *(f"multigpu{share}" for share in (20, 30, 40, 50)),
)
"""Workloads of the GPU trace for which there are published figures, but for the default one."""

SUBJECTS: tuple[Subject, ...] = (
    Subject(
        "fleets",
        "One plan from nothing: seconds per phase, and how near to its bound it is. A gap is "
        "asked for, 0.01 % (easy) or 0.1 % (hard). `solve` holds `relax`; the first plan is "
        "expanded and verified as well, inside `solve`.",
        "benchmarks.fleet_plans:measure",
        {
            QUICK: {"drawing": _drawing("easy", 20, 60, 12)},
            "easy-300x1k": {"drawing": _drawing("easy", 300, 1_000, 100)},
            "hard-300x1k": {"drawing": _drawing("hard", 300, 1_000, 100)},
            "easy-1kx3k": {"drawing": _drawing("easy", 1_000, 3_000, 200)},
            "hard-1kx3k": {"drawing": _drawing("hard", 1_000, 3_000, 200)},
            "easy-3kx10k": {
                "drawing": _drawing("easy", 3_000, 10_000, 400),
                "within": 10,
                "memory": 1_500,
            },
            "hard-3kx10k": {
                "drawing": _drawing("hard", 3_000, 10_000, 400),
                "within": 10,
                "memory": 1_500,
            },
            "easy-10kx100k": {
                "drawing": _drawing("easy", 10_000, 100_000, 1_000),
                "within": 30,
                "memory": 6_000,
            },
        },
    ),
    Subject(
        "rivals",
        "Other solvers on the same instance, one after the other, each in a process of its own "
        "and with the same limit. `ours then` is our plan at the later of the rival's end and our "
        "first plan; `ours as good after` is the wall time of a run of ours that ended with a "
        "verified plan as good as the rival's. What is not packed on nodes by a rival that counts "
        "per node group, goes where it is cheapest or is left out.",
        "benchmarks.contest:measure",
        {
            QUICK: {"single": 40, "nodes": 12, "limit": 1.0, "apart": False},
            "singles-1000x300": {"single": 1_000, "nodes": 300, "sooner": True},
            "singles-3000x900": {"single": 3_000, "nodes": 900, "sooner": True},
            "easy-300x1k": {"drawing": _drawing("easy", 300, 1_000, 100)},
            "hard-300x1k": {"drawing": _drawing("hard", 300, 1_000, 100)},
            "easy-1kx3k": {"drawing": _drawing("easy", 1_000, 3_000, 200)},
            "hard-1kx3k": {"drawing": _drawing("hard", 1_000, 3_000, 200)},
            "easy-3kx10k": {"drawing": _drawing("easy", 3_000, 10_000, 400)},
            "hard-3kx10k": {"drawing": _drawing("hard", 3_000, 10_000, 400)},
            "easy-10kx100k": {"drawing": _drawing("easy", 10_000, 100_000, 1_000)},
        },
    ),
    Subject(
        "times",
        "The same fleet with ten times the nodes of the same kinds, and then with ten times the "
        "replicas of the same deployments as well.",
        "benchmarks.fleet_plans:measure_times",
        {
            QUICK: {"drawing": _drawing("easy", 10, 30, 6), "times": 2},
            "easy-10kx10k": {
                "drawing": _drawing("easy", 10_000, 10_000, 1_000),
                "times": 10,
                "ratio": 1.5,
            },
        },
    ),
    Subject(
        "frame",
        "Deployments of one replica each on CPU nodes, given as a pandas frame.",
        "benchmarks.fleet_plans:measure_frame",
        {
            QUICK: {"deployments": 600, "nodes": 24, "groups": 12},
            "26500x320": {"deployments": 26_500, "nodes": 320, "groups": 100},
            "265000x3200": {"deployments": 265_000, "nodes": 3_200, "groups": 200, "within": 12},
        },
    ),
    Subject(
        "million",
        "A million replicas of one GPU each in one plan.",
        "benchmarks.fleet_plans:measure",
        {
            QUICK: {"drawing": _drawing("easy", 5, 20, 4, single_gpus=True)},
            "10k-deployments": {
                "drawing": _drawing("easy", 10_000, 128_000, 1_000, single_gpus=True, fill=0.85),
                "memory": 24_000,
            },
        },
    ),
    Subject(
        "same",
        "Five fleets, each planned with several numbers of workers and two hash seeds: one digest "
        "each. The free-running search gives each solve of CP-SAT eight workers that do not wait "
        "for each other; it is not reproducible.",
        "benchmarks.sameness:measure",
        {
            QUICK: {"fleets": 1, "deployments": 10, "nodes": 30, "groups": 6, "workers": (2,)},
            "100x300": {"fleets": 5, "deployments": 100, "nodes": 300, "groups": 40},
            "1kx3k": {"fleets": 5, "deployments": 1_000, "nodes": 3_000, "groups": 200},
        },
    ),
    Subject(
        "standing",
        "A fleet that runs already: the same is asked again, or one node in a hundred is lost.",
        "benchmarks.standing:measure",
        {
            QUICK: {"drawing": _drawing("easy", 10, 30, 6)},
            "10000x1k": {
                "drawing": _drawing("easy", 500, 1_100, 100, single_gpus=True, fill=0.95),
                "within": 1,
            },
            "hard-300x1k": {"drawing": _drawing("hard", 300, 1_000, 100), "within": 1},
        },
    ),
    Subject(
        "arrivals",
        "Fifty new replicas of one deployment onto a fleet on which others run, through a warm "
        "planner, to a verified answer.",
        "benchmarks.arrivals:measure",
        {
            QUICK: {"nodes": 20, "calls": 2, "within": 1, "loads": (0.0, 0.5)},
            "100": {"nodes": 100, "calls": 40, "within": 0.1},
            "300": {"nodes": 300, "calls": 40, "within": 0.15},
            "1k": {"nodes": 1_000, "calls": 40, "within": 0.3},
            "3k": {"nodes": 3_000, "calls": 40, "within": 0.6},
            "10k": {"nodes": 10_000, "calls": 30, "within": 1.5},
            "30k": {"nodes": 30_000, "calls": 20, "within": 4},
        },
    ),
    Subject(
        "explain",
        "Where a deployment may run and why not elsewhere, on a fleet that runs: every node group "
        "is judged for one more replica. A new planner has to look at all that runs first. It is "
        "one thread, and the goals are CPU seconds: wall seconds tell who else was on the machine.",
        "benchmarks.explanations:measure",
        {
            QUICK: {"drawing": _drawing("easy", 20, 60, 12), "calls": 4, "cold": 1},
            "3kx10k": {
                "drawing": _drawing("easy", 3_000, 10_000, 400),
                "calls": 60,
                "cold": 5,
                "cold within": 1.0,
                "warm within": 0.1,
            },
        },
    ),
    Subject(
        "sweep",
        "The loss of every region of the public-cloud catalog in turn, each planned with the "
        "fewest moves and verified, for deployments that ask for a small part of every GPU model. "
        "Regions in which nothing runs are seen to change nothing without planning.",
        "benchmarks.sweep:measure",
        {
            QUICK: {"deployments": 8},
            "300": {"deployments": 300, "processes": (2,), "within": 60},
        },
    ),
    Subject(
        "openb-policies",
        "The six policies of the FGD paper on the Alibaba GPU trace of 2023, on arrays: the share "
        "of all GPUs that is free once 130 % of them have been asked for, and what is published.",
        "benchmarks.openb.measures:measure_policies",
        {
            QUICK: {"workloads": ("made-up",), "seeds": 1},
            "default": {"workloads": ("default",), "seeds": 10},
            "others": {"workloads": OPENB, "seeds": 3},
        },
    ),
    Subject(
        "openb-arrays",
        "Our online mode on the same arrivals: of the nodes with room the one that strands least "
        "of what the pods so far let expect. On arrays, which choose what the planner chooses.",
        "benchmarks.openb.measures:measure_arrays",
        {
            QUICK: {"workloads": ("made-up",), "seeds": 1},
            "default": {"workloads": ("default",), "seeds": 10},
            "others": {"workloads": OPENB, "seeds": 3},
        },
    ),
    Subject(
        "openb-online",
        "The same through a warm planner, one previewed and verified deployment per pod.",
        "benchmarks.openb.measures:measure_online",
        {
            QUICK: {"workloads": ("made-up",), "seeds": 1},
            "default": {"workloads": ("default",), "seeds": 1},
        },
    ),
    Subject(
        "openb-offline",
        "All pods of the default list in one plan, and all that 130 % of arrivals ask for, of "
        "which the plan may choose. Figures in percent of all GPUs.",
        "benchmarks.openb.measures:measure_offline",
        {
            QUICK: {"workload": "made-up"},
            "default": {"workload": "default"},
            "arrivals": {"workload": "default", "arrivals": True},
        },
    ),
    Subject(
        "cloud-balancing",
        "Processes on computers that are paid for whole (Timefold's cloud balancing): cost "
        "against the better of a stored covering bound and the bound that the plan proves.",
        "benchmarks.cloud_balancing:measure",
        {
            QUICK: {"instance": "made-up"},
            "100x300": {"instance": "100computers-300processes"},
            "200x600": {"instance": "200computers-600processes"},
            "400x1200": {"instance": "400computers-1200processes"},
            "800x2400": {"instance": "800computers-2400processes"},
            "1600x4800": {"instance": "1600computers-4800processes"},
        },
    ),
)
