"""Proves the bounds of a plan from its printed prices: by names, in whole numbers, no solver.

Anybody who has the catalog, the workspace and the plan can do it again; see docs/certificate.md.
"""

from placement.certificate.bounds import Bounds
from placement.certificate.claims import certificate_faults, state
from placement.certificate.recheck import Proof, recheck

__all__ = ["Bounds", "Proof", "certificate_faults", "recheck", "state"]
