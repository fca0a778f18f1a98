"""Region, GPU, CPU and provider names of a workspace against one catalog.

An unknown name is an error, except a provider, of which there may be more than any catalog
knows. A known name that no node of the fleet has is a warning, and so is a policy of a type that
does not restrict placement.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from placement.catalog.geography import (
    countries_of_bloc,
    countries_of_continent,
    find_bloc,
    find_continent,
    find_country,
)
from placement.catalog.names import CatalogNames
from placement.catalog.text import did_you_mean, quote
from placement.errors import Diagnostic, Severity
from placement.policies.base import NameKind, NameReference
from placement.workspace.codes import Code
from placement.workspace.findings import CAP, Advice, advise
from placement.workspace.shapes import Shape
from placement.workspace.sources import Key, Sources
from placement.workspace.workspace import ModelDeployment, Workspace


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with a name, without its place."""

    code: Code
    message: str
    suggestion: Advice = None
    severity: Severity = Severity.ERROR


def check_names(workspace: Workspace, names: CatalogNames) -> tuple[Diagnostic, ...]:
    """Return what is wrong with the names of a workspace, by file, line and column.

    Parameters
    ----------
    workspace : Workspace
        Findings have the places it was read from, or ``<python>``.
    names : CatalogNames
        Names of the catalog that is planned on.
    """
    sources = workspace.sources or Sources()
    found = [
        (sources.diagnostic(key, reference.path, fault.code, fault.message), fault)
        for key, reference, fault in _faults(workspace, names)
    ]
    found += [
        (sources.diagnostic(("Policy", name), ("type",), fault.code, fault.message), fault)
        for name, fault in _elsewhere(workspace)
    ]
    found.sort(key=lambda pair: _position(pair[0]))
    return tuple(
        replace(
            diagnostic,
            severity=fault.severity,
            suggestion=advise(fault.suggestion) if index < CAP else None,
        )
        for index, (diagnostic, fault) in enumerate(found)
    )


def _position(found: Diagnostic) -> tuple[str, int, int, str, str]:
    return (found.file, found.line, found.column, found.code, found.message)


def _faults(
    workspace: Workspace, names: CatalogNames
) -> Iterator[tuple[Key, NameReference, _Fault]]:
    """Yield what is wrong with each name; those of deployments alike are judged once."""
    for policy in workspace.policies.values():
        for reference in policy.references():
            for fault in _judge(reference, names):
                yield ("Policy", policy.name), reference, fault
    judged: dict[Shape, list[tuple[NameReference, _Fault]]] = {}
    for one in workspace.deployments:
        if one.flavors:
            found = judged.get(one.shape)
            if found is None:
                found = judged[one.shape] = list(_of_flavors(one, names))
            for reference, fault in found:
                yield ("ModelDeployment", one.name, one.environment), reference, fault


def _of_flavors(
    one: ModelDeployment, names: CatalogNames
) -> Iterator[tuple[NameReference, _Fault]]:
    for index, entry in enumerate(one.flavors):
        reference = NameReference(NameKind(entry.type), entry.name, ("flavors", index, "name"))
        for fault in _judge(reference, names):
            yield reference, fault


def _elsewhere(workspace: Workspace) -> Iterator[tuple[str, _Fault]]:
    """Yield the policies that are kept but decide nothing here."""
    for name, policy in workspace.policies.items():
        if not policy.places:
            kind = f"policy {quote(name)} of type {quote(policy.type)}"
            message = f"{kind} is not a placement policy"
            advice = "it is kept and shown, and restricts no placement"
            yield name, _Fault(Code.NOT_PLACEMENT, message, advice, Severity.WARNING)


def _judge(reference: NameReference, names: CatalogNames) -> Iterator[_Fault]:
    text = reference.text
    match reference.kind:
        case NameKind.REGION:
            yield from _region(text, names)
        case NameKind.GPU:
            yield from _gpu(text, names)
        case NameKind.CPU:
            yield from _cpu(text, names)
        case NameKind.PROVIDER:
            yield from _provider(text, names)
        case NameKind.COUNTRY | NameKind.CONTINENT | NameKind.BLOC:
            if not countries_meant(reference.kind, text) & names.used_countries:
                yield _absent(f"in {reference.kind} {quote(text)}", names)
        case other:
            raise ValueError(other)


def _region(text: str, names: CatalogNames) -> Iterator[_Fault]:
    keys = names.find_regions(text)
    if not keys:
        advice = partial(did_you_mean, text, names.region_names)
        yield _Fault(Code.UNKNOWN_REGION, f"unknown region {quote(text)}", advice)
    elif len(keys) > 1:
        written = "write " + " or ".join(quote(key) for key in keys)
        yield _Fault(Code.AMBIGUOUS_REGION, f"region {quote(text)} is ambiguous", written)
    elif keys[0] not in names.used_regions:
        yield _absent(f"in region {quote(text)}", names)


def _gpu(text: str, names: CatalogNames) -> Iterator[_Fault]:
    gpus = names.find_gpus(text)
    if not gpus:
        advice = partial(did_you_mean, text, names.gpu_names)
        yield _Fault(Code.UNKNOWN_GPU, f"unknown GPU {quote(text)}", advice)
    elif not names.used_gpus.intersection(gpus):
        yield _absent(f"with GPU {quote(text)}", names)


def _cpu(text: str, names: CatalogNames) -> Iterator[_Fault]:
    cpu = names.find_cpu(text)
    if cpu is None:
        known = "write " + " or ".join(quote(name) for name in names.cpus)
        advice = partial(did_you_mean, text, names.cpus, known)
        yield _Fault(Code.UNKNOWN_CPU, f"unknown CPU {quote(text)}", advice)
    elif cpu not in names.used_cpus:
        yield _absent(f"with CPU {quote(text)}", names)


def _provider(text: str, names: CatalogNames) -> Iterator[_Fault]:
    provider = names.find_provider(text)
    if provider is None:
        message = f"provider {quote(text)} is not in catalog {quote(names.name)}"
        advice = partial(did_you_mean, text, names.providers)
        yield _Fault(Code.UNKNOWN_PROVIDER, message, advice, Severity.WARNING)
    elif provider not in names.used_providers:
        yield _absent(f"of provider {quote(text)}", names)


def _absent(what: str, names: CatalogNames) -> _Fault:
    message = f"catalog {quote(names.name)} has no node {what}"
    return _Fault(Code.NOT_IN_FLEET, message, severity=Severity.WARNING)


def countries_meant(kind: NameKind, text: str) -> frozenset[str]:
    """Return the country codes that the name of a country, continent or bloc stands for."""
    match kind:
        case NameKind.COUNTRY:
            country = find_country(text)
            return frozenset({country} if country else ())
        case NameKind.CONTINENT:
            continent = find_continent(text)
            return countries_of_continent(continent) if continent else frozenset()
        case NameKind.BLOC:
            bloc = find_bloc(text)
            return countries_of_bloc(bloc) if bloc else frozenset()
        case other:
            raise ValueError(other)
