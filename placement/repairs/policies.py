"""A policy of a conflict widened by one option that would open further node groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING

from placement.catalog.rows import NANO, UNIT
from placement.policies.carbon import CarbonPolicy
from placement.policies.flavor import FlavorOption, FlavorPolicy
from placement.policies.location import LocationEntry, LocationPolicy, LocationType
from placement.policies.price import PricePolicy
from placement.policies.provider import ProviderPolicy
from placement.repairs.candidate import Candidate, Ladder
from placement.workspace.refusal import MemberKind, RepairKind
from placement.workspace.transitions.edits import remade

if TYPE_CHECKING:
    from placement.catalog.rows import NodeGroup
    from placement.policies.base import Policy
    from placement.repairs.trouble import Trouble

MOST_OPTIONS = 3
"""Options that are tried for one policy, those with the cheapest nodes first."""


def wider_policies(trouble: Trouble) -> Iterator[Ladder]:
    """Yield what the policies of a conflict could allow as well, one option at a time.

    Of several policies that widen one another the first by name is taken.
    """
    for member in trouble.members(MemberKind.POLICY):
        policy = trouble.case.workspace.policies[member.names[0]]
        groups = trouble.openings(member)
        if groups:
            yield from _wider(policy, groups)


def _wider(policy: Policy, groups: list[NodeGroup]) -> Iterable[Ladder]:
    match policy:
        case PricePolicy():
            return _ladder(_dearer(policy, groups))
        case CarbonPolicy():
            return _ladder(_dirtier(policy, groups))
        case LocationPolicy():
            found = _places(policy, groups)
        case FlavorPolicy():
            found = _flavors(policy, groups)
        case ProviderPolicy():
            found = _providers(policy, groups)
        case _:
            raise ValueError(policy.type)
    return map(Ladder.single, islice(found, MOST_OPTIONS))


def _ladder(candidates: Iterable[Candidate]) -> Iterator[Ladder]:
    found = list(candidates)
    if found:
        yield Ladder.of(found)


def _allowing(policy: Policy, option: str, **fields: object) -> Candidate:
    message = f"let policy `{policy.name}` also allow {option}"
    return Candidate(RepairKind.POLICY, message, put=(remade(policy, **fields),))


def _places(policy: LocationPolicy, groups: list[NodeGroup]) -> Iterator[Candidate]:
    """Yield regions where the policy lists regions alone, else countries."""
    kind = LocationType.COUNTRY
    if all(entry.type is LocationType.LOCATION for entry in policy.locations):
        kind = LocationType.LOCATION
    names = [g.region.key if kind is LocationType.LOCATION else g.region.country for g in groups]
    for name in dict.fromkeys(names):
        entry = LocationEntry(type=kind, name=name)
        what = "region" if kind is LocationType.LOCATION else "country"
        yield _allowing(policy, f"{what} `{name}`", locations=(*policy.locations, entry))


def _flavors(policy: FlavorPolicy, groups: list[NodeGroup]) -> Iterator[Candidate]:
    for kind, name in dict.fromkeys((group.flavor_type, group.flavor) for group in groups):
        option = FlavorOption.model_validate({"type": kind, "name": name})
        yield _allowing(policy, f"{kind} `{name}`", flavors=(*policy.flavors, option))


def _providers(policy: ProviderPolicy, groups: list[NodeGroup]) -> Iterator[Candidate]:
    for name in dict.fromkeys(group.region.provider for group in groups):
        yield _allowing(policy, f"provider `{name}`", providers=(*policy.providers, name))


def _dearer(policy: PricePolicy, groups: list[NodeGroup]) -> Iterator[Candidate]:
    old = policy.max_price_per_gpu_hour
    # Rounded up to whole nano-USD, the finest that a limit can say.
    limits = {Decimal(-(-group.price // group.gpu_count)) / NANO for group in groups}
    for limit in sorted(limits):
        message = f"raise `maxPricePerGpuHour` of policy `{policy.name}` from {old:f} to {limit:f}"
        put = (remade(policy, max_price_per_gpu_hour=limit),)
        yield Candidate(RepairKind.POLICY, message, put=put)


def _dirtier(policy: CarbonPolicy, groups: list[NodeGroup]) -> Iterator[Candidate]:
    old = policy.max_carbon
    known = {group.region.carbon for group in groups if group.region.carbon is not None}
    for limit in sorted(Decimal(carbon) / UNIT for carbon in known):
        message = f"raise `maxCarbon` of policy `{policy.name}` from {old:f} to {limit:f}"
        yield Candidate(RepairKind.POLICY, message, put=(remade(policy, max_carbon=limit),))
