"""Words that several lint rules use."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from placement.catalog.text import quote
from placement.constraints.base import subject
from placement.workspace.effective import Level

if TYPE_CHECKING:
    from placement.reach.reach import Part
    from placement.workspace.workspace import ModelDeployment

MOST_NAMES = 4
"""Names that a message lists before it counts the rest."""

PLURALS = {"country": "countries", "gpu": "GPUs", "cpu": "CPU types", "gpus": "GPUs"}


def counted(number: int, word: str) -> str:
    """Return a number with its word: ``1 country``, ``3,038 node groups``."""
    plural = word if number == 1 else PLURALS.get(word, f"{word}s")
    return f"{number:,} {'GPU' if plural == 'gpu' else plural}"


def listed(names: Collection[str], last: str = "and") -> str:
    """Return quoted names as a list, at most a few and then how many more."""
    shown = [quote(name) for name in list(names)[:MOST_NAMES]]
    more = len(names) - len(shown)
    return joined([*shown, f"{more} more"] if more else shown, last)


def joined(words: Sequence[str], last: str = "and") -> str:
    """Return words as a list: ``a, b and c``."""
    return f" {last} ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)


def named(deployments: Sequence[ModelDeployment]) -> str:
    """Return the first of some alike deployments, and how many more there are."""
    more = len(deployments) - 1
    return quote(subject(deployments[0])) + (f" (and {more:,} more alike)" if more else "")


def blamed(parts: Iterable[Part], deployment: ModelDeployment) -> str:
    """Return what cannot hold together, each with where it comes from."""
    owned: dict[str, list[str]] = {}
    for part in parts:
        owned.setdefault(_owner(part, deployment), []).append(_what(part))
    return joined([f"{joined(whats)}{owner}" for owner, whats in owned.items()])


def _what(part: Part) -> str:
    if part.level is not None:
        return listed(part.names, "or")
    demands = {"flavors": "its `flavors`", "gpu_memory": "its `gpuMemoryGiB`"}
    return demands.get(part.rule, "what one replica needs")


def _owner(part: Part, deployment: ModelDeployment) -> str:
    match part.level:
        case Level.ENVIRONMENT:
            return f" of environment {quote(deployment.environment)}"
        case Level.DEPLOYMENT:
            return f" of deployment {quote(deployment.name)}"
        case None:
            return ""
