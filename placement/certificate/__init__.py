"""Proves the bounds of a plan from its printed prices: by names, in whole numbers, no solver.

Anybody who has the catalog, the workspace and the plan can do it again; see docs/certificate.md.
A plan without prices needs no arrays to be judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from placement.certificate.bounds import Bounds
    from placement.certificate.claims import certificate_faults, state
    from placement.certificate.proofs import Proof, Recheck, recheck

__all__ = ["Bounds", "Proof", "Recheck", "certificate_faults", "recheck", "state"]

_HOMES = {
    "Bounds": "placement.certificate.bounds",
    "Proof": "placement.certificate.proofs",
    "Recheck": "placement.certificate.proofs",
    "certificate_faults": "placement.certificate.claims",
    "recheck": "placement.certificate.proofs",
    "state": "placement.certificate.claims",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
