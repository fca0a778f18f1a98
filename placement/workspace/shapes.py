"""What deployments have in common that differ in nothing but their names.

Nearly everything that is asked of a deployment (which nodes it may use, what a replica costs,
which rules it has) does not depend on what it is called. It is worked out once per shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from placement.policies.base import Document

if TYPE_CHECKING:
    from placement.workspace.workspace import ModelDeployment


class Shape:
    """All fields of a deployment but its name, as one key.

    Two shapes are equal if all those fields are. Deployments made together share one object,
    and telling that takes no comparison.
    """

    __slots__ = ("_hash", "values")

    def __init__(self, deployment: ModelDeployment) -> None:
        fields = type(deployment).model_fields
        self.values = tuple(
            _hashable(getattr(deployment, name)) for name in fields if name != "name"
        )
        self._hash = hash(self.values)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Shape) and self.values == other.values)


def renamed(deployment: ModelDeployment, name: str) -> ModelDeployment:
    """Return a deployment that differs in its name alone, which nobody checks.

    What was derived of the other fields comes along, its shape included.
    """
    made = object.__new__(type(deployment))
    # What `model_construct` does, without looking at the fields one by one.
    fields = deployment.__dict__.copy()
    fields["name"] = name
    _set(made, "__dict__", fields)
    _set(made, "__pydantic_fields_set__", deployment.__pydantic_fields_set__)
    _set(made, "__pydantic_extra__", None)
    _set(made, "__pydantic_private__", None)
    return made


_set = object.__setattr__


def _hashable(value: Any) -> Any:
    if isinstance(value, Document):
        return tuple(_hashable(getattr(value, name)) for name in type(value).model_fields)
    if isinstance(value, dict):
        return tuple(sorted(value.items()))
    if isinstance(value, tuple) and value:
        return tuple(map(_hashable, value))
    return value
