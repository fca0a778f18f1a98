"""A carbon policy refuses regions whose grid intensity is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.text import quote
from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import counted, listed

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class UnknownCarbon(Rule):
    """Nobody sees these regions in a list of what is refused, for nothing is known of them."""

    code: ClassVar[Code] = Code.UNKNOWN_CARBON
    severity: ClassVar[Severity] = Severity.NOTE

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield every carbon policy, if the catalog has nodes in regions of unknown intensity."""
        regions = {group.region.key: group.region.carbon for group in scene.catalog.node_groups}
        unknown = sorted(key for key, carbon in regions.items() if carbon is None)
        for name, policy in scene.workspace.policies.items():
            if unknown and policy.type == "carbon":
                message = (
                    f"policy {quote(name)} refuses {counted(len(unknown), 'region')} because the "
                    "grid intensity is unknown"
                )
                advice = f"not known in {listed(unknown)}"
                yield Finding(("Policy", name), ("maxCarbon",), message, advice)
