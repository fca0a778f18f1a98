"""The policy types there are: one line each, in the order in which they are reported."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from placement.policies.base import Policy
from placement.policies.carbon import CarbonPolicy
from placement.policies.flavor import FlavorPolicy
from placement.policies.location import LocationPolicy
from placement.policies.max_token import MaxTokenPolicy
from placement.policies.price import PricePolicy
from placement.policies.provider import ProviderPolicy

POLICY_TYPES: Mapping[str, type[Policy]] = MappingProxyType(
    {
        "carbon": CarbonPolicy,
        "flavor": FlavorPolicy,
        "location": LocationPolicy,
        "maxToken": MaxTokenPolicy,
        "price": PricePolicy,
        "provider": ProviderPolicy,
    }
)
"""Every type by the word that manifests use, sorted."""

TYPE_ALIASES: Mapping[str, str] = MappingProxyType({"gpu": "flavor"})
"""Other words for a type; the policy that is built carries the canonical word."""
