"""One of the flavors that a deployment lists is on no node group that policies allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from placement.catalog.text import quote
from placement.constraints.flavors import Flavors
from placement.errors import Severity
from placement.linting.base import Finding, Rule
from placement.linting.codes import Code
from placement.linting.words import named
from placement.reach.sets import from_mask

if TYPE_CHECKING:
    from placement.linting.scene import Scene


class FlavorUnused(Rule):
    """The others are of use, so that the deployment can be placed."""

    code: ClassVar[Code] = Code.FLAVOR_UNUSED
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, scene: Scene) -> Iterator[Finding]:
        """Yield every entry that could as well be left out."""
        for wish in scene.wishes:
            one = wish.first
            allowed = scene.reach.by_policies(one) if wish.groups else 0
            for index, entry in enumerate(one.flavors if allowed else ()):
                alone = one.model_copy(update={"flavors": (entry,)})
                mask = Flavors().eligible(alone, scene.catalog.table, scene.catalog)
                if mask is not None and not from_mask(mask) & allowed:
                    message = (
                        f"flavor {quote(entry.name)} is on no node group that the policies of "
                        f"{named(wish.deployments)} allow"
                    )
                    yield Finding(scene.key(one), ("flavors", index), message)
