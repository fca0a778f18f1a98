"""How value and bound came together while the plan was sought, as its stats tell it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from placement.plan.plan import Plan
from placement.plan.rows import Tier


@dataclass(frozen=True, slots=True)
class Moment:
    """Value and bound of a tier after so many seconds; None if there was none yet."""

    seconds: float
    value: float | None
    bound: float | None


def course(plan: Plan) -> Mapping[str, tuple[Moment, ...]]:
    """Return what was known over time of each tier of a plan of which it ever changed.

    The last moment is the plan itself. Stats are no part of what a plan vouches for: what cannot be
    read in them is passed over.
    """
    found: defaultdict[str, list[Moment]] = defaultdict(list)
    reports = plan.stats.get("progress")
    for report in reports if isinstance(reports, list | tuple) else ():
        if isinstance(report, Mapping):
            moment = _moment(report)
            if moment is not None:
                found[str(report.get("tier"))].append(moment)
    told = {tier.name: _told(found, tier, plan) for tier in plan.tiers}
    return {name: moments for name, moments in told.items() if _changes(moments)}


def _changes(moments: tuple[Moment, ...]) -> bool:
    return len({(moment.value, moment.bound) for moment in moments}) > 1


def _told(found: Mapping[str, list[Moment]], tier: Tier, plan: Plan) -> tuple[Moment, ...]:
    own = [*found.get(tier.name, ()), *found.get(f"{tier.name} (affected)", ())]
    seconds = _number(plan.stats.get("seconds"))
    if not own or seconds is None or tier.scale < 1:
        return tuple(own)
    if own[-1].value is not None and f"{tier.name} (affected)" in found:
        return tuple(own)  # counted over a part of the deployments, unlike the plan's tier
    bound = None if tier.bound is None else tier.bound / tier.scale
    return (*own, Moment(max(seconds, own[-1].seconds), tier.value / tier.scale, bound))


def _moment(report: Mapping[str, Any]) -> Moment | None:
    seconds = _number(report.get("seconds"))
    value, bound = _number(report.get("value")), _number(report.get("bound"))
    if seconds is None or (value is None and bound is None):
        return None
    return Moment(seconds, value, bound)


def _number(found: object) -> float | None:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if math.isfinite(found) else None
