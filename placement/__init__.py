"""Placement engine for model deployments.

The names below are the public surface. They are imported when first used, so that
``import placement`` costs nothing and no solver is loaded to read a manifest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from placement.asynchronous import AsyncPlanner
    from placement.catalog.catalog import Catalog
    from placement.catalog.importers.frames import catalog_from_frames
    from placement.catalog.load import load_catalog
    from placement.constraints.base import Violation
    from placement.errors import (
        Diagnostic,
        InputError,
        InternalFaultError,
        LockedError,
        NoAnswerError,
        PlacementError,
        StaleError,
    )
    from placement.explanation.values import Explanation
    from placement.headroom.values import Headroom
    from placement.linting import lint
    from placement.options import Billing, Progress
    from placement.plan.plan import Plan
    from placement.planner import Planner
    from placement.policy_difference import PolicyDiff, policy_diff
    from placement.preview import Preview
    from placement.recommendation import Recommendation
    from placement.report.writing import write_report
    from placement.simulation.files import load_scenarios
    from placement.simulation.outcome import Outcome
    from placement.simulation.policy_price import PolicyPrice
    from placement.simulation.policy_prices import policy_prices
    from placement.simulation.scenario import Scenario
    from placement.simulation.simulate import simulate
    from placement.simulation.sweep import sweep
    from placement.store.store import Store
    from placement.verifier import Report, verify
    from placement.workspace.assignment import Assignment
    from placement.workspace.expected import Expected
    from placement.workspace.manifests import load_workspace
    from placement.workspace.refusal import Conflict, Refusal, Repair
    from placement.workspace.workspace import Environment, ModelDeployment, Workspace

__all__ = [
    "Assignment",
    "AsyncPlanner",
    "Billing",
    "Catalog",
    "Conflict",
    "Diagnostic",
    "Environment",
    "Expected",
    "Explanation",
    "Headroom",
    "InputError",
    "InternalFaultError",
    "LockedError",
    "ModelDeployment",
    "NoAnswerError",
    "Outcome",
    "PlacementError",
    "Plan",
    "Planner",
    "PolicyDiff",
    "PolicyPrice",
    "Preview",
    "Progress",
    "Recommendation",
    "Refusal",
    "Repair",
    "Report",
    "Scenario",
    "StaleError",
    "Store",
    "Violation",
    "Workspace",
    "catalog_from_frames",
    "lint",
    "load_catalog",
    "load_scenarios",
    "load_workspace",
    "policy_diff",
    "policy_prices",
    "simulate",
    "sweep",
    "verify",
    "write_report",
]

_HOMES = {
    "Assignment": "placement.workspace.assignment",
    "AsyncPlanner": "placement.asynchronous",
    "Billing": "placement.options",
    "Catalog": "placement.catalog.catalog",
    "Conflict": "placement.workspace.refusal",
    "Diagnostic": "placement.errors",
    "Environment": "placement.workspace.workspace",
    "Expected": "placement.workspace.expected",
    "Explanation": "placement.explanation.values",
    "Headroom": "placement.headroom.values",
    "InputError": "placement.errors",
    "InternalFaultError": "placement.errors",
    "LockedError": "placement.errors",
    "ModelDeployment": "placement.workspace.workspace",
    "NoAnswerError": "placement.errors",
    "Outcome": "placement.simulation.outcome",
    "PlacementError": "placement.errors",
    "Plan": "placement.plan.plan",
    "Planner": "placement.planner",
    "PolicyDiff": "placement.policy_difference",
    "PolicyPrice": "placement.simulation.policy_price",
    "Preview": "placement.preview",
    "Progress": "placement.options",
    "Recommendation": "placement.recommendation",
    "Refusal": "placement.workspace.refusal",
    "Repair": "placement.workspace.refusal",
    "Report": "placement.verifier",
    "Scenario": "placement.simulation.scenario",
    "StaleError": "placement.errors",
    "Store": "placement.store.store",
    "Violation": "placement.constraints.base",
    "Workspace": "placement.workspace.workspace",
    "catalog_from_frames": "placement.catalog.importers.frames",
    "lint": "placement.linting",
    "load_catalog": "placement.catalog.load",
    "load_scenarios": "placement.simulation.files",
    "load_workspace": "placement.workspace.manifests",
    "policy_diff": "placement.policy_difference",
    "policy_prices": "placement.simulation.policy_prices",
    "simulate": "placement.simulation.simulate",
    "sweep": "placement.simulation.sweep",
    "verify": "placement.verifier",
    "write_report": "placement.report.writing",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version("placement")
    except metadata.PackageNotFoundError:  # a source tree that was never installed
        return "0+unknown"
