"""Node patterns: what whole nodes hold is what is decided, where shapes and kinds are few."""

from placement.solvers.patterns.fitting import fits_patterns
from placement.solvers.patterns.solve import solve_by_patterns

__all__ = ["fits_patterns", "solve_by_patterns"]
