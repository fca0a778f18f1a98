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


SUBJECTS: tuple[Subject, ...] = (
    Subject(
        "fleets",
        "One plan from nothing: seconds per phase, and how near to its bound it is.",
        "benchmarks.fleet_plans:measure",
        {
            QUICK: {"variant": "easy", "deployments": 20, "nodes": 60, "groups": 12},
            "easy-300x1k": {"variant": "easy", "deployments": 300, "nodes": 1_000, "groups": 100},
            "hard-300x1k": {"variant": "hard", "deployments": 300, "nodes": 1_000, "groups": 100},
        },
    ),
)
