"""Makes the Deployments of a plan, or says why there are none.

Each Deployment is one *part*: the replicas of one model deployment in one node group, as many on
each node. With the names that the nodes have in their cluster, pods are pinned to exactly the nodes
of the plan, and spread evenly over them; else to nodes with the labels of the node group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from placement.errors import Diagnostic, InputError
from placement.plan.codes import Code
from placement.plan.kubernetes.checks import mismatches, shared_slices, uncounted
from placement.plan.kubernetes.deployments import Maker, Part
from placement.plan.kubernetes.labels import part_names
from placement.plan.kubernetes.lots import lots_of
from placement.workspace.findings import PYTHON

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.importers.kubernetes.seats import Seat
    from placement.plan.plan import Plan
    from placement.workspace.workspace import Workspace


def to_kubernetes(
    plan: Plan,
    workspace: Workspace,
    catalog: Catalog,
    *,
    seats: Mapping[str, Seat] | None = None,
    image: str | None = None,
    file: str = PYTHON,
) -> tuple[Part, ...]:
    """Return the Deployments of a plan, sorted by name.

    Parameters
    ----------
    plan : Plan
    workspace : Workspace
        Has the deployments of the plan: what a replica asks for is said there.
    catalog : Catalog
        The one that the plan is for.
    seats : mapping of str to Seat, optional
        Which node of a cluster each node of the catalog is; ``read_seats`` gives them.
    image : str, optional
        Image of the container, in which ``{model}``, ``{version}`` and ``{environment}`` are
        filled in. Without it the container has none: then the Deployments are fragments, to be
        merged with others.
    file : str
        What findings call the plan.

    Raises
    ------
    InputError
        If the plan is not of this catalog and workspace, was edited, or has what Kubernetes cannot
        do, such as a share of a GPU that is not cut.
    """
    _raise_if_any(mismatches(plan, workspace, catalog, seats), Code.NOT_THE_ANSWER, file)
    faults = [*shared_slices(plan, catalog), *uncounted(plan, workspace)]
    lots = lots_of(plan, workspace, catalog, seats, faults)
    _raise_if_any(faults, Code.NOT_EXPORTABLE, file)
    pieces = [piece for key in sorted(lots) for piece in lots[key].pieces(key)]
    names = part_names([(piece.words, piece.identity) for piece in pieces])
    maker = Maker(plan, workspace, catalog, image)
    parts = (maker.part(name, piece) for name, piece in zip(names, pieces, strict=True))
    return tuple(sorted(parts, key=lambda part: part.name))


def _raise_if_any(faults: Iterable[str], code: Code, file: str) -> None:
    found = [Diagnostic(file, 1, 1, code, fault) for fault in dict.fromkeys(faults)]
    if found:
        raise InputError(found)


def to_yaml(parts: Iterable[Part]) -> str:
    """Return the Deployments as documents of YAML; every text that could be taken for anything
    else, by any parser of YAML, stands in quotes.
    """
    from placement.plan.kubernetes.yaml_text import dump

    return "".join(f"---\n{dump(part.document)}" for part in parts)
