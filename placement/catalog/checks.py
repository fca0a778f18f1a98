"""Whether the rows of a catalog hang together, for catalogs that are made in code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from placement.catalog.codes import Code
from placement.errors import Diagnostic, InputError

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import Region


def check_names(names: Sequence[str], what: str) -> None:
    """Raise InputError if a name is there twice; ``what`` says of what kind they are."""
    twice = [name for name, number in Counter(names).items() if number > 1]
    if twice:
        raise InputError(_fault(Code.TWICE, f"{what} `{name}` is there twice") for name in twice)


def check_references(catalog: Catalog) -> None:
    """Raise InputError, with every finding, if a row refers to something that is not there."""
    wrong = [
        _fault(
            Code.UNKNOWN_REGION,
            f"node group `{group.name}` is in unknown region `{group.region.key}`",
        )
        for group in catalog.node_groups
        if not _is_known(catalog, group.region)
    ]
    wrong += [
        _fault(Code.UNKNOWN_FLAVOR, f"node group `{group.name}` has unknown GPU `{group.flavor}`")
        for group in catalog.node_groups
        if group.flavor_type == "gpu" and group.flavor not in catalog.gpus
    ]
    wrong += [
        _fault(Code.UNKNOWN_REGION, f"latency of unknown region `{key}`")
        for key in sorted({key for pair in catalog.latency for key in pair} - set(catalog.regions))
    ]
    wrong += [
        _fault(Code.UNKNOWN_NODE, f"reservation on unknown node `{node}`")
        for node in catalog.reserved
        if catalog.find_node(node) is None
    ]
    wrong += [
        _fault(Code.UNKNOWN_NODE, f"state of unknown node `{node}`")
        for node in catalog.states
        if catalog.find_node(node) is None
    ]
    if wrong:
        raise InputError(wrong)


def _is_known(catalog: Catalog, region: Region) -> bool:
    known = catalog.regions.get(region.key)
    return known is region or known == region


def _fault(code: Code, message: str) -> Diagnostic:
    return Diagnostic("<python>", 1, 1, code, message)
