"""What may be imagined: one small file for each kind of edit, one line for each in the registry."""

from __future__ import annotations

from placement.simulation.edits.attach import Attach
from placement.simulation.edits.base import Edit, World
from placement.simulation.edits.detach import Detach
from placement.simulation.edits.lose import Lose
from placement.simulation.edits.nodes import AddNodes, RemoveNodes
from placement.simulation.edits.price import SetPrice
from placement.simulation.edits.put_policy import PutPolicy
from placement.simulation.edits.release import Release
from placement.simulation.edits.scale import Scale

__all__ = [
    "AddNodes",
    "Attach",
    "Detach",
    "Edit",
    "Lose",
    "PutPolicy",
    "Release",
    "RemoveNodes",
    "Scale",
    "SetPrice",
    "World",
]
