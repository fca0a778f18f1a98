"""The allowed hardware exists, the allowed places exist, and never together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import blamed, listed
from placement.reach.sets import Kind

if TYPE_CHECKING:
    from placement.linting.scene import PolicyConflict, Scene
    from placement.reach.reach import Part

PLACES = {"location", "provider"}


class GpuNotThere(Rule):
    """A contradiction of hardware and place that says where the hardware is."""

    code: ClassVar[Code] = Code.GPU_NOT_THERE
    severity: ClassVar[Severity] = Severity.ERROR

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield one finding for each conflict, with the places that have the hardware."""
        for found in scene.policy_conflicts():
            if is_elsewhere(found.parts):
                key, field = scene.place_of(found.parts, found.deployment)
                message = f"no node group has what {blamed(found.parts, found.deployment)} allow"
                yield Finding(key, (field,), message, f"{_where(scene, found)}; {found.outcome}")


def _where(scene: Scene, found: PolicyConflict) -> str:
    """Return which hardware is meant, and in which countries there is some."""
    flavor = scene.reach.common(part for part in found.parts if part.rule == "flavor")
    names = [name for kind in (Kind.GPU, Kind.CPU) for name in scene.names.of(kind, flavor)]
    return f"{listed(names)} is in {listed(scene.names.of(Kind.COUNTRY, flavor))}"


def is_elsewhere(parts: Sequence[Part]) -> bool:
    """Whether policies are about hardware on the one hand and places on the other."""
    rules = {part.rule for part in parts}
    return (
        all(part.groups for part in parts)
        and "flavor" in rules
        and bool(rules & PLACES)
        and rules <= {"flavor", *PLACES}
    )
