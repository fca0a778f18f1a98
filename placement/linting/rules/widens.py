"""A further policy of one type widens what a place allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.text import quote
from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import counted, listed
from placement.reach.sets import GroupSet, Kind

if TYPE_CHECKING:
    from placement.linting.scene import Attached, Scene
    from placement.policies.base import Policy

MEASURES = {
    "location": (Kind.COUNTRY, Kind.REGION),
    "provider": (Kind.PROVIDER,),
    "flavor": (Kind.GPU, Kind.CPU),
}
ADVICE = "policies of one type widen each other; to narrow, keep one, or attach it to deployments"


class Widens(Rule):
    """Said once for each list and type, with what it is counted in."""

    code: ClassVar[Code] = Code.WIDENS
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield the lists in which policies of one type, that both count, stand side by side."""
        for attached in scene.attached:
            chosen = _side_by_side(scene, attached)
            if not chosen:
                continue
            first, *further = chosen
            before, after = scene.reach.policy(first), scene.reach.any_of(chosen)
            kind, numbers = _measure(scene, first.type, before, after)
            path = scene.path_of(attached.key, further[-1].name)
            names = listed([one.name for one in further])
            verb = "widens" if len(further) == 1 else "widen"
            message = (
                f"{names} {verb} {attached.name} from {numbers[0]:,} ({quote(first.name)}) "
                f"to {counted(numbers[1], kind)}"
            )
            yield Finding(attached.key, path, message, ADVICE)


def _side_by_side(scene: Scene, attached: Attached) -> list[Policy]:
    """Return policies that bind one deployment and of which none allows all that another does.

    Those without a selector bind every deployment, also where there is none yet.
    """
    seen = set()
    for labels in ({}, *(one.labels for one in scene.concerned(attached.key))):
        binding = [policy for policy in attached.policies if policy.targets(labels)]
        names = tuple(policy.name for policy in binding)
        if names not in seen:
            seen.add(names)
            chosen = [one for number, one in enumerate(binding) if _adds(scene, number, binding)]
            if len(chosen) > 1:
                return chosen
    return []


def _adds(scene: Scene, number: int, policies: Sequence[Policy]) -> bool:
    """Whether no other policy allows all that one does; of equal ones the first does."""
    allowed = scene.reach.policy(policies[number])
    others = [scene.reach.policy(policy) for policy in policies]
    covered = (
        not allowed & ~theirs and (allowed != theirs or other < number)
        for other, theirs in enumerate(others)
        if other != number
    )
    return bool(allowed) and not any(covered)


def _measure(
    scene: Scene, type_name: str, before: GroupSet, after: GroupSet
) -> tuple[str, tuple[int, int]]:
    """Return the first measure of a type that differs, and both of its numbers."""
    for kind in MEASURES.get(type_name, ()):
        numbers = (len(scene.names.of(kind, before)), len(scene.names.of(kind, after)))
        if numbers[0] != numbers[1]:
            return str(kind), numbers
    return "node group", (before.bit_count(), after.bit_count())
