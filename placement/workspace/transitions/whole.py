"""Many objects at once: those of some manifests, or a whole recorded workspace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from placement.workspace.checks import check_references
from placement.workspace.documents import Loaded
from placement.workspace.dumping import Object, kind_name
from placement.workspace.findings import PYTHON, Findings, Source, raise_all
from placement.workspace.sources import Key as ObjectKey
from placement.workspace.sources import Written
from placement.workspace.transitions.edits import edited, object_key
from placement.workspace.transitions.transition import Transition, TransitionKind, between
from placement.workspace.workspace import DEVELOPMENT, PRODUCTION, Environment, Workspace


def upsert(workspace: Workspace, objects: Workspace, *, prune: bool = False) -> Transition:
    """Put the objects of another workspace in place of those of their names.

    Parameters
    ----------
    objects : Workspace
        ``production`` and ``development`` count only where they were declared.
    prune : bool
        Whether all that ``objects`` does not hold is taken away.

    Raises
    ------
    InputError
        If an object names a policy or an environment that is in neither workspace.
    """
    if prune:
        _check_references(objects, objects)
        return between(workspace, objects, kind=TransitionKind.APPLY, arguments={"prune": "true"})
    after = edited(workspace, put=tuple(_declared(objects)), written=_written(objects))
    _check_references(objects, after)
    return between(workspace, after, kind=TransitionKind.APPLY)


def replace_all(workspace: Workspace, after: Workspace, *, serial: int) -> Transition:
    """Bring back the whole workspace recorded at a serial; what runs stays as it is."""
    arguments = {"serial": str(serial)}
    return between(workspace, after, kind=TransitionKind.ROLLBACK, arguments=arguments)


def _declared(objects: Workspace) -> Iterator[Object]:
    """Yield all objects but the environments that exist without having been declared."""
    yield from objects.policies.values()
    for one in objects.environments.values():
        if one.name not in (PRODUCTION, DEVELOPMENT) or _is_declared(objects, one):
            yield one
    yield from objects.deployments


def _check_references(objects: Workspace, known: Workspace) -> None:
    """Refuse names that the workspace which is to hold the objects does not have."""
    found: dict[str, Findings] = {}
    loaded = []
    for one in _declared(objects):
        written = _written(objects).get(object_key(one), Written(Source(PYTHON)))
        findings = found.setdefault(written.source.name, Findings(written.source))
        loaded.append(Loaded(kind_name(one), one, written.node, findings))
    check_references(loaded, known)
    raise_all(found.values())


def _is_declared(objects: Workspace, one: Environment) -> bool:
    return object_key(one) in _written(objects) or one != Environment(name=one.name)


def _written(objects: Workspace) -> Mapping[ObjectKey, Written]:
    return objects.sources.written if objects.sources else MappingProxyType({})
