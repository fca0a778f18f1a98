"""A workspace with some objects put in place or taken away; all others are shared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from placement.policies.base import Document
from placement.workspace.checks import check_all, check_limits
from placement.workspace.documents import Loaded
from placement.workspace.dumping import Object, kind_name
from placement.workspace.findings import PYTHON, Findings, Source, raise_all
from placement.workspace.sources import Key as ObjectKey
from placement.workspace.sources import Sources, Written
from placement.workspace.workspace import ModelDeployment, Workspace

__all__ = ["Object", "check_objects", "edited", "find", "object_key", "remade"]

D = TypeVar("D", bound=Document)
K = TypeVar("K", str, tuple[str, str], ObjectKey)
V = TypeVar("V")


def edited(
    workspace: Workspace,
    *,
    put: Sequence[Object] = (),
    drop: Iterable[ObjectKey] = (),
    written: Mapping[ObjectKey, Written] | None = None,
) -> Workspace:
    """Return a workspace with objects put in place of those of their name, others taken away.

    Objects that equal those in place stay as they are; if nothing differs, the workspace itself
    is returned. ``written`` says where the new objects were read from.
    """
    new = {key: one for one in put if find(workspace, key := object_key(one)) != one}
    gone = tuple(drop)
    if not new and not gone:
        return workspace
    deployments = _edited(
        workspace.by_key, new, gone, "ModelDeployment", lambda key: (key[1], key[2])
    )
    after = workspace.revised(
        policies=_edited(workspace.policies, new, gone, "Policy", lambda key: key[1]),
        environments=_edited(workspace.environments, new, gone, "Environment", lambda key: key[1]),
        deployments=(
            workspace.deployments
            if deployments is workspace.by_key
            else tuple(deployments.values())
        ),
        sources=_sources(workspace.sources, (*new, *gone), written or {}),
    )
    after.__dict__["by_key"] = deployments  # known already, and slower to find anew
    check_limits(after)
    return after


def object_key(one: Object) -> ObjectKey:
    """Return ``(kind, name)``, for deployments ``(kind, name, environment)``."""
    if isinstance(one, ModelDeployment):
        return ("ModelDeployment", one.name, one.environment)
    return (kind_name(one), one.name)


def find(workspace: Workspace, key: ObjectKey) -> Object | None:
    """Return the object of a key, or None."""
    match key:
        case ("Policy", name):
            return workspace.policies.get(name)
        case ("Environment", name):
            return workspace.environments.get(name)
        case ("ModelDeployment", model, environment):
            return workspace.by_key.get((model, environment))
        case _:
            raise ValueError(key)


def remade(one: D, **fields: Any) -> D:
    """Return an object with some fields replaced, checked like one that is built anew."""
    values = {name: getattr(one, name) for name in type(one).model_fields}
    return type(one).model_validate({**values, **fields})


def check_objects(workspace: Workspace, *objects: Object) -> None:
    """Check objects from code like those of files, within a workspace that knows other names.

    Raises
    ------
    InputError
        With every finding; the file of each is ``<python>``.
    """
    findings = Findings(Source(PYTHON))
    loaded = [Loaded(kind_name(one), one, None, findings) for one in objects]
    check_all(loaded, complete=True, known=workspace)
    raise_all([findings])


def _edited(
    old: Mapping[K, V],
    new: Mapping[ObjectKey, Any],
    gone: Iterable[ObjectKey],
    kind: str,
    name_of: Callable[[ObjectKey], K],
) -> Mapping[K, V]:
    """Return the objects of one kind after an edit, sorted; ``old`` itself if none differs."""
    put = {name_of(key): one for key, one in new.items() if key[0] == kind}
    drop = {name_of(key) for key in gone if key[0] == kind}
    if not put and not drop:
        return old
    found = _copied(old) | put
    for name in drop:
        del found[name]
    is_sorted = all(name in old for name in put)
    return MappingProxyType(found if is_sorted else dict(sorted(found.items(), key=_first)))


def _copied(mapping: Mapping[K, V]) -> dict[K, V]:
    # A read-only mapping copies the dict it wraps at once, where dict() looks up key by key.
    return mapping.copy() if isinstance(mapping, MappingProxyType) else dict(mapping)


def _first(pair: tuple[K, object]) -> K:
    return pair[0]


def _sources(
    sources: Sources | None, edited: Iterable[ObjectKey], written: Mapping[ObjectKey, Written]
) -> Sources | None:
    """Return where objects were read from; what was edited in code is in no file."""
    if sources is None and not written:
        return None
    found = _copied(sources.written) if sources else {}
    for key in edited:
        found.pop(key, None)
        if key in written:
            found[key] = written[key]
    return Sources(MappingProxyType(found))
