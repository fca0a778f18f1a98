"""The kinds of edit there are: one line each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from placement.simulation.edits.attach import Attach
from placement.simulation.edits.base import Edit
from placement.simulation.edits.detach import Detach
from placement.simulation.edits.lose import Lose
from placement.simulation.edits.nodes import AddNodes, RemoveNodes
from placement.simulation.edits.price import SetPrice
from placement.simulation.edits.put_policy import PutPolicy
from placement.simulation.edits.release import Release
from placement.simulation.edits.scale import Scale

EDIT_TYPES: Mapping[str, type[Edit]] = MappingProxyType(
    {
        "add": AddNodes,
        "attach": Attach,
        "detach": Detach,
        "lose": Lose,
        "price": SetPrice,
        "put-policy": PutPolicy,
        "release": Release,
        "remove": RemoveNodes,
        "scale": Scale,
    }
)
"""Every kind by the word that files use, sorted."""
