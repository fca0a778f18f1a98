"""Where a deployment might run: the node groups of a region, country, flavor and node together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from placement.catalog.geography import country_names, find_bloc, find_continent, find_country
from placement.catalog.places import Place, Scope, find_place
from placement.catalog.text import did_you_mean, quote
from placement.errors import Diagnostic, InputError
from placement.workspace.codes import Code
from placement.workspace.findings import PYTHON

if TYPE_CHECKING:
    from placement.catalog.catalog import Catalog
    from placement.catalog.rows import NodeGroup


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, as the user wrote it; what is absent does not narrow.

    Attributes
    ----------
    region : str or None
        ``provider/code``, or a code that is unambiguous.
    country : str or None
        Code, name or alias.
    flavor : str or None
        GPU, GPU family, alias, or CPU type.
    node : str or None
        A node ``{node_group}/{index}``, or a node group.
    """

    region: str | None = None
    country: str | None = None
    flavor: str | None = None
    node: str | None = None


@dataclass(frozen=True, slots=True)
class Meant:
    """A question with its names looked up, in the words of the catalog.

    Attributes
    ----------
    region, country, node : str or None
    flavors : tuple of str
        The members, if a family was named.
    groups : tuple of NodeGroup
        In the order of names; empty if the fleet has nothing like it.
    index : int or None
        Of the one node that is meant.
    """

    region: str | None
    country: str | None
    flavors: tuple[str, ...]
    node: str | None
    groups: tuple[NodeGroup, ...]
    index: int | None


def meant(question: Question, catalog: Catalog) -> Meant | None:
    """Return what a question means on a catalog, or None if it asks for no place.

    Raises
    ------
    InputError
        With every name that means nothing, or several things.
    """
    if question == Question():
        return None
    findings = list(_findings(question, catalog))
    try:
        place = _node(question.node, catalog)
    except InputError as error:
        findings += error.diagnostics
    if findings:
        raise InputError(findings)
    regions = catalog.find_regions(question.region) if question.region is not None else ()
    country = find_country(question.country) if question.country is not None else None
    flavors = _flavors(question.flavor, catalog) if question.flavor is not None else ()
    groups = tuple(
        group
        for group in catalog.node_groups
        if (not regions or group.region.key in regions)
        and country in (None, group.region.country)
        and (not flavors or group.flavor in flavors)
        and (place is None or group.name in place.node_groups)
    )
    single = None
    if place is not None and place.scope is Scope.NODE and groups:
        single = groups[0].index_of(place.name)
    node = None if place is None else place.name
    return Meant(regions[0] if regions else None, country, flavors, node, groups, single)


def _findings(question: Question, catalog: Catalog) -> Iterator[Diagnostic]:
    names = catalog.names
    if question.region is not None:
        yield from _region(question.region, catalog)
    if question.country is not None and find_country(question.country) is None:
        yield _country(question.country)
    if question.flavor is not None and not _flavors(question.flavor, catalog):
        yield _wrong(Code.UNKNOWN_GPU, "flavor", question.flavor, (*names.gpu_names, *names.cpus))


def _region(text: str, catalog: Catalog) -> Iterator[Diagnostic]:
    keys = catalog.find_regions(text)
    if not keys:
        yield _wrong(Code.UNKNOWN_REGION, "region", text, catalog.names.region_names)
    elif len(keys) > 1:
        advice = "write " + " or ".join(quote(key) for key in keys)
        message = f"region {quote(text)} is ambiguous"
        yield Diagnostic(PYTHON, 1, 1, Code.AMBIGUOUS_REGION, message, advice)


def _country(text: str) -> Diagnostic:
    larger = "continent" if find_continent(text) else "bloc" if find_bloc(text) else None
    if larger is None:
        return _wrong(Code.UNKNOWN_COUNTRY, "country", text, country_names())
    message = f"{quote(text)} is a {larger}, not a country"
    return Diagnostic(PYTHON, 1, 1, Code.UNKNOWN_COUNTRY, message, None)


def _wrong(code: Code, what: str, text: str, known: tuple[str, ...]) -> Diagnostic:
    return Diagnostic(
        PYTHON, 1, 1, code, f"unknown {what} {quote(text)}", did_you_mean(text, known)
    )


def _flavors(text: str, catalog: Catalog) -> tuple[str, ...]:
    cpu = catalog.names.find_cpu(text)
    return catalog.find_gpus(text) or (() if cpu is None else (cpu,))


def _node(text: str | None, catalog: Catalog) -> Place | None:
    if text is None:
        return None
    scope = Scope.NODE if catalog.find_node(text) is not None else Scope.NODE_GROUP
    return find_place(catalog, text, scope=scope)
