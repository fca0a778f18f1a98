"""The allowed hardware exists, the allowed places exist, and never together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import blamed, listed, named
from placement.reach.sets import Kind

if TYPE_CHECKING:
    from placement.linting.scene import Scene
    from placement.reach.reach import Part

PLACES = {"location", "provider"}


class GpuNotThere(Rule):
    """A contradiction of hardware and place that says where the hardware is."""

    code: ClassVar[Code] = Code.GPU_NOT_THERE
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for alike deployments, with the places that have the hardware."""
        for wish in scene.wishes:
            parts = scene.conflict(wish)
            if not is_elsewhere(parts):
                continue
            key, field = scene.place_of(parts, wish.first)
            message = f"no node group has what {blamed(parts, wish.first)} allow"
            flavor = scene.reach.common(part for part in parts if part.rule == "flavor")
            where = listed(scene.names.of(Kind.COUNTRY, flavor))
            hardware = listed(
                [name for kind in (Kind.GPU, Kind.CPU) for name in scene.names.of(kind, flavor)]
            )
            advice = f"{hardware} is in {where}; {named(wish.deployments)} can be placed nowhere"
            yield Finding(key, (field,), message, advice)


def is_elsewhere(parts: Sequence[Part]) -> bool:
    """Whether parts are hardware on the one hand and places on the other, both by policies."""
    rules = {part.rule for part in parts if part.level is not None}
    alone = all(part.level is not None and part.groups for part in parts)
    return alone and "flavor" in rules and bool(rules & PLACES) and rules <= {"flavor", *PLACES}
