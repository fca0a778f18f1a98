"""The lint rules there are: one line each, in the order of their codes."""

from __future__ import annotations

from placement.linting.base import Rule
from placement.linting.rules.allows_everything import AllowsEverything
from placement.linting.rules.allows_nothing import AllowsNothing
from placement.linting.rules.apart_from_nothing import ApartFromNothing
from placement.linting.rules.contradictory import Contradictory
from placement.linting.rules.empty_environment import EmptyEnvironment
from placement.linting.rules.flavor_unused import FlavorUnused
from placement.linting.rules.flavors_outside import FlavorsOutside
from placement.linting.rules.gpu_memory_ignored import GpuMemoryIgnored
from placement.linting.rules.gpu_not_there import GpuNotThere
from placement.linting.rules.hidden import Hidden
from placement.linting.rules.never_together import NeverTogether
from placement.linting.rules.nothing_ready import NothingReady
from placement.linting.rules.observed_refuses_all import ObservedRefusesAll
from placement.linting.rules.redundant import Redundant
from placement.linting.rules.same_policy import SamePolicy
from placement.linting.rules.shadowed import Shadowed
from placement.linting.rules.short import Short
from placement.linting.rules.together_and_apart import TogetherAndApart
from placement.linting.rules.together_with_nothing import TogetherWithNothing
from placement.linting.rules.too_few_domains import TooFewDomains
from placement.linting.rules.too_few_places import TooFewPlaces
from placement.linting.rules.too_large import TooLarge
from placement.linting.rules.unattached import Unattached
from placement.linting.rules.unknown_carbon import UnknownCarbon
from placement.linting.rules.unmatched_target import UnmatchedTarget
from placement.linting.rules.unrestricted import Unrestricted
from placement.linting.rules.widens import Widens

RULES: tuple[Rule, ...] = (
    Contradictory(),
    GpuNotThere(),
    AllowsNothing(),
    AllowsEverything(),
    Redundant(),
    Widens(),
    Hidden(),
    Shadowed(),
    UnmatchedTarget(),
    Unattached(),
    SamePolicy(),
    ObservedRefusesAll(),
    UnknownCarbon(),
    Unrestricted(),
    EmptyEnvironment(),
    FlavorsOutside(),
    FlavorUnused(),
    TooLarge(),
    GpuMemoryIgnored(),
    NothingReady(),
    TooFewPlaces(),
    Short(),
    TooFewDomains(),
    TogetherWithNothing(),
    ApartFromNothing(),
    TogetherAndApart(),
    NeverTogether(),
)
"""Every rule, in the order of their codes."""
