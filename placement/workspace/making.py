"""Checked objects into one frozen workspace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import MappingProxyType

from placement.policies.base import Policy
from placement.workspace.assignment import Assignment
from placement.workspace.checks import check_all
from placement.workspace.documents import Loaded
from placement.workspace.findings import PYTHON, Findings, Source, raise_all
from placement.workspace.sources import Sources, Written
from placement.workspace.workspace import (
    DEVELOPMENT,
    PRODUCTION,
    Environment,
    ModelDeployment,
    Workspace,
)


def make_workspace(
    policies: Iterable[Policy] = (),
    environments: Iterable[Environment] = (),
    deployments: Iterable[ModelDeployment] = (),
    running: Iterable[Assignment] = (),
) -> Workspace:
    """Return a workspace of objects built in code, checked like one that is read from files.

    Raises
    ------
    InputError
        With every finding; the file of each is ``<python>``.
    """
    findings = Findings(Source(PYTHON))
    kinds = (
        ("Policy", policies),
        ("Environment", environments),
        ("ModelDeployment", deployments),
    )
    loaded = [Loaded(kind, one, None, findings) for kind, objects in kinds for one in objects]
    check_all(loaded, complete=True)
    raise_all([findings])
    return assemble(loaded, running)


def assemble(
    loaded: Sequence[Loaded],
    running: Iterable[Assignment] = (),
    ordered: Sequence[ModelDeployment] | None = None,
) -> Workspace:
    """Freeze checked objects into a workspace; adds ``production`` and ``development``.

    Parameters
    ----------
    ordered : sequence of ModelDeployment, optional
        All deployments by (name, environment), if they are no part of ``loaded``.
    """
    values = [one.value for one in loaded]
    policies = {p.name: p for p in _sorted(v for v in values if isinstance(v, Policy))}
    stages = {name: Environment(name=name) for name in (DEVELOPMENT, PRODUCTION)}
    stages |= {v.name: v for v in values if isinstance(v, Environment)}
    if ordered is None:
        found = [v for v in values if isinstance(v, ModelDeployment)]
        ordered = sorted(found, key=lambda d: d.key)
    written = {one.key: Written(one.findings.source, one.node) for one in loaded if one.key}
    return Workspace(
        policies=MappingProxyType(policies),
        environments=MappingProxyType(dict(sorted(stages.items()))),
        deployments=tuple(ordered),
        running=tuple(running),
        sources=Sources(MappingProxyType(written)),
    )


def _sorted(policies: Iterable[Policy]) -> list[Policy]:
    return sorted(policies, key=lambda policy: policy.name)
