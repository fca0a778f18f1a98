"""What deployments have in common that differ in nothing but their names.

Nearly everything that is asked of a deployment (which nodes it may use, what a replica costs,
which rules it has) does not depend on what it is called. It is worked out once per shape.
"""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, NewType

from placement.policies.base import Document

if TYPE_CHECKING:
    from placement.workspace.workspace import ModelDeployment


KEPT = "digest of the document"
"""Under what the digest of an object is kept with it."""

Shape = NewType("Shape", str)
"""All fields of a deployment but its name, as one text.

Deployments of equal shapes are equal but for their names. Those that were made together share
one object, and telling that takes no comparison.
"""


def shape_of(deployment: ModelDeployment) -> Shape:
    """Return the shape of a deployment."""
    fields = type(deployment).model_fields
    return Shape(repr([_plain(getattr(deployment, name)) for name in fields if name != "name"]))


def renamed(deployment: ModelDeployment, name: str) -> ModelDeployment:
    """Return a deployment that differs in its name alone, which nobody checks.

    What was derived of the other fields comes along, its shape included.
    """
    made = object.__new__(type(deployment))
    # What `model_construct` does, without looking at the fields one by one.
    fields = deployment.__dict__.copy()
    fields["name"] = name
    fields["key"] = (name, fields["environment"])
    fields.pop(KEPT, None)
    _set(made, "__dict__", fields)
    _set(made, "__pydantic_fields_set__", deployment.__pydantic_fields_set__)
    _set(made, "__pydantic_extra__", None)
    _set(made, "__pydantic_private__", None)
    return made


_set = object.__setattr__


def _plain(value: Any) -> Any:
    """Return a value that reads the same whenever it is equal."""
    match value:
        case Document():
            return [_plain(getattr(value, name)) for name in type(value).model_fields]
        case dict():
            return sorted((key, _plain(item)) for key, item in value.items())
        case tuple():
            return [_plain(item) for item in value]
        case Decimal():
            return str(value.normalize())
        case Enum():
            return value.value
        case _:
            return value
